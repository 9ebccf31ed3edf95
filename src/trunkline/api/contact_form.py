"""What a caller says of a person: the members of the bodies that enter, change or look for contacts."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from trunkline.api import forms
from trunkline.api.consents import Person
from trunkline.audiences.people import Given
from trunkline.shape import BROKEN, Array, Findings, Object, Schema, Shape, Text

MOST_TAGS = 100
_MOST_ATTRIBUTES = 100
_LONGEST_NAME = 64
_LONGEST_TEXT = 1_000


class UserId(Person):
    """A business-scoped user id, and no phone number."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and self._digits.fullmatch(value):
            findings.refuse(at, "format", "This is a phone number.", found=value, expected="a user id")
            return BROKEN
        return super().check(value, at, findings)


class Attributes(Shape):
    """Names and texts. Numbers and flags are taken as texts; null removes."""

    kind = "an object"

    def __init__(self, about: str) -> None:
        super().__init__("an object of names and texts", about)
        self._name = Text(at_most=_LONGEST_NAME)
        self._text = Text(at_most=_LONGEST_TEXT, may_be_empty=True)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        if len(value) > _MOST_ATTRIBUTES:
            findings.refuse(at, "too_many", f"At most {_MOST_ATTRIBUTES} attributes are taken at once.")
        normal: dict[str, str] = {}
        for name, given in value.items():
            place = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            self._name.check(name, place, findings)
            normal[name] = self._text.check(_as_text(given), place, findings)
        return normal

    def schema(self) -> Schema:
        values: Schema = {"type": ["string", "number", "boolean", "null"]}
        return {"type": "object", "description": self.about, "additionalProperties": values}


def _as_text(value: Any) -> Any:
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) in (int, float) else value


class TimeZone(Text):
    """A name of the time zone database."""

    def __init__(self, about: str) -> None:
        super().__init__(at_most=64, form="a time zone such as Europe/Berlin", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and value not in _zones():
            findings.refuse(
                at, "format", "There is no time zone of this name.", found=value, expected=self.says
            )
            return BROKEN
        return super().check(value, at, findings)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


TAG = Text(
    at_most=_LONGEST_NAME,
    pattern=r"[^,;|\n]+",  # between them, tags stand in one cell of a table
    form="a word or some, without , ; or |",
    about="A word that the account puts on people.",
)
_LANGUAGE = Text(
    pattern="[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8})*", form="a language such as en or pt_BR", about="Theirs."
)
_TAGS = Array(TAG, at_most=MOST_TAGS)
PROFILE: Mapping[str, Shape] = {
    "name": Text(at_most=256, about="How they are called; messages of theirs do not change it any more."),
    "language": _LANGUAGE,
    "time_zone": TimeZone("In which they live."),
    "attributes": Attributes(
        "What else is known: names and texts. Others that they have stay; null removes."
    ),
}
_ADDRESSES: Mapping[str, Shape] = {
    "phone": forms.PhoneNumber("Their number, with its country code."),
    "user_id": UserId("Their business-scoped user id."),
}


def _has_address(value: dict[str, Any], at: str, findings: Findings) -> None:
    if "phone" not in value and "user_id" not in value:
        expected = "phone or user_id"
        findings.refuse(at, "required", "There is neither a phone number nor a user id.", expected=expected)


FORM = Object(
    {},
    {**_ADDRESSES, **PROFILE, "tags": Array(TAG, at_most=MOST_TAGS, about="Added to those that they have.")},
    rules=(_has_address,),
)
CHANGES = forms.Changes(
    {
        **_ADDRESSES,
        **PROFILE,
        "tags": Array(TAG, at_most=MOST_TAGS, about="All their tags from now on."),
        "add_tags": _TAGS,
        "remove_tags": _TAGS,
    },
    nullable=("name", "language", "time_zone"),
)


def given_of(body: Mapping[str, Any]) -> Given:
    """A body of `FORM` in its normal form."""
    told = {name: value for name, value in body.items() if name != "tags"}
    return Given(**told, tags=tuple(body.get("tags", ())))
