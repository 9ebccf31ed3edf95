"""What we write opens harmlessly in a spreadsheet, and comes back as it was."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.table_files import Row, TableWriter, harmless, open_table
from trunkline.table_files.csv_out import as_written

DANGEROUS = ["=", "+", "-", "@", "\x00", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
NASTY = [
    "=cmd|'/c calc'!A1",
    "+1+2",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1+2",
    "\u00a0=1+2",
    "'=1",
    "''@",
    "\uff1d1+2",
    'a","=1+2',
    "a;=1+2",
    "a\n=1+2",
    "a;=1+2;b",
    'a;"=1+2;b',
    "a,\t=1",
    'a"|=1',
    "a,-b,'-c",
    "it's",
    "'quoted'",
    "+15550000001",
]


@pytest.mark.parametrize("first", DANGEROUS)
def test_a_cell_that_could_run_begins_with_an_apostrophe(first: str) -> None:
    assert harmless(first + "1+2") == f"'{first}1+2"


@pytest.mark.parametrize("cell", ["", "Ann", "5", "it's", "'quoted'", "a=b", "1+1"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n \u00a0\uff1da1,;|\"")))
def test_nothing_is_lost_on_the_way_back(cell: str) -> None:
    assert as_written(harmless(cell)) == cell


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_we_write_we_read(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "out.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = TableWriter(file, ["phone", "note"], delimiter=delimiter)
        for cell in NASTY:
            writer.write(["+15550000001", cell])
        writer.write([15550000001, None])
        writer.write(["x", True])
    read = [row.cells for row in open_table(path).rows() if isinstance(row, Row)]
    expected = [["+15550000001", cell.replace("\r", "\n")] for cell in NASTY]
    assert read == [*expected, ["15550000001", ""], ["x", "true"]]


@pytest.mark.parametrize("cell", NASTY)
@pytest.mark.parametrize("reader", [",", ";", "\t", "|"])
def test_no_dialect_finds_a_formula(tmp_path: Path, cell: str, reader: str) -> None:
    """As the standard reader sees the file, where a spreadsheet cuts at another delimiter than ours."""
    path = tmp_path / "out.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        TableWriter(file, ["a", "b"]).write([cell, cell])
    with path.open(newline="", encoding="utf-8") as file:
        cells = [one for row in csv.reader(file, delimiter=reader) for one in row]
    assert not any(one.lstrip(" \u00a0").startswith(tuple(DANGEROUS)) for one in cells)
