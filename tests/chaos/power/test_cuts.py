"""The short form of `python -m tests.chaos.power.cuts`, and proof that it can see what it looks for."""

from pathlib import Path

import pytest

from tests.chaos.power.cuts import run
from trunkline.store import sqlite


def test_a_power_cut_takes_nothing_that_was_acknowledged_and_leaves_nothing_by_half(tmp_path: Path) -> None:
    verdict = run(20, 1, tmp_path)
    assert verdict.is_clean(), verdict.bad
    assert verdict.acknowledged > 500


def test_the_emulated_disk_takes_what_is_not_synced_at_each_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite._SETTINGS, "synchronous", 1)  # NORMAL: only checkpoints are synced
    verdict = run(8, 1, tmp_path)
    assert verdict.lost > 0
    assert not verdict.broken


def test_the_emulated_disk_breaks_a_file_that_is_never_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite._SETTINGS, "synchronous", 0)
    assert run(20, 1, tmp_path).broken
