"""Bodies and queries of our own routes, checked like messages are: strictly, and everything at once."""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from trunkline import json_gate, phones
from trunkline.api.http import Request
from trunkline.clock import parse_rfc3339
from trunkline.errors import Problem, Refusal
from trunkline.shape import BROKEN, Findings, Object, Schema, Shape, Text

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def read_body(shape: Object, request: Request) -> dict[str, Any]:
    """The body in its normal form, or `Refusal` with every problem."""
    return look(shape, request).settled()


def read_query(shape: Object, request: Request, setting: Any = None) -> dict[str, Any]:
    """The same for the query; a problem's pointer is then `?` and the parameter's name."""
    looked = _look(shape, request.query_values(), setting)
    return Looked(looked.given, looked.names, [_in_query(problem) for problem in looked.problems]).settled()


class Looked(NamedTuple):
    """A body whose shape was looked at, for checks of its sound members before all is refused at once."""

    given: dict[str, Any]
    """The members that are sound. An array may have items that are not, and are `BROKEN`."""
    names: frozenset[str]
    """Of the members that are known here, sound or not."""
    problems: list[Problem]

    def settled(self) -> dict[str, Any]:
        if self.problems:
            raise Refusal("invalid_request", problems=self.problems)
        return self.given


def look(shape: Object, request: Request) -> Looked:
    """`Refusal` only where the body is no JSON."""
    return _look(shape, json_gate.decode(request.body, limit=len(request.body)), None)


def look_at(shape: Object, value: Any) -> Looked:
    """The same for members that came in another way than as JSON."""
    return _look(shape, value, None)


def _look(shape: Object, value: Any, setting: Any) -> Looked:
    findings = Findings(setting)
    normal = shape.check(value, "", findings)
    if normal is BROKEN:
        return Looked({}, frozenset(), findings.problems)
    wrong = {problem.pointer for problem in findings.problems}
    sound = {name: kept for name, kept in normal.items() if kept is not BROKEN and f"/{name}" not in wrong}
    return Looked(sound, frozenset(normal), findings.problems)


def _in_query(problem: Problem) -> Problem:
    return msgspec.structs.replace(problem, pointer="?" + problem.pointer.removeprefix("/"))


NOTHING = Object()
"""The body of routes that need none."""


class Changes(Object):
    """Members to change. Null clears those that are `nullable`; for the others it is no value."""

    def __init__(self, members: Mapping[str, Shape], nullable: Collection[str] = ()) -> None:
        super().__init__({}, members)
        self._nullable = nullable

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        normal = super().check(value, at, findings)
        if normal is BROKEN:
            return BROKEN
        for name in [name for name in self.members if name in value and value[name] is None]:
            if name in self._nullable:
                normal[name] = None
            else:
                normal[name] = self.members[name].wrong_type(None, f"{at}/{name}", findings)
        return normal

    def schema(self) -> Schema:
        schema = super().schema()
        for name in self.members.keys() - set(self._nullable):
            schema["properties"][name] = self.members[name].schema()
        return schema


class PhoneNumber(Text):
    """A phone number as people write it; its normal form is the digits of E.164."""

    def __init__(self, about: str) -> None:
        super().__init__(
            at_most=40, form='a phone number with its country code, as in "+1 555 000 1234"', about=about
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) > before:
            return BROKEN
        try:
            digits, _ = phones.normalise(text)
        except phones.PhoneError as error:
            detail = f"{error.detail[:1].upper()}{error.detail[1:]}."
            findings.refuse(at, error.rule, detail, found=value, expected=error.expected)
            return BROKEN
        return digits


class Address(Text):
    """A phone number, a user id, or the id of a message that was marked as read: whom a message goes to."""

    _digits = re.compile(r"[+ ()\d.-]+", re.ASCII)

    def __init__(self, about: str) -> None:
        super().__init__(at_most=512, pattern="[ -~]+", form="a phone number or a user id", about=about)
        self._phone = PhoneNumber(about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and self._digits.fullmatch(value):
            return self._phone.check(value, at, findings)
        return super().check(value, at, findings)


class Moment(Text):
    """A moment with its offset; its normal form is milliseconds."""

    def __init__(self, about: str) -> None:
        super().__init__(form="a time such as 2026-12-24T18:00:00Z", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not str:
            return self.wrong_type(value, at, findings)
        text = value.upper().replace(" ", "+")  # what an unescaped plus of a query turns into
        try:
            if _RFC3339.fullmatch(text) is None:
                raise ValueError(text)
            return parse_rfc3339(text)
        except (ValueError, OverflowError):
            detail = "This is not a time with date, seconds and offset."
            findings.refuse(at, "format", detail, found=value, expected=self.says)
            return BROKEN

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time", "description": self.about}


class Count(Text):
    """A whole number in a query, where everything is text."""

    def __init__(self, *, at_least: int, at_most: int, about: str) -> None:
        super().__init__(form=f"a whole number from {at_least} to {at_most}", about=about)
        self._range = range(at_least, at_most + 1)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if re.fullmatch("[0-9]{1,9}", value) and int(value) in self._range:
            return int(value)
        findings.refuse(at, "out_of_range", f"This must be {self.says}.", found=value, expected=self.says)
        return BROKEN

    def schema(self) -> Schema:
        return {
            "type": "integer",
            "description": self.about,
            "minimum": self._range.start,
            "maximum": self._range.stop - 1,
        }


class WebAddress(Text):
    """An address of http or https, with a host and without user, query and fragment."""

    def __init__(self, about: str) -> None:
        super().__init__(
            at_most=2048, pattern="[!-~]+", form="an address such as https://example.com", about=about
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) == before and not _is_web_address(text):
            findings.refuse(
                at, "address", "This is not an address of the web.", found=value, expected=self.says
            )
        return text


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("https", "http") and bool(parts.hostname) and is_plain and "\\" not in text
