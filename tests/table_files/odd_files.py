"""Odd files, made by code: each says which rows are good, and which are bad, by line, column and reason."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

from tests.table_files.workbooks import Cell, Page, Writer, archive, workbook

COLUMNS = ("Phone", "Name", "City")
PEOPLE = (
    ("+15550000001", "Zoë", "Köln"),
    ("+15550000002", "José", "Málaga"),
    ("+15550000003", "Ann", "Århus"),
)

Good = tuple[int, tuple[str, ...]]
Bad = tuple[int, str | None, str]
"""Line, column, reason."""


class Odd(NamedTuple):
    name: str
    data: bytes
    good: tuple[Good, ...] = ()
    bad: tuple[Bad, ...] = ()
    columns: tuple[str, ...] = COLUMNS
    sheet: str | None = None
    refused: str | None = None
    """The reason, where nothing of the file is read."""


class Writing(NamedTuple):
    encoding: str
    mark: bytes
    delimiter: str
    ends: tuple[str, ...]

    def __str__(self) -> str:
        delimiter = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}[self.delimiter]
        ends = "+".join(end.replace("\r", "cr").replace("\n", "lf") for end in self.ends)
        return f"{self.encoding}{' marked' if self.mark else ''}, {delimiter}, {ends}"


_ENCODINGS = (
    ("utf-8", b""),
    ("utf-8", b"\xef\xbb\xbf"),
    ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"),
    ("utf-16-le", b""),
    ("windows-1252", b""),
)
_ENDS = (("\n",), ("\r\n",), ("\r",), ("\r\n", "\n", "\r"))
WRITINGS = tuple(
    Writing(*_ENCODINGS[at % 6], delimiter, _ENDS[(at + at // 4) % 4])
    for at, delimiter in enumerate(",;\t|" * 3)
)
NO_TEXT = {"utf-8": "\udcff", "windows-1252": "\udc81", "utf-16-le": "\ud800", "utf-16-be": "\ud800"}


class Text:
    """A file as it is written, line by line, with what is to be read from it."""

    def __init__(self, writing: Writing, header: tuple[str, ...] | None = COLUMNS) -> None:
        self.writing = writing
        self.good: list[Good] = []
        self.bad: list[Bad] = []
        self._lines: list[str] = []
        if header is not None:
            self.line(*header)

    def line(self, *cells: str) -> None:
        """Nobody looks at it as a row."""
        self._lines += self.writing.delimiter.join(cells).split("\n")

    def row(self, *cells: str, read: tuple[str, ...] | None = None) -> None:
        self.good.append((len(self._lines) + 1, cells if read is None else read))
        self.line(*cells)

    def wrong(self, *cells: str, column: str | None, reason: str) -> None:
        self.bad.append((len(self._lines) + 1, column, reason))
        self.line(*cells)

    def people(self) -> None:
        for person in PEOPLE:
            self.row(*person)

    def data(self) -> bytes:
        ends = self.writing.ends
        text = "".join(line + ends[at % len(ends)] for at, line in enumerate(self._lines))
        errors = "surrogatepass" if "16" in self.writing.encoding else "surrogateescape"
        return self.writing.mark + text.encode(self.writing.encoding, errors)


def _clean(text: Text) -> None:
    text.people()


def _short(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", "Bob", column="City", reason="too_few_cells")
    text.wrong("+15550000005", column="Name", reason="too_few_cells")
    text.people()


def _long(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", "Bob", "Rome", "more", column=None, reason="too_many_cells")
    text.people()


def _long_by_nothing(text: Text) -> None:
    text.row("+15550000004", "Bob", "Rome", "", "", read=("+15550000004", "Bob", "Rome"))
    text.people()


def _blank_lines(text: Text) -> None:
    text.people()
    text.line("")
    text.line("", "", "")
    text.line("")
    text.people()


def _nul(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", "Bo\x00b", "Rome", column="Name", reason="nul")
    text.people()


def _no_text(text: Text) -> None:
    text.people()
    text.wrong(
        "+15550000004", "Bob", f"R{NO_TEXT[text.writing.encoding]}me", column="City", reason="not_text"
    )
    text.people()


def _open_quote(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", '"Bob', "Rome", column="Name", reason="quote_not_closed")
    text.people()


def _open_quote_then_a_good_one(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", '"Bob', "Rome", column="Name", reason="quote_not_closed")
    text.people()
    text.row("+15550000005", '"Eve"', "Rome", read=("+15550000005", "Eve", "Rome"))


def _open_quote_at_the_end(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", "Bob", '"Rome', column="City", reason="quote_not_closed")


def _after_quote(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", '"Bob" Smith', "Rome", column="Name", reason="text_after_quote")
    text.people()


def _quote_within(text: Text) -> None:
    text.row("+15550000004", 'Bob "the" 6" Smith', "Rome")
    text.people()


def _line_end_in_quotes(text: Text) -> None:
    text.row("+15550000004", '"Bob\nand\nEve"', "Rome", read=("+15550000004", "Bob\nand\nEve", "Rome"))
    text.people()
    text.wrong("+15550000004", "Bob", column="City", reason="too_few_cells")


def _all_in_quotes(text: Text) -> None:
    between = f"a{text.writing.delimiter}b"
    text.row('"+15550000004"', f'"{between}"', '"say ""hi"""', read=("+15550000004", between, 'say "hi"'))
    text.row('"+15550000005"', '"Eve"', '""', read=("+15550000005", "Eve", ""))
    text.people()


