"""How the numbers of a workbook are shown: as dates, or with zeros before them."""

import re
from datetime import datetime, timedelta

from trunkline.table_files.parts import DEEPEST, Attributes, Book, Handlers, too_deep

_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Formats that every workbook has, in ECMA-376 part 1, 18.8.30."""

_ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_OF_TIME = re.compile(r"[ymdhs]", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,20}")
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - days of a sheet have no time zone
_FIRST_DAY_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_DAY = 2_958_466.0
_MOST_FORMATS = 100_000

Shown = int | None
"""Of a number: at least so many digits; `AS_DATE`; or None, as it is."""
AS_DATE = -1


class Styles:
    def __init__(self, book: Book) -> None:
        self.shown: list[Shown] = []
        self._first_day = _FIRST_DAY_1904 if book.counts_from_1904 else _FIRST_DAY
        self._has_leap_day = not book.counts_from_1904
        self._formats: dict[str, Shown] = {}
        self._in_cells = False
        self._depth = 0
        if (name := book.named("styles")) is not None:
            with book.archive() as archive:
                for _ in book.events(archive, name, Handlers(self._on_start, self._on_end)):
                    pass

    def date(self, days: float) -> str | None:
        """ISO 8601; a time of day alone where there is no day. None: no day that a sheet can show."""
        if not 0 <= days < _LAST_DAY:
            return None
        if self._has_leap_day and 1 <= days < 60:
            days += 1  # spreadsheets believe that 1900 had a 29 February
        moment = self._first_day + timedelta(seconds=round(days * 86_400))
        if days < 1 and self._has_leap_day:
            return moment.time().isoformat()
        return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()

    def _on_start(self, tag: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise too_deep()
        if tag == "numFmt" and len(self._formats) < _MOST_FORMATS:
            self._formats[attributes.get("numFmtId", "")] = _shown(attributes.get("formatCode", ""))
        elif tag == "cellXfs":
            self._in_cells = True
        elif tag == "xf" and self._in_cells and len(self.shown) < _MOST_FORMATS:
            number = attributes.get("numFmtId", "0")
            self.shown.append(self._formats.get(number, AS_DATE if _is_date(number) else None))

    def _on_end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "cellXfs":
            self._in_cells = False


def _is_date(number: str) -> bool:
    return number.isdecimal() and len(number) < 4 and int(number) in _DATES


def _shown(code: str) -> Shown:
    first = _ASIDE.sub("", code.partition(";")[0])
    if _ZEROS.fullmatch(first.strip()) is not None:
        return len(first.strip())
    return AS_DATE if _OF_TIME.search(first) is not None and "general" not in first.lower() else None
