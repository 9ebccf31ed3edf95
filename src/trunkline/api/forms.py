"""Bodies and queries of our own routes, checked like messages are: strictly, and everything at once."""

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from trunkline import json_gate, phones
from trunkline.api.http import Request
from trunkline.clock import parse_rfc3339
from trunkline.errors import Problem, Refusal
from trunkline.shape import BROKEN, Findings, Object, Schema, Text

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def read_body(shape: Object, request: Request) -> dict[str, Any]:
    """The body in its normal form, or `Refusal` with every problem."""
    return _checked(shape, json_gate.decode(request.body, limit=len(request.body)), "")


def read_query(shape: Object, request: Request) -> dict[str, Any]:
    """The same for the query; a problem's pointer is then `?` and the parameter's name."""
    return _checked(shape, request.query_values(), "?")


def _checked(shape: Object, value: Any, prefix: str) -> dict[str, Any]:
    findings = Findings()
    normal: dict[str, Any] = shape.check(value, "", findings)
    if findings.problems:
        raise Refusal("invalid_request", problems=[_at(prefix, problem) for problem in findings.problems])
    return normal


def _at(prefix: str, problem: Problem) -> Problem:
    if not prefix:
        return problem
    return msgspec.structs.replace(problem, pointer=prefix + problem.pointer.removeprefix("/"))


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
