"""From a row of a table to a person, or to what is wrong with the row. Pure; runs in the reading process."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from zoneinfo import available_timezones

import msgspec

from trunkline.audiences.imports import addresses
from trunkline.audiences.imports.frames import Bad, Good
from trunkline.audiences.imports.options import ColumnUse
from trunkline.phones import PhoneError
from trunkline.table_files import Row
from trunkline.table_files.found import shorten

LONGEST_NAME = 256
LONGEST_ATTRIBUTE = 1_000
LONGEST_TAG = 64
LONGEST_ROW = 65_536
MOST_TAGS = 50
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_json = msgspec.json.Encoder()
_HALVES = re.compile("[\ud800-\udfff]")
_TAGS = re.compile(r"[,;|\n]")
_YES = frozenset({
    *("yes", "y", "true", "t", "1", "x", "granted", "agreed", "opted_in", "opted in", "optin", "opt-in"),
    *("opt in", "subscribed", "active", "ja", "si", "sí", "oui", "sim", "evet", "да", "tak"),
})  # fmt: skip
_NO = frozenset({
    *("no", "n", "false", "f", "0", "-", "withdrawn", "opted_out", "opted out", "optout", "opt-out"),
    *("opt out", "unsubscribed", "inactive", "nein", "non", "nee", "não", "hayir", "нет", "nie"),
})  # fmt: skip


class Wrong(Exception):
    """With the row. `at` is the place of the cell, from 0."""

    def __init__(self, reason: str, detail: str, at: int | None = None) -> None:
        self.reason = reason
        self.detail = detail
        self.at = at
        super().__init__(detail)


class RowReader:
    """For the rows of one file. Remembers who stood in it before."""

    def __init__(self, columns: Sequence[str], uses: Mapping[str, ColumnUse], country: str | None) -> None:
        self._columns = columns
        self._country = country
        places = {use.field: at for at, name in enumerate(columns) if (use := uses[name])}
        self._phone = places.get("phone")
        self._user_id = places.get("user_id")
        self._name = places.get("name")
        self._first_name = places.get("first_name")
        self._language = places.get("language")
        self._time_zone = places.get("time_zone")
        self._consent = places.get("consent")
        self._tags = [at for at, name in enumerate(columns) if uses[name].field == "tags"]
        self._attributes = [
            (at, use.attribute or name)
            for at, name in enumerate(columns)
            if (use := uses[name]).field == "attribute"
        ]
        if self._first_name is not None:
            self._attributes.append((self._first_name, "first_name"))
        kept = {"attribute", "column", "first_name"}
        self._kept = [(at, name) for at, name in enumerate(columns) if uses[name].field in kept]
        self._lines: dict[int | str, int] = {}
        """Address → the line where it stood first. Digits as a number take half the memory."""

    def read(self, n: int, row: Row) -> Good | Bad:
        cells = row.cells
        try:
            self._expect_text(cells)
            self._expect_short(cells)
            phone, user_id = self._addresses(cells)
            good = self._person(n, row.line, phone, user_id, cells)
            self._alone(row.line, phone, user_id)
        except Wrong as wrong:
            column = None if wrong.at is None else self._columns[wrong.at]
            is_somebody = (
                wrong.reason == "duplicate"
            )  # who can be erased, and stands in the line that it names
            found = None if wrong.at is None or is_somebody else shorten(cells[wrong.at])
            return Bad(n, row.line, column, wrong.reason, wrong.detail, found)
        return good

    def _expect_text(self, cells: Sequence[str]) -> None:
        """Halves of signs, which damaged workbooks have, can be written nowhere."""
        if "".join(cells).isascii():
            return
        for at, cell in enumerate(cells):
            if _HALVES.search(cell) is not None:
                raise Wrong("not_text", "There is half a sign in this cell.", at)

    def _expect_short(self, cells: Sequence[str]) -> None:
        """Many of them are in memory at a time."""
        if sum(map(len, cells)) > LONGEST_ROW:
            raise Wrong("too_long", f"This row has more than the {LONGEST_ROW:,} letters that are kept.")
        for at, _ in self._attributes:
            if len(cells[at]) > LONGEST_ATTRIBUTE:
                detail = (
                    f"An attribute has at most {LONGEST_ATTRIBUTE:,} letters. Map it as `column` to keep it."
                )
                raise Wrong("too_long", detail, at)

    def _addresses(self, cells: Sequence[str]) -> tuple[str | None, str | None]:
        phone = user_id = None
        if self._phone is not None and (cell := cells[self._phone].strip()):
            try:
                phone = addresses.digits(cell, self._country)
            except PhoneError as error:
                detail = f"{error.detail[:1].upper()}{error.detail[1:]}."
                raise Wrong(error.rule, detail, self._phone) from None
        if self._user_id is not None and (cell := cells[self._user_id].strip()):
            if addresses.USER_ID.fullmatch(cell) is None:
                detail = "This is not a user id such as US.13491208655302741918."
                raise Wrong("user_id", detail, self._user_id)
            user_id = cell
        if phone is None and user_id is None:
            at = self._phone if self._phone is not None else self._user_id
            raise Wrong("no_address", "There is neither a phone number nor a user id in this row.", at)
        return phone, user_id

    def _person(
        self, n: int, line: int, phone: str | None, user_id: str | None, cells: Sequence[str]
    ) -> Good:
        attributes = {name: text for at, name in self._attributes if (text := cells[at].strip())}
        columns = {name: text for at, name in self._kept if (text := cells[at].strip())}
        return Good(
            n,
            line,
            phone,
            user_id,
            self._name_of(cells),
            self._language_of(cells),
            self._time_zone_of(cells),
            self._tags_of(cells),
            self._agreed(cells),
            attributes,
            _json.encode(columns).decode() if columns else "{}",
        )

    def _alone(self, line: int, phone: str | None, user_id: str | None) -> None:
        """Only the first row of a person counts: what a second one says may be another's."""
        keys: list[tuple[int | str, int | None]] = []
        if phone is not None:
            keys.append((int(phone), self._phone))
        if user_id is not None:
            keys.append((user_id, self._user_id))
        for key, at in keys:
            if (first := self._lines.get(key)) is not None:
                raise Wrong("duplicate", f"The same person stands in line {first} already.", at)
        for key, _ in keys:
            self._lines[key] = line

    def _name_of(self, cells: Sequence[str]) -> str | None:
        at = self._name if self._name is not None else self._first_name
        if at is None:
            return None
        text = cells[at].strip()
        if len(text) > LONGEST_NAME:
            raise Wrong("too_long", f"A name has at most {LONGEST_NAME} letters.", at)
        if _CONTROLS.search(text) is not None:
            raise Wrong("control_character", "There is a sign in this name that is not seen.", at)
        return " ".join(text.split()) or None

    def _language_of(self, cells: Sequence[str]) -> str | None:
        if self._language is None or not (cell := cells[self._language].strip()):
            return None
        if (code := _language(cell)) is None:
            detail = "This is not the code of a language, such as en, en_US or pt_BR."
            raise Wrong("language", detail, self._language)
        return code

    def _time_zone_of(self, cells: Sequence[str]) -> str | None:
        if self._time_zone is None or not (cell := cells[self._time_zone].strip()):
            return None
        if cell not in _zones():
            detail = "This is not the name of a time zone, such as Europe/Berlin."
            raise Wrong("time_zone", detail, self._time_zone)
        return cell

    def _tags_of(self, cells: Sequence[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for at in self._tags:
            for word in _TAGS.split(cells[at]):
                if tag := " ".join(word.split()):
                    if len(tag) > LONGEST_TAG:
                        raise Wrong("tag", f"A tag has at most {LONGEST_TAG} letters.", at)
                    found[tag] = None
            if len(found) > MOST_TAGS:
                raise Wrong("tag", f"A row has at most {MOST_TAGS} tags.", at)
        return tuple(found)

    def _agreed(self, cells: Sequence[str]) -> bool | None:
        """Without a column for it, whoever stands in the file did; an empty cell says nothing."""
        if self._consent is None:
            return True
        if not (cell := cells[self._consent].strip().casefold()):
            return None
        if cell in _YES:
            return True
        if cell in _NO:
            return False
        raise Wrong("consent", "This says neither that they agreed nor that they did not.", self._consent)


@lru_cache(maxsize=256)
def _language(cell: str) -> str | None:
    """`en_us`, `en-US` and `EN` as the provider writes them."""
    if (match := _LANGUAGE.fullmatch(cell)) is None:
        return None
    language, _, region = match.groups()
    return language.lower() + (f"_{region.upper()}" if region else "")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
