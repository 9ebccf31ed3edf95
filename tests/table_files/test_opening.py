"""How a file is understood: what is stated counts, what is not is guessed, and limits hold."""

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.table_files.odd_files import PEOPLE, WRITINGS, Text, Writing
from tests.table_files.workbooks import Cell, Page, Writer, workbook
from trunkline.table_files import BadRow, Dialect, Limits, Row, TableError, open_table
from trunkline.table_files.columns import name_columns


@pytest.fixture
def table(tmp_path: Path):
    def write(data: bytes) -> Path:
        path = tmp_path / "table"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("writing", WRITINGS, ids=str)
def test_the_dialect_is_told(table, writing: Writing) -> None:
    text = Text(writing)
    text.people()
    dialect = open_table(table(text.data())).dialect
    assert (dialect.encoding, dialect.delimiter, dialect.has_header) == (
        writing.encoding,
        writing.delimiter,
        True,
    )


@pytest.mark.parametrize(
    ("data", "stated", "cells"),
    [
        (b"a;b,c\n", Dialect(delimiter=",", has_header=False), ["a;b", "c"]),
        (b"a,b\n", Dialect(has_header=False), ["a", "b"]),
        (b'"a",b\n', Dialect(quote="", has_header=False), ['"a"', "b"]),
        (b"caf\xe9,1\n", Dialect(encoding="utf-8", has_header=False), None),
        (b"caf\xe9,b\n", Dialect(has_header=False), ["café", "b"]),
        ("ć,b\n".encode("utf-16-le"), Dialect(encoding="utf-16-le", has_header=False), ["ć", "b"]),
        (b"'a,b',c\n'd,e',f\n", Dialect(has_header=False), ["a,b", "c"]),
        (b'a, "b, c"\n', Dialect(has_header=False), ["a", "b, c"]),
    ],
)
def test_what_is_stated_is_not_guessed(table, data: bytes, stated: Dialect, cells: list[str] | None) -> None:
    row = next(open_table(table(data), stated).rows())
    if cells is None:
        assert isinstance(row, BadRow) and row.reason == "not_text"
    else:
        assert isinstance(row, Row) and row.cells == cells


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("phone,name\n+15550000001,Ann\n", True),
        ("+15550000001,Ann\n+15550000002,Bob\n", False),
        ("Ann,ann@example.com\n", False),
        ("Ann,Bob\n", True),
        ("Telefon,2024,Ort\n1,2,3\n", True),
    ],
)
def test_a_header_is_told_from_data(table, text: str, has_header: bool) -> None:
    assert open_table(table(text.encode())).dialect.has_header is has_header


def test_a_letter_beyond_ascii_in_the_last_row_decides_the_encoding(table) -> None:
    rows = b"phone,name\n" + b"+15550000001,Ann\n" * 20_000
    assert open_table(table(rows + "+1555,Zoë\n".encode())).dialect.encoding == "utf-8"
    assert open_table(table(rows + "+1555,Zoë\n".encode("cp1252"))).dialect.encoding == "windows-1252"


def test_rows_beyond_the_most_are_not_read(table) -> None:
    for data in (b"a\nx\ny\nz\n", workbook(Page("S", [["a"], ["x"], ["y"], ["z"]]))):
        rows = list(open_table(table(data), limits=Limits(rows=2)).rows())
        assert [row.line for row in rows] == [2, 3, 4]
        assert isinstance(rows[2], BadRow) and rows[2].reason == "too_many_rows"


def test_a_file_beyond_the_most_is_refused(table) -> None:
    with pytest.raises(TableError) as caught:
        open_table(table(b"a,b\n" * 10), limits=Limits(file_bytes=39))
    assert caught.value.reason == "too_large"
    with pytest.raises(TableError) as caught:
        open_table(table(workbook(Page("S", [["a"] * 20] * 20))), limits=Limits(unpacked_bytes=1000))
    assert caught.value.reason == "too_large"


def test_a_bad_row_shows_what_was_found_in_one_short_line(table) -> None:
    data = b"a,b\n1,\x1b[31m" + b"x" * 100 + b"\x00\n"
    row = next(open_table(table(data)).rows())
    assert isinstance(row, BadRow)
    assert (row.line, row.column, row.index) == (2, "b", 2)
    assert len(row.found) <= 63 and row.found.isprintable() and row.found.endswith("...")


