"""What a caller may choose about an import, what was found in its file, how far it is. All of it is JSON."""

from typing import Any, Literal

import msgspec

from trunkline.table_files import Dialect, Limits
from trunkline.table_files.found import Encoding

LIMITS = Limits(rows=2_000_000)
"""Of a file. Who stood in it before is kept in memory, about 110 bytes a row."""

FIELDS = (
    "phone",
    "user_id",
    "name",
    "first_name",
    "language",
    "time_zone",
    "tags",
    "consent",
    "attribute",
    "column",
    "ignore",
)
Field = Literal[
    "phone",
    "user_id",
    "name",
    "first_name",
    "language",
    "time_zone",
    "tags",
    "consent",
    "attribute",
    "column",
    "ignore",
]
ONCE = frozenset(FIELDS) - {"tags", "attribute", "column", "ignore"}
"""Fields that one column alone can be."""


class ColumnUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a column is for."""

    field: Field
    attribute: str | None = None
    """Of the contact, where it is one."""


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """To be written into the ledger of each person who is imported; with a column for it, as that says."""

    purpose: str
    source: str
    proof: Any = None
    at: int | None = None


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a caller says; the rest is guessed."""

    encoding: Encoding | None = None
    delimiter: str | None = None
    quote: str | None = None
    has_header: bool | None = None
    sheet: str | None = None
    country: str | None = None
    """Of phone numbers that are written without their country code, such as `DE`."""
    mapping: dict[str, ColumnUse] = {}
    list_id: str | None = None
    list_name: str | None = None
    """A list of this name is made when the import starts, if there is none."""
    tags: tuple[str, ...] = ()
    consent: Consent | None = None
    on_conflict: Literal["overwrite", "keep"] = "overwrite"

    def dialect(self) -> Dialect:
        return Dialect(
            encoding=self.encoding, delimiter=self.delimiter, quote=self.quote, has_header=self.has_header
        )


class Column(msgspec.Struct, frozen=True):
    """A column, and what it seems to be for."""

    name: str
    use: ColumnUse
    reason: str
    examples: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen in a file before anybody was read from it."""

    kind: str
    columns: tuple[Column, ...]
    dialect: Dialect
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    sheet: str | None = None


class Counts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far it is: rows by what became of them, or would."""

    rows: int = 0
    good: int = 0
    new: int = 0
    known: int = 0
    suppressed: int = 0
    """Of the good ones, who must not be written to as it is."""
    consents: int = 0
    bad: dict[str, int] = {}
    """Reason → rows."""
    hidden: int = 0
    """Rows that the spreadsheet hides. They are read like others."""
    formulas: int = 0
    """Cells whose text is what a formula came to."""


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the first rows, as it would be."""

    line: int
    is_new: bool
    phone: str | None = None
    user_id: str | None = None
    name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    tags: tuple[str, ...] = ()
    consent: str | None = None
    attributes: dict[str, str] = {}


class Report(msgspec.Struct, kw_only=True):
    """What the dry run says."""

    counts: Counts
    first: list[Shown] = []
