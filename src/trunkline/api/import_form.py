"""What callers may say about an import: how its file is read, and what becomes of its people."""

from typing import Any

import msgspec

from trunkline.api import forms
from trunkline.api.consents import SOURCE, word
from trunkline.api.contact_form import TAG
from trunkline.audiences.imports import mapping
from trunkline.audiences.imports.addresses import COUNTRIES
from trunkline.audiences.imports.options import FIELDS, ONCE, Found, Options
from trunkline.audiences.imports.rows import MOST_TAGS
from trunkline.errors import Problem
from trunkline.model import ids
from trunkline.shape import BROKEN, Anything, Array, Boolean, Choice, Findings, Object, Schema, Shape, Text
from trunkline.shape.findings import child, did_you_mean

_MOST_COLUMNS = 1_000
_LONGEST_PROOF = 4_096
_LISTED = ", ".join(FIELDS)


class Use(Shape):
    """What a column is for: a word, or an object that names an attribute."""

    kind = "a word or an object"

    def __init__(self) -> None:
        super().__init__(f"one of {_LISTED}", "What the column is for.")
        self._word = Choice(*FIELDS)
        self._whole = Object(
            {"field": self._word},
            {"attribute": Text(at_most=64, about="Its name, where it is one of the contact.")},
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str:
            word = self._word.check(value, at, findings)
            return BROKEN if word is BROKEN else {"field": word}
        return self._whole.check(value, at, findings)

    def schema(self) -> Schema:
        return super().schema() | {"anyOf": [self._word.schema(), self._whole.schema()]}


class Uses(Shape):
    """Name of a column → its use, or null for what is guessed."""

    kind = "an object"

    def __init__(self) -> None:
        about = f"What columns are for, by their names: {_LISTED}. What is not named here is guessed."
        super().__init__("an object of columns and what they are for", about)
        self._use = Use()

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        if len(value) > _MOST_COLUMNS:
            findings.refuse(at, "too_many", f"There are at most {_MOST_COLUMNS} columns.")
            return BROKEN
        return {
            name: None if use is None else self._use.check(use, child(at, name), findings)
            for name, use in value.items()
        }

    def schema(self) -> Schema:
        use = {"anyOf": [self._use.schema(), {"type": "null"}]}
        return {"type": "object", **super().schema(), "additionalProperties": use}


class Country(Text):
    def __init__(self) -> None:
        about = "Of phone numbers without a country code: two letters, such as DE."
        super().__init__(pattern="[A-Z]{2}", form="two capital letters, as in DE", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) == before and text not in COUNTRIES:
            findings.refuse(
                at, "one_of", "No country with phone numbers is called so.", found=value, expected=self.says
            )
        return text


class ListId(Text):
    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) == before and not ids.is_id(text, ids.LIST):
            findings.refuse(at, "format", "This is not the id of a list.", found=value, expected=self.says)
        return text


def _one_list(value: dict[str, Any], at: str, findings: Findings) -> None:
    if len(value) != 1:
        findings.refuse(
            at, "exactly_one", "Give the list's `id`, or the `name` of one.", expected="one of the two"
        )


_LIST = Object(
    {},
    {
        "id": ListId(at_most=64, form="an id such as lst_…", about="Of a list that is there."),
        "name": Text(at_most=100, about="Of one that is there, or is made when the import starts."),
    },
    rules=(_one_list,),
    about="Where the people of the file are put, with what their rows say.",
)
_CONSENT = Object(
    {"purpose": word("What for: `all`, `marketing`, or a word of your own."), "source": SOURCE},
    {
        "proof": Anything("What shows it: JSON of your own, up to 4 KiB."),
        "at": forms.Moment("When they said so; the time of the import by default."),
    },
    about=("Written into the ledger for each person: `granted`; where a column is `consent`, as it says."),
)
OPTIONS = forms.Changes(
    {
        "mapping": Uses(),
        "country": Country(),
        "list": _LIST,
        "tags": Array(TAG, at_most=MOST_TAGS, about="Put on everybody who is imported."),
        "consent": _CONSENT,
        "on_conflict": Choice(
            "overwrite",
            "keep",
            about="Of somebody who is known: `overwrite` (the default) what the file says anew, or `keep` it "
            "and fill only gaps. Empty cells change nothing.",
        ),
        "encoding": Choice("utf-8", "utf-16-le", "utf-16-be", "windows-1252", about="Guessed by default."),
        "delimiter": Text(at_most=1, about="Between cells; guessed by default."),
        "quote": Choice('"', "'", about="Around cells; guessed by default."),
        "has_header": Boolean("Whether the first row names the columns; guessed by default."),
        "sheet": Text(at_most=100, about="Of a workbook; the first one that is seen by default."),
    },
    nullable=(
        *("mapping", "country", "list", "tags", "consent", "on_conflict"),
        *("encoding", "delimiter", "quote", "has_header", "sheet"),
    ),
)


def merged(before: Options, given: dict[str, Any]) -> Options:
    """`given` in normal form; what is null goes back to what it is by default."""
    known: dict[str, Any] = msgspec.to_builtins(before)
    given = dict(given)
    if "list" in given:
        known.pop("list_id", None)
        known.pop("list_name", None)
        for name, value in (given.pop("list") or {}).items():
            known[f"list_{name}"] = value
    if given.get("mapping"):
        given["mapping"] = known.get("mapping", {}) | given["mapping"]
        given["mapping"] = {name: use for name, use in given["mapping"].items() if use is not None}
    whole = {name: value for name, value in (known | given).items() if value is not None}
    return msgspec.convert(whole, Options)


def misfits(options: Options, found: Found) -> list[Problem]:
    """What is stated of columns that the file does not have, and fields that two columns shall be."""
    names = [column.name for column in found.columns]
    findings = Findings()
    for name in options.mapping:
        if name not in names:
            detail = f"The file has no column of this name.{did_you_mean(name, names)}"
            findings.refuse(
                child("/mapping", name), "unknown_column", detail, expected=", ".join(names)[:200]
            )
    uses = mapping.settled(found.columns, options.mapping)
    for field in sorted(ONCE):
        several = [name for name, use in uses.items() if use.field == field]
        for name in several[1:]:
            detail = f"One column alone can be `{field}`, and {several[0]} is it already."
            findings.refuse(child("/mapping", name), "duplicate", detail, found=field)
    if options.consent is not None and _size(options.consent.proof) > _LONGEST_PROOF:
        findings.refuse("/consent/proof", "too_long", f"It has more than {_LONGEST_PROOF} characters.")
    return findings.problems


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value))
