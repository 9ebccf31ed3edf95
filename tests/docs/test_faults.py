"""The table of faults names tests that exist, and leaves no fault out."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
ROWS = {int(row[1]): row[0] for row in re.finditer(r"^\| F(\d+) .*$", PAGE, re.MULTILINE)}


def test_every_fault_has_a_row_with_a_test_or_a_reason() -> None:
    assert sorted(ROWS) == [*range(1, 41)]
    assert [n for n, row in ROWS.items() if not row.rpartition(" | ")[2].strip(" |")] == []


def test_every_test_that_the_table_names_exists() -> None:
    named = set(re.findall(r"`((?:tests|bench)/[^`]+)`", PAGE))
    assert len(named) > 40
    missing = []
    for name in sorted(named):
        path, _, function = name.partition("::")
        text = (ROOT / path).read_text("utf-8") if (ROOT / path).is_file() else ""
        if not text or (function and f"def {function}(" not in text):
            missing.append(name)
    assert missing == []
