"""The short form of `python -m tests.chaos.power.calls`, and the order of sync and answer."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.chaos.power.calls import run
from tests.chaos.power.sync_order import unsynced_answers
from tests.chaos.power.vfs import Disk, plugged_in
from tests.chaos.power.work import Callers, Ledger, prepare
from tests.factories import NOW
from trunkline.store import open_store, sqlite


def test_a_disk_call_that_fails_acknowledges_nothing_that_is_not_kept(tmp_path: Path) -> None:
    verdict = run(29, tmp_path)
    assert verdict.is_clean(), verdict.bad
    assert verdict.refused > 10


async def unsynced_at_each_answer(folder: Path) -> list[int]:
    """Bytes that a power cut could take at the moments when a caller learns that its request is kept."""
    with plugged_in(Disk(folder)) as disk:
        store = await open_store(None, folder, NOW)
        callers = Callers(store, await prepare(store), Ledger(), random.Random(1))
        found = []
        for _ in range(10):
            await callers.accept()
            found.append(disk.unsynced())
        await store.close()
    return found


def test_a_sync_returns_before_each_acknowledgement(tmp_path: Path) -> None:
    assert asyncio.run(unsynced_at_each_answer(tmp_path)) == [0] * 10


def test_without_that_sync_the_emulated_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite._SETTINGS, "synchronous", 1)
    assert 0 not in asyncio.run(unsynced_at_each_answer(tmp_path))


def test_the_trace_of_the_system_calls_tells_an_answer_without_a_sync() -> None:
    answer = '7 write(9, "HTTP/1.1 200 OK", 40) = 40'
    begun, returned = "8 fdatasync(5 <unfinished ...>", "8 <... fdatasync resumed>) = 0"
    assert unsynced_answers([begun, returned, answer, "8 fsync(5) = 0", answer]) == (2, 0)
    assert unsynced_answers([begun, answer, returned, answer, answer]) == (3, 2)
