"""One sheet of a workbook as a stream of its rows: what each cell shows, as text.

A number comes as a person would read it, a date as ISO 8601, a formula as what it came to.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from trunkline.table_files.cells import LOST
from trunkline.table_files.found import Limits, Reason
from trunkline.table_files.merges import column_of
from trunkline.table_files.numbers import Lost, stored
from trunkline.table_files.parts import DEEPEST, Attributes, Book, Handlers, too_deep
from trunkline.table_files.strings import Strings, unescape
from trunkline.table_files.styles import AS_DATE, Styles


class Wrong(NamedTuple):
    at: int
    """From 0."""
    reason: Reason
    detail: str
    found: str


class SheetRow(NamedTuple):
    line: int
    cells: list[str]
    """Up to the last that holds something."""
    formulas: tuple[int, ...]
    is_hidden: bool
    wrong: Wrong | None


_TEXT, _FORMULA = "v", "f"


class SheetReader:
    def __init__(self, book: Book, name: str, strings: Strings, styles: Styles, limits: Limits) -> None:
        self._book, self._name, self._limits = book, name, limits
        self._strings, self._styles = strings, styles
        self.hidden_columns: set[int] = set()
        self._ready: list[SheetRow] = []
        self._line = 0
        self._is_hidden = False
        self._cells: list[str] = []
        self._formulas: tuple[int, ...] = ()
        self._wrong: Wrong | None = None
        self._at = -1
        self._depth = 0
        self._kind = self._style = ""
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._size = 0
        self._aside = False

    def rows(self) -> Iterator[SheetRow]:
        handlers = Handlers(self._on_start, self._on_end, self._on_text)
        with self._book.archive() as archive:
            for _ in self._book.events(archive, self._name, handlers):
                yield from self._ready
                self._ready.clear()

    def _on_start(self, tag: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise too_deep()
        if tag == "c":
            self._begin_cell(attributes)
        elif tag in {"v", "t"}:
            self._into = None if self._aside else self._value
        elif tag == "row":
            self._line = _whole(attributes.get("r"), self._line + 1)
            self._is_hidden = attributes.get("hidden") in {"1", "true"}
            self._at = -1
        elif tag == "f":
            self._formula = self._into = []
        elif tag == "rPh":
            self._aside = True
        elif tag == "col" and attributes.get("hidden") in {"1", "true"}:
            first, last = (_whole(attributes.get(end), 1) for end in ("min", "max"))
            self.hidden_columns.update(range(first - 1, min(last, self._limits.columns)))

    def _begin_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._at = self._at + 1 if place is None else _column(place.rstrip("0123456789"))
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._size = 0

    def _on_text(self, text: str) -> None:
        if self._into is not None and self._size <= self._limits.cell:
            self._into.append(text)
            self._size += len(text)

    def _on_end(self, tag: str) -> None:
        self._depth -= 1
        if tag in {"v", "t"}:
            self._into = None
        elif tag == "c":
            if self._value or self._formula is not None:
                self._end_cell()
        elif tag == "row":
            self._end_row()
        elif tag == "f":
            self._into = None
        elif tag == "rPh":
            self._aside = False

    def _end_cell(self) -> None:
        raw = "".join(self._value)
        self._value.clear()
        text = self._shown(raw) if raw else raw
        at = self._at
        if self._formula is not None:
            self._formulas += (at,)
            text = text or "=" + "".join(self._formula)
            self._formula = None
        if not text:
            return
        cells = self._cells
        at = min(at, self._limits.columns)  # told as one too many, wherever it stands
        if at >= len(cells):
            cells.extend([""] * (at - len(cells)))
            cells.append(text)
        else:
            cells[at] = text

    def _end_row(self) -> None:
        if self._cells:
            row = SheetRow(self._line, self._cells, self._formulas, self._is_hidden, self._wrong)
            self._ready.append(row)
            self._cells, self._formulas, self._wrong = [], (), None

    def _shown(self, raw: str) -> str:
        kind = self._kind
        if kind == "s":
            return self._shared(raw)
        if kind == "n":
            return self._number(raw)
        if kind == "b":
            return "TRUE" if raw == "1" else "FALSE"
        if kind == "e":
            self._blame(
                Reason.ERROR_CELL, "The cell holds an error of the spreadsheet instead of a value.", raw
            )
            return raw
        return unescape(raw)  # "str", "inlineStr", and "d": a date in ISO 8601

    def _shared(self, raw: str) -> str:
        try:
            return self._strings[int(raw)]
        except (ValueError, IndexError):
            self._blame(Reason.BROKEN, "The text of this cell is missing in the workbook.", raw)
            return raw

    def _number(self, raw: str) -> str:
        shown = self._styles.shown
        style = _whole(self._style, 0)
        how = shown[style] if style < len(shown) else None
        if how == AS_DATE and (date := self._date(raw)) is not None:
            return date
        text = stored(raw)
        if isinstance(text, Lost):
            self._blame(*LOST[text], raw)
            return raw
        return text.zfill(how) if how is not None and how > 0 else text

    def _date(self, raw: str) -> str | None:
        try:
            return self._styles.date(float(raw))
        except ValueError:
            return None

    def _blame(self, reason: Reason, detail: str, found: str) -> None:
        if self._wrong is None:
            self._wrong = Wrong(self._at, reason, detail, found)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else otherwise


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    return column_of(letters) if letters.isascii() and letters.isalpha() and len(letters) < 4 else 0
