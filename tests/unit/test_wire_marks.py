"""Wire marks: what stands there may have left, and nothing else is believed."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.model import ids
from trunkline.outbound import wire_marks
from trunkline.outbound.wire_marks import WireMarks, forget_others, is_dead, marked_by

FIRST, SECOND = ids.new_id(ids.MESSAGE), ids.new_id(ids.MESSAGE)


def killed(folder: Path, *lines: str) -> None:
    """A process that does this and then dies without a word."""
    script = "\n".join(
        (
            "import os",
            "from pathlib import Path",
            "from trunkline.outbound.wire_marks import WireMarks",
            f"marks = WireMarks(Path({str(folder)!r}), 'prc_dead')",
            *lines,
            "os.kill(os.getpid(), 9)",
        )
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr


def test_what_a_killed_process_marked_is_known(tmp_path: Path) -> None:
    killed(tmp_path, f"marks.put({FIRST!r}, 1)", f"marks.put({SECOND!r}, 12)")
    assert marked_by(tmp_path, "prc_dead") == {(FIRST, 1), (SECOND, 12)}


def test_a_slot_is_used_again_only_after_it_was_given_back(tmp_path: Path) -> None:
    again = f"marks.give_back(marks.put({FIRST!r}, 1))"
    killed(tmp_path, again, again, f"marks.put({SECOND!r}, 1)", f"marks.put({FIRST!r}, 2)")
    assert marked_by(tmp_path, "prc_dead") == {(SECOND, 1), (FIRST, 2)}
    assert (tmp_path / "wire" / "prc_dead").stat().st_size == 3 * 64


def test_nothing_is_proven_by_a_process_that_lives(tmp_path: Path) -> None:
    marks = WireMarks(tmp_path, "prc_lives")
    assert marked_by(tmp_path, "prc_lives") is None
    marks.close()


def test_nothing_is_proven_after_another_boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(tmp_path, f"marks.put({FIRST!r}, 1)")
    boot = tmp_path / "boot_id"
    boot.write_text("another boot")
    monkeypatch.setattr(wire_marks, "_BOOT_ID", boot)
    assert marked_by(tmp_path, "prc_dead") is None


def test_nothing_is_proven_without_a_boot_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_marks, "_BOOT_ID", tmp_path / "none")
    killed(tmp_path, "pass")
    assert marked_by(tmp_path, "prc_dead") is None


def test_one_that_ran_under_another_boot_is_not_known_to_be_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may live on another machine that shares the folder, but not its locks."""
    killed(tmp_path, "pass")
    assert is_dead(tmp_path, "prc_dead")
    boot = tmp_path / "boot_id"
    boot.write_text("another boot")
    monkeypatch.setattr(wire_marks, "_BOOT_ID", boot)
    assert not is_dead(tmp_path, "prc_dead")


def test_two_may_ask_at_the_same_moment(tmp_path: Path) -> None:
    killed(tmp_path, f"marks.put({FIRST!r}, 1)")
    with (tmp_path / "wire" / "prc_dead").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)  # as who asks takes it
        assert is_dead(tmp_path, "prc_dead")
        assert marked_by(tmp_path, "prc_dead") == {(FIRST, 1)}


@pytest.mark.parametrize("damage", ["cut", "changed", "header", "gone"])
def test_nothing_is_proven_by_a_damaged_file(tmp_path: Path, damage: str) -> None:
    killed(tmp_path, f"marks.put({FIRST!r}, 1)")
    path = tmp_path / "wire" / "prc_dead"
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        damaged = {"cut": content[:-1], "changed": content[:70] + b"x" + content[71:], "header": content[64:]}
        path.write_bytes(damaged[damage])
    assert marked_by(tmp_path, "prc_dead") is None


def test_a_clean_end_leaves_a_file_only_while_something_is_open(tmp_path: Path) -> None:
    clean, open_ = WireMarks(tmp_path, "prc_clean"), WireMarks(tmp_path, "prc_open")
    clean.give_back(clean.put(FIRST, 1))
    open_.put(SECOND, 1)
    clean.close()
    open_.close()
    assert [path.name for path in (tmp_path / "wire").iterdir()] == ["prc_open"]
    assert marked_by(tmp_path, "prc_open") == {(SECOND, 1)}
    (tmp_path / "wire" / "folder").mkdir()  # not ours: it is left alone
    forget_others(tmp_path, {"prc_new"})
    assert marked_by(tmp_path, "prc_open") is None


def test_a_mark_that_comes_after_the_end_is_written_to_no_other_file(tmp_path: Path) -> None:
    marks = WireMarks(tmp_path, "prc_late")
    marks.close()
    with (tmp_path / "other").open("w+b") as other:  # it gets the number of the file that was closed
        with pytest.raises(OSError, match="Bad file descriptor"):
            marks.put(FIRST, 1)
        assert other.read() == b""
