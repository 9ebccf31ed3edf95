"""Whatever people hand in: the good rows are read, and every bad one is named by line, column and reason."""

from pathlib import Path

import pytest

from tests.table_files.odd_files import Odd, odd_files
from trunkline.table_files import Row, TableError, open_table

ODD = {odd.name: odd for odd in odd_files()}


@pytest.mark.parametrize("name", [name for name, odd in ODD.items() if odd.refused is None])
def test_good_rows_are_read_and_bad_ones_named(tmp_path: Path, name: str) -> None:
    odd = ODD[name]
    opened = open_table(_written(tmp_path, odd), sheet=odd.sheet)
    rows = list(opened.rows())
    assert opened.columns == odd.columns
    assert [(row.line, row.column, row.reason) for row in rows if not isinstance(row, Row)] == list(odd.bad)
    assert [(row.line, tuple(row.cells)) for row in rows if isinstance(row, Row)] == list(odd.good)
    assert rows == list(opened.rows())


@pytest.mark.parametrize("name", [name for name, odd in ODD.items() if odd.refused is not None])
def test_a_file_that_is_no_table_is_named_as_what_it_is(tmp_path: Path, name: str) -> None:
    odd = ODD[name]
    with pytest.raises(TableError) as caught:
        list(open_table(_written(tmp_path, odd), sheet=odd.sheet).rows())
    assert caught.value.reason == odd.refused


def test_there_are_as_many_odd_files_as_promised() -> None:
    assert len(ODD) == len(list(odd_files())) >= 300


def test_the_odd_files_are_the_same_each_time() -> None:
    assert [odd.data for odd in odd_files()] == [odd.data for odd in ODD.values()]


def _written(folder: Path, odd: Odd) -> Path:
    path = folder / "table"
    path.write_bytes(odd.data)
    return path
