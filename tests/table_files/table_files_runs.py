"""A large table stays small in memory: a program of its own reads it, and says how large it became.

In `make test-more`, because making and reading the tables takes some seconds each.
"""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.table_files.workbooks import Page, workbook

_MOST_MIB = 50
_ROW = '<row r="{0}"><c r="A{0}"><v>{1}</v></c><c r="B{0}" t="s"><v>{0}</v></c></row>'
_READ = """
import sys
from pathlib import Path
from trunkline.table_files import open_table

rows = sum(1 for _ in open_table(Path(sys.argv[1])).rows())
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(rows, int(peak.split()[1]) // 1024)
"""


def _csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("phone,name,city,note\n")
        for at in range(rows):
            file.write(f'+{15550000000 + at},Person {at},City {at},"said ""{at}"""\n')


def _one_quote_each(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("phone,name\n")
        for at in range(rows):
            file.write(f'+{15550000000 + at},"Person {at}\n')


def _xlsx(path: Path, rows: int) -> None:
    path.write_bytes(workbook(Page("S", [["phone", "name"]])))
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, data in parts.items():
            if name.endswith("sheet1.xml"):
                _fill(
                    packed,
                    name,
                    data,
                    "</sheetData>",
                    rows,
                    lambda at: _ROW.format(at + 2, 15550000000 + at),
                )
            elif name.endswith("sharedStrings.xml"):
                _fill(packed, name, data, "</sst>", rows, lambda at: f"<si><t>Person number {at}</t></si>")
            else:
                packed.writestr(name, data)


def _fill(
    packed: zipfile.ZipFile, name: str, data: bytes, end: str, count: int, piece: Callable[[int], str]
) -> None:
    before, _, after = data.decode().rpartition(end)
    with packed.open(name, "w", force_zip64=True) as file:
        file.write(before.encode())
        for at in range(count):
            file.write(piece(at).encode())
        file.write((end + after).encode())


@pytest.mark.parametrize(
    ("write", "rows"),
    [(_csv, 1_000_000), (_one_quote_each, 20_000), (_xlsx, 200_000)],
    ids=["csv", "quotes", "xlsx"],
)
def test_a_large_table_is_read_in_little_memory(
    tmp_path: Path, write: Callable[[Path, int], None], rows: int
) -> None:
    path = tmp_path / "large"
    write(path, rows)
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True, timeout=110
    )
    read, mib = map(int, done.stdout.split())
    assert read == rows
    assert mib < _MOST_MIB
