"""A place, and contact cards."""

import re
from datetime import date
from typing import Any

from trunkline.shape import Anything, Array, Findings, Number, Object, Schema, Text


class Coordinate(Number):
    """Degrees; also as text, which is how the page's own sample writes them. The normal form is a number."""

    kind = "a number"
    _form = r" *[+-]?[0-9]{1,3}(?:\.[0-9]*)? *"
    _decimal = re.compile(_form)

    def __init__(self, most: int, about: str) -> None:
        super().__init__(at_least=-most, at_most=most, about=about)
        self.says = f"a number from -{most} to {most}"

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and self._decimal.fullmatch(value):
            value = float(value)
        return super().check(value, at, findings)

    def schema(self) -> Schema:
        return {"anyOf": [super().schema(), {"type": "string", "pattern": f"^{self._form}$"}]}


def _address_needs_name(location: dict[str, Any], at: str, findings: Findings) -> None:
    if "address" in location and "name" not in location:
        detail = "WhatsApp shows the address only when there is a name."
        findings.warn(f"{at}/address", "address_without_name", detail)


LOCATION = Object(
    {
        "latitude": Coordinate(90, "Degrees north of the equator."),
        "longitude": Coordinate(180, "Degrees east of Greenwich."),
    },
    {
        "name": Text(empty_is_absent=True, about="Name of the place."),
        "address": Text(empty_is_absent=True, about="Shown only together with a name."),
    },
    rules=[_address_needs_name],
)


def _some(about: str = "") -> Text:
    return Text(empty_is_absent=True, about=about)


_KIND = _some("HOME, WORK or any other word.")
_NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")


def _one_more_name(name: dict[str, Any], at: str, findings: Findings) -> None:
    if not any(part in name for part in _NAME_PARTS):
        detail = "Beside `formatted_name` at least one other part of the name must be given."
        findings.refuse(at, "at_least_one", detail, expected="one of " + ", ".join(_NAME_PARTS))


class Birthday(Text):
    """A day that exists, as YYYY-MM-DD."""

    def __init__(self) -> None:
        super().__init__(
            pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}", form="a date as YYYY-MM-DD", empty_is_absent=True
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        day = super().check(value, at, findings)
        if type(day) is str and len(findings.problems) == before:
            try:
                date.fromisoformat(day)
            except ValueError:
                findings.refuse(at, "format", "There is no such day.", found=day, expected=self.says)
        return day


def _type_from_types(address: dict[str, Any], at: str, findings: Findings) -> None:
    """The page describes addresses twice, once with `types`; Meta knows `type` only."""
    types = address.pop("types", None)
    word = types[0] if type(types) is list and types else types
    if type(word) is str and word:
        address.setdefault("type", word)
    elif word:
        findings.warn(f"{at}/types", "ignored", "Only a word can be shown as `type`.", found=types)


_ADDRESS = Object(
    {},
    {
        **{name: _some() for name in ("street", "city", "state", "zip", "country")},
        "country_code": Text(pattern="[A-Za-z]{2}", form="two letters, as in US", empty_is_absent=True),
        "type": _KIND,
        "types": Anything("The same as `type`, or an array of which the first is taken."),
    },
    rules=[_type_from_types],
)
_PHONE = Object(
    {},
    {
        "phone": _some("As it shall be shown."),
        "type": _some("CELL, MAIN, IPHONE, HOME, WORK or any other word."),
        "wa_id": _some("Digits of the WhatsApp account: with it the card offers to write."),
    },
)
_MOST = 100  # entries of one sort in a card; nobody states a limit, but there has to be one

CONTACT = Object(
    {
        "name": Object(
            {"formatted_name": Text(about="The full name, as it is shown.")},
            {part: _some() for part in _NAME_PARTS},
            rules=[_one_more_name],
            also={"minProperties": 2},
        )
    },
    {
        "addresses": Array(_ADDRESS, at_most=_MOST),
        "birthday": Birthday(),
        "emails": Array(Object({}, {"email": _some(), "type": _KIND}), at_most=_MOST),
        "org": Object(
            {},
            {"company": _some(), "department": _some(), "title": _some()},
            ignored={"phones": "WhatsApp knows no phones of an organisation; they are not sent on."},
        ),
        "phones": Array(_PHONE, at_most=_MOST),
        "urls": Array(Object({}, {"url": _some(), "type": _KIND}), at_most=_MOST),
    },
)
# 257 is Meta's guide; its OpenAPI file says 5.
CONTACTS = Array(CONTACT, at_least=1, at_most=257)
