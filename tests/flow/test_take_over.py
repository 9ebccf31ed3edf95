"""What a new owner makes of the attempts that the former one left open."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.flow.rig import Rig, rig
from trunkline.outbound import wire_marks
from trunkline.outbound.wire_marks import WireMarks
from trunkline.store import Tx, attempts, leases, messages
from trunkline.store.attempts import Intent
from trunkline.store.lease_table import Lease
from trunkline.store.messages import NewMessage

DEAD = "prc_dead"


def story(folder: Path, url: str, tell: Callable[[Rig], Awaitable[None]]) -> None:
    async def run() -> None:
        async with rig(folder, url) as running:
            await tell(running)

    asyncio.run(run())


async def left_open(rig: Rig, *new: NewMessage, owner: str = DEAD) -> None:
    """Intents of an owner that died before their outcomes."""

    async def work(tx: Tx) -> None:
        await messages.insert_many(tx, new)
        epoch = await leases.take(tx, rig.account_id, rig.number_id, owner, is_alone=True)
        assert epoch is not None
        intents = [
            Intent(one.account_id, one.id, one.number_id, one.recipient, epoch, one.due_at) for one in new
        ]
        assert None not in await attempts.open_intents(tx, intents)
        await leases.TABLE.release(tx, Lease(rig.account_id, rig.number_id, owner, epoch))

    await rig.store.write(work)


def marks_of(rig: Rig, *sent: NewMessage) -> None:
    """The file of a process that put these on the wire and is dead."""
    marks = WireMarks(Path(rig.runtime.settings.data), DEAD)
    for one in sent:
        marks.put(one.id, 1)
    marks.put(rig.message().id, 1)  # or a clean end would take the file along
    marks.close()


def test_what_never_left_goes_at_once_and_what_may_have_left_is_in_doubt(
    tmp_path: Path, store_url: str
) -> None:
    async def tell(rig: Rig) -> None:
        unsent, sent = rig.message("15550000001"), rig.message("15550000002")
        await left_open(rig, unsent, sent)
        marks_of(rig, sent)
        await rig.start()
        row = await rig.until(unsent, "submitted")
        assert row.attempts == 2
        assert (await rig.row(sent)).state == "unknown"
        assert rig.provider.recipients() == ["15550000001"]

    story(tmp_path, store_url, tell)


def test_without_marks_everything_is_in_doubt(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        new = [rig.message(f"1555000000{n}") for n in range(3)]
        await left_open(rig, *new)
        await rig.start()
        for one in new:
            assert (await rig.row(one)).state == "unknown"
        assert rig.provider.sent == []

    story(tmp_path, "", tell)


def test_after_another_boot_marks_prove_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(rig: Rig) -> None:
        new = rig.message()
        await left_open(rig, new)
        marks_of(rig)
        boot = tmp_path / "boot_id"
        boot.write_text("another boot")
        monkeypatch.setattr(wire_marks, "_BOOT_ID", boot)
        await rig.start()
        assert (await rig.row(new)).state == "unknown"
        assert rig.provider.sent == []

    story(tmp_path, "", tell)


def test_marks_of_another_owner_prove_nothing(tmp_path: Path) -> None:
    """The last owner's epoch is the only one of which its marks know everything."""

    async def tell(rig: Rig) -> None:
        new = rig.message()
        await left_open(rig, new, owner="prc_elsewhere")
        marks_of(rig)
        await rig.store.write(lambda tx: leases.take(tx, rig.account_id, rig.number_id, DEAD, is_alone=True))
        await rig.start()
        assert (await rig.row(new)).state == "unknown"

    story(tmp_path, "", tell)


def test_a_read_mark_in_doubt_is_simply_repeated(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        mark = rig.message("wamid.1", type="read", recipient_kind="none", context_id="wamid.1")
        await left_open(rig, mark)
        await rig.start()
        await rig.until(mark, "submitted")

    story(tmp_path, "", tell)