def test_a_quote_that_is_never_closed_costs_one_row_of_a_long_file(table) -> None:
    data = b'a,b\n1,"x\n' + b"1,y\n" * 5_000
    rows = list(open_table(table(data)).rows())
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2]
    assert len(rows) == 5_001


def test_formulas_are_flagged(table) -> None:
    rows = list(open_table(table(b"a,b\n=1+2,x\ny,'=3\n")).rows())
    assert [row.formulas for row in rows if isinstance(row, Row)] == [(0,), ()]
    page = Page("S", [["a", "b"], ["x", Cell("3", formula="1+2")]], hidden_rows=(2,))
    (row,) = open_table(table(workbook(page))).rows()
    assert isinstance(row, Row)
    assert (row.cells, row.formulas, row.is_hidden) == (["x", "3"], (1,), True)


def test_notes_tell_what_was_done_without_asking(table) -> None:
    hidden = '<cols><col min="2" max="2" hidden="1"/></cols>'
    pages = Page("One", [["a", "b"], ["x", "y"]], before=hidden), Page("Two", [["z"]])
    opened = open_table(table(workbook(*pages)))
    assert any("Two" in note for note in opened.notes)
    assert any("Hidden columns" in note and "b" in note for note in opened.notes)
    assert [sheet.name for sheet in opened.sheets] == ["One", "Two"]
    assert any("is called Name" in note for note in open_table(table(b"name,Name\nx,y\n")).notes)


def test_rows_can_be_left_in_the_middle(table) -> None:
    opened = open_table(table(workbook(Page("S", [["a"], *[[f"{at}"] for at in range(5_000)]]))))
    assert len(list(islice(opened.rows(), 3))) == 3
    assert len(list(opened.rows())) == 5_000


_PIECES = st.sampled_from(
    [
        b",",
        b";",
        b"\t",
        b'"',
        b"'",
        b"\n",
        b"\r",
        b"\r\n",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"a",
        b"1",
        b"=",
        b"E+11",
        b" ",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_PIECES, max_size=60).map(b"".join))
def test_any_bytes_are_rows_or_are_refused(table, data: bytes) -> None:
    try:
        opened = open_table(table(data))
    except TableError:
        return
    rows = list(opened.rows())
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(len(row.cells) == len(opened.columns) for row in rows if isinstance(row, Row))


_SHEET = Writer().sheet(
    Page("S", [["Phone", "Name"], ["1", Cell("#N/A", "e")], [Cell("46349", style=1), "x"]])
)
_WORDS = st.sampled_from(
    ["<c", "</c>", "<v>", "</v>", "<row>", "</row>", "r='ZZZ9'", "9" * 5000, "1e999", "nan", "&lt;"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(200, len(_SHEET)), st.integers(0, 20), _WORDS)
def test_a_strange_sheet_is_rows_or_is_refused(table, at: int, left_out: int, word: str) -> None:
    sheet = _SHEET[:at] + word + _SHEET[at + left_out :]
    data = workbook(Page("S", []), more={"xl/worksheets/sheet1.xml": sheet.encode()})
    try:
        list(open_table(table(data)).rows())
    except TableError:
        pass


_BOOK = workbook(
    Page("S", [["Phone", "Name"], *[list(person[:2]) for person in PEOPLE], [Cell("46349", style=1), "x"]]),
    formats=[14],
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(4, len(_BOOK) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@example([(2101, 8)])  # a part that would begin before the file does
def test_a_damaged_workbook_is_rows_or_is_refused(table, changes: list[tuple[int, int]]) -> None:
    data = bytearray(_BOOK)
    for at, byte in changes:
        data[at] = byte
    try:
        list(open_table(table(bytes(data))).rows())
    except TableError:
        pass


def test_a_name_of_a_column_has_nothing_that_can_be_kept_nowhere() -> None:
    assert name_columns(["Na\0me", "Ci\ud83dty"])[0] == ("Na\ufffdme", "Ci\ufffdty")