def _shortened(text: Text) -> None:
    text.people()
    text.wrong("1.5555E+10", "Bob", "Rome", column="Phone", reason="number_shortened")
    text.row("1.5550000004E+10", "Bob", "Rome", read=("15550000004", "Bob", "Rome"))
    text.row("15550000004.0", "Bob", "Rome", read=("15550000004", "Bob", "Rome"))
    text.row("+15550000004", "1.5", "3E+2")


def _formulas(text: Text) -> None:
    text.row("+15550000004", "=1+2", '=HYPERLINK("x")')
    text.row("+15550000005", "'=1+2", "'@x", read=("+15550000005", "=1+2", "@x"))
    text.row("'+15550000006", "''-1", "'it", read=("+15550000006", "'-1", "'it"))
    text.people()


def _long_cell(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", "x" * 32_768, "Rome", column="Name", reason="cell_too_long")
    text.row("+15550000004", "x" * 32_767, "Rome")


def _huge_line(text: Text) -> None:
    text.people()
    text.wrong("+15550000004", "x" * 1_200_000, "Rome", column=None, reason="line_too_long")
    text.people()


def _alike_numbers(text: Text) -> None:
    text.people()
    text.people()


def _many(text: Text) -> None:
    _short(text)
    _open_quote(text)
    _nul(text)
    _after_quote(text)
    _no_text(text)
    _shortened(text)


_ODDITIES: dict[str, Callable[[Text], None]] = {
    "clean": _clean,
    "too few cells": _short,
    "too many cells": _long,
    "empty cells too many": _long_by_nothing,
    "blank lines": _blank_lines,
    "a NUL": _nul,
    "bytes that are no text": _no_text,
    "a lone quote": _open_quote,
    "a lone quote, then a good one": _open_quote_then_a_good_one,
    "a lone quote in the last row": _open_quote_at_the_end,
    "text after a quote": _after_quote,
    "quotes within a cell": _quote_within,
    "line ends in quotes": _line_end_in_quotes,
    "all in quotes": _all_in_quotes,
    "shortened numbers": _shortened,
    "formulas": _formulas,
    "a cell too long": _long_cell,
    "numbers alike": _alike_numbers,
    "many at once": _many,
}
_HEADERS: dict[str, tuple[tuple[str, ...] | None, tuple[str, ...]]] = {
    "columns alike": (("Phone", "name", "Name"), ("Phone", "name", "Name (2)")),
    "a column without a name": (("Phone", "", "City"), ("Phone", "column 2", "City")),
    "names with blanks": ((" Phone ", "full  name", "City"), ("Phone", "full name", "City")),
    "empty names at the end": (("Phone", "Name", "City", "", ""), COLUMNS),
    "no header": (None, ("column 1", "column 2", "column 3")),
}


def odd_files() -> Iterator[Odd]:
    yield from _texts()
    yield from _refused()
    yield from _workbooks()


def _texts() -> Iterator[Odd]:
    for writing, (name, write) in product(WRITINGS, _ODDITIES.items()):
        text = Text(writing)
        write(text)
        yield Odd(f"{name}: {writing}", text.data(), tuple(text.good), tuple(text.bad))
    for writing, (name, (header, columns)) in product(WRITINGS, _HEADERS.items()):
        text = Text(writing, header)
        text.people()
        yield Odd(f"{name}: {writing}", text.data(), tuple(text.good), (), columns)
    for writing in WRITINGS:
        yield Odd(f"only a header: {writing}", Text(writing).data())
        text = Text(writing, None)
        text.line(f"sep={writing.delimiter}")
        text.line(*COLUMNS)
        text.people()
        yield Odd(f"its delimiter said: {writing}", text.data(), tuple(text.good))
    for writing in WRITINGS[:3]:
        text = Text(writing)
        _huge_line(text)
        yield Odd(f"a huge line: {writing}", text.data(), tuple(text.good), tuple(text.bad))


def _refused() -> Iterator[Odd]:
    table = Page("S", [COLUMNS, PEOPLE[0]])
    whole = workbook(table)
    types = (
        f"<!DOCTYPE worksheet [<!ENTITY a '{'x' * 99}'><!ENTITY b '&a;&a;&a;&a;'>]><worksheet>&b;</worksheet>"
    )
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    files = {
        "nothing": (b"", "empty"),
        "only a mark": (b"\xef\xbb\xbf", "empty"),
        "only blank lines": (b"\r\n\r\n \n", "empty"),
        "a PDF": (b"%PDF-1.7\n1 0 obj", "not_a_table"),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "not_a_table"),
        "machine code": (b"\x7fELF\x02\x01\x01\x00" + bytes(range(1, 32)) * 20, "not_a_table"),
        "packed text": (b"\x1f\x8b\x08\x00abc", "not_a_table"),
        "a web page called .xls": (b"<html><table><tr><td>1</td></tr></table></html>", "markup"),
        "XML of 2003": (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "markup"),
        "XLS": (old + "Workbook".encode("utf-16-le"), "xls"),
        "a password": (old + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        "UTF-32": (b"\xff\xfe\x00\x00" + "phone,name\n".encode("utf-32-le"), "encoding"),
        "a lone quote in the header": (b'"phone,name\n1,2\n', "header"),
        "a NUL in the header": (b"pho\x00ne,name\n1,2\n", "header"),
        "too many columns": (b"x," * 1_001 + b"\n", "too_many_columns"),
        "ODS": (
            archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}),
            "ods",
        ),
        "XLSB": (archive({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "xlsb"),
        "Numbers": (archive({"Index/Document.iwa": b""}), "numbers"),
        "an archive": (archive({"a.txt": b"hello"}), "not_a_table"),
        "a document": (archive({"[Content_Types].xml": b"", "word/document.xml": b""}), "not_a_table"),
        "a workbook cut in two": (whole[: len(whole) // 2], "broken"),
        "a workbook with a changed byte": (_changed(whole), "broken"),
        "a workbook that is no XML": (
            workbook(table, more={"xl/worksheets/sheet1.xml": b"<a><b></a>"}),
            "broken",
        ),
        "a workbook without its sheet": (workbook(table, more={"xl/worksheets/sheet1.xml": b""}), "broken"),
        "a workbook with entities": (
            workbook(table, more={"xl/worksheets/sheet1.xml": types.encode()}),
            "broken",
        ),
        "a bomb": (workbook(table, more={"xl/worksheets/sheet1.xml": bytes(70_000_000)}), "too_large"),
        "a bomb of texts": (workbook(table, more={"xl/sharedStrings.xml": bytes(70_000_000)}), "too_large"),
        "a tag without end": (
            workbook(table, more={"xl/worksheets/sheet1.xml": b"<a b='" + b"x" * 5_000_000}),
            "broken",
        ),
        "elements without end": (
            workbook(table, more={"xl/worksheets/sheet1.xml": b"<a>" * 100_000}),
            "broken",
        ),
        "an unknown encoding": (
            workbook(table, more={"xl/sharedStrings.xml": b'<?xml version="1.0" encoding="x"?><sst/>'}),
            "broken",
        ),
        "an empty sheet": (workbook(Page("S", [])), "empty"),
    }
    for name, (data, reason) in files.items():
        yield Odd(name, data, refused=reason)
    yield Odd("a sheet that is not there", whole, sheet="Other", refused="no_such_sheet")
    yield Odd("a sheet of a text", b"phone\n+15550000001\n", sheet="S", refused="no_such_sheet")


def _changed(data: bytes) -> bytes:
    """Within the packed sheet, which is the first part."""
    at = data.index(b"sheet1.xml") + 40
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _workbooks() -> Iterator[Odd]:
    header, people = list(COLUMNS), [list(person) for person in PEOPLE]
    good = tuple((line, person) for line, person in enumerate(PEOPLE, 2))
    bob = ["+15550000004", "Bob", "Rome"]

    def one(
        name: str, *rows: list[Cell | str | float | None], read: object = (), bad: object = (), **more: object
    ) -> Odd:
        """The rows stand between those of the people; what they give is told from line 5."""
        after = 5 + len(rows)
        page = Page("S", [header, *people, *rows, *people], **more.pop("page", {}))
        lines = tuple((after + at, person) for at, person in enumerate(PEOPLE))
        return Odd(name, workbook(page, **more), (*good, *read, *lines), tuple(bad))

    for name, writer in {
        "texts put aside": Writer(),
        "texts in their cells": Writer(shares=False),
        "cells without places": Writer(places=False),
        "elements with a prefix": Writer(shares=False, prefix="x:"),
    }.items():
        yield one(name, writer=writer)
    for raw, shown in {
        "15550000004": "15550000004",
        "1.5550000004E10": "15550000004",
        "1.5550000004e+010": "15550000004",
        "15550000004.0": "15550000004",
        "0.1": "0.1",
        "0.30000000000000004": "0.3",
        "-12.5": "-12.5",
        "999999999999999": "999999999999999",
    }.items():
        yield one(f"the number {raw}", [Cell(raw), "Bob", "Rome"], read=[(5, (shown, "Bob", "Rome"))])
    for raw in ("1555000000412345678", "1.5550000004123456E+18"):
        yield one(f"the number {raw}", [Cell(raw), "Bob", "Rome"], bad=[(5, "Phone", "number_rounded")])
    dates: dict[str, tuple[str | int, str, str]] = {
        "a day": (14, "46349", "2026-11-23"),
        "a moment": ("yyyy-mm-dd hh:mm", "46349.5", "2026-11-23T12:00:00"),
        "a time": (20, "0.25", "06:00:00"),
        "a day before the leap day that never was": (14, "1", "1900-01-01"),
        "a day out of reach": (14, "-5", "-5"),
        "zeros before": ("00000000", "1234567", "01234567"),
        "a price": ('#,##0.00 "days"', "12.5", "12.5"),
        "a colour": ("[Red]0.00", "12.5", "12.5"),
    }
    for name, (code, raw, shown) in dates.items():
        yield one(name, [*bob[:2], Cell(raw, style=1)], read=[(5, (*bob[:2], shown))], formats=[code])
    yield one(
        "a day since 1904",
        [*bob[:2], Cell("44887", style=1)],
        read=[(5, (*bob[:2], "2026-11-23"))],
        formats=[14],
        is_1904=True,
    )
    yield one(
        "a formula with its value",
        [Cell("+15550000004", "str", formula='"+1"&A9'), *bob[1:]],
        read=[(5, tuple(bob))],
    )
    yield one(
        "a formula without a value",
        [bob[0], Cell(formula="1+2"), bob[2]],
        read=[(5, (bob[0], "=1+2", bob[2]))],
    )
    yield one("a truth", [bob[0], Cell("1", "b"), Cell("0", "b")], read=[(5, (bob[0], "TRUE", "FALSE"))])
    yield one("an error", [bob[0], Cell("#N/A", "e"), bob[2]], bad=[(5, "Name", "error_cell")])
    yield one("a text that is missing", [bob[0], Cell("999999", "s"), bob[2]], bad=[(5, "Name", "broken")])
    yield one("a cell too many", [*bob, None, "x"], bad=[(5, None, "too_many_cells")])
    yield one("cells too few", bob[:2], read=[(5, (*bob[:2], ""))])
    yield one("a row of nothing", [None, None, None])
    yield one("a cell too long", [bob[0], "x" * 40_000, bob[2]], bad=[(5, "Name", "cell_too_long")])
    yield one(
        "a long cell in its place",
        [bob[0], "x" * 40_000, bob[2]],
        bad=[(5, "Name", "cell_too_long")],
        writer=Writer(shares=False),
    )
    yield one("letters spelled out", [bob[0], "a_x000A_b", bob[2]], read=[(5, (bob[0], "a\nb", bob[2]))])
    yield one("half a letter", [bob[0], "a_xD800_b", bob[2]], bad=[(5, "Name", "not_text")])
    yield one(
        "text in runs",
        [bob[0], "<si><r><t>Bo</t></r><r><t>b</t></r><rPh><t>x</t></rPh></si>", bob[2]],
        read=[(5, tuple(bob))],
    )
    yield one(
        "merged downwards",
        bob,
        [*bob[:2], None],
        read=[(5, tuple(bob))],
        bad=[(6, "City", "merged")],
        page={"merged": ("C5:C6",)},
    )
    yield one(
        "merged sideways", [bob[0], "Bob", None], bad=[(5, "City", "merged")], page={"merged": ("B5:C5",)}
    )
    yield one("a hidden row", bob, read=[(5, tuple(bob))], page={"hidden_rows": (5,)})
    yield one("a hidden column", page={"before": '<cols><col min="2" max="2" hidden="1"/></cols>'})
    table = Page("People", [header, *people])
    other = Page("Other", [["x"], ["y"]])
    yield Odd("several sheets, the first", workbook(table, other), good)
    yield Odd("several sheets, one by name", workbook(other, table), good, sheet="People")
    yield Odd("a hidden sheet before it", workbook(other._replace(state="veryHidden"), table), good)
    yield Odd(
        "a table further down", workbook(table._replace(first=7)), tuple((n + 6, cells) for n, cells in good)
    )
    yield Odd("only a header in a sheet", workbook(Page("S", [header])))
    yield Odd(
        "columns alike in a sheet",
        workbook(Page("S", [["Phone", "Name", "Name"], *people])),
        good,
        (),
        ("Phone", "Name", "Name (2)"),
    )
    nameless = ("column 1", "column 2", "column 3")
    yield Odd("no header in a sheet", workbook(Page("S", people)), tuple(enumerate(PEOPLE, 1)), (), nameless)
