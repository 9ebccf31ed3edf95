"""Recorders of what people write and senders to them lock rows in one order: none waits in a circle."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.flow.inbound_desk import ALICE, Desk, another_process, desk, text
from trunkline.model.message import State
from trunkline.store import Tx, attempts, conversations, leases, settlement
from trunkline.store.attempts import Intent, Outcome
from trunkline.store.conversations import Answer

AD = {"source_type": "ad"}


def story(folder: Path, url: str, tell: Callable[[Desk, Desk], Awaitable[None]]) -> None:
    """Two processes; Alice came from an advertisement, so that an answer changes her conversation."""

    async def run() -> None:
        async with desk(folder / "data", url) as one, another_process(one, url, folder / "data") as other:
            await one.write(text(timestamp=str(int(time.time()) - 60), referral=AD))
            await tell(one, other)

    asyncio.run(run())


async def until_locked(desk: Desk) -> None:
    """Until somebody waits for a row of somebody else."""
    async with asyncio.timeout(30):
        while not await desk.rows("pg_locks WHERE NOT granted", "1"):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_an_order_to_stop_waits_for_an_intent_before_it_changes_the_conversation(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell(one: Desk, other: Desk) -> None:
        key, stopping = (one.account_id, one.number.id), asyncio.Event()
        await one.store.write(lambda tx: leases.take(tx, *key, "me", is_alone=True))

        async def answer(tx: Tx) -> None:
            await leases.fence(tx, [key])
            stopping.set()
            await until_locked(other)
            await conversations.answered(tx, key[0], [Answer(key[1], ALICE, int(time.time() * 1000))])

        answering = asyncio.create_task(other.store.write(answer))
        await stopping.wait()
        await one.write(text("STOP"))
        await answering
        assert await one.rows("suppressions", "address") == [(ALICE,)]
        assert await one.rows("conversations", "free_entry_closes_at IS NOT NULL") == [(True,)]

    story(tmp_path, postgres_url, tell)
    assert "waits for the store" not in caplog.text


def test_an_answer_changes_the_conversation_before_the_message(postgres_url: str, tmp_path: Path) -> None:
    async def tell(one: Desk, other: Desk) -> None:
        message, heard = await one.sent(ALICE, "wamid.A"), asyncio.Event()
        mine = f"id = '{message.id}'"
        await one.store.write(lambda tx: one._run(tx, f"UPDATE messages SET state = 'sending' WHERE {mine}"))

        async def hear(tx: Tx) -> None:
            await one._run(tx, "UPDATE conversations SET updated_at = 1")
            heard.set()
            await until_locked(other)
            await one._run(tx, f"UPDATE messages SET version = 9 WHERE {mine}")

        hearing = asyncio.create_task(one.store.write(hear))
        await heard.wait()
        now = int(time.time() * 1000)
        taken = Outcome(
            account_id=one.account_id, message_id=message.id, n=0, outcome="taken", is_open=False,
            finished_at=now, state=State.SUBMITTED, due_at=now, provider_id="wamid.A", submitted_at=now,
        )  # fmt: skip
        assert await other.store.batch(settlement.record_outcomes, taken)
        await hearing
        assert (await one.message(message.id)).state == "submitted"

    story(tmp_path, postgres_url, tell)


def test_intents_come_first_in_a_transaction(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    async def run() -> None:
        async with desk(tmp_path / "data", store_url) as one:
            intent = Intent(one.account_id, "msg_none", one.number.id, ALICE, 1, 1)

            async def other(tx: Tx) -> None:
                ran.append("other")

            async def fence(tx: Tx, numbers: object) -> dict[str, int]:
                ran.append("intents")
                return {}

            monkeypatch.setattr(leases, "fence", fence)
            await asyncio.gather(one.store.write(other), one.store.batch(attempts.open_intents, intent))

    asyncio.run(run())
    assert ran == ["intents", "other"]
