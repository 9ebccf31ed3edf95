"""An opt-out that commits while another process begins a send: the send has seen it, or came before."""

import asyncio
from pathlib import Path

from tests.factories import NOW, make_message
from trunkline.store import Store, Tx, attempts, leases, messages, open_store, suppressions
from trunkline.store.attempts import Intent
from trunkline.store.suppressions import Suppression

STOP = Suppression("15550002222", "all", "message", None, NOW)


async def owned(store: Store) -> Intent:
    """A queued message, and the right to send it."""
    message = make_message("15550002222")

    async def work(tx: Tx) -> int | None:
        await messages.insert_many(tx, [message])
        return await leases.take(tx, message.account_id, message.number_id, "me", is_alone=False)

    epoch = await store.write(work)
    assert epoch is not None
    return Intent(message.account_id, message.id, message.number_id, message.recipient, epoch, NOW)


def test_an_intent_waits_for_an_opt_out_that_is_being_written(postgres_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        ours, theirs = (
            await open_store(postgres_url, tmp_path, NOW),
            await open_store(postgres_url, tmp_path, NOW),
        )
        intent = await owned(ours)
        is_written, may_end = asyncio.Event(), asyncio.Event()

        async def stop(tx: Tx) -> None:
            await suppressions.lock(tx, intent.account_id)
            await suppressions.add_many(tx, intent.account_id, [STOP])
            is_written.set()
            await may_end.wait()

        opt_out = asyncio.create_task(theirs.write(stop))
        await is_written.wait()
        begun = asyncio.ensure_future(ours.batch(attempts.open_intents, intent))
        done, _ = await asyncio.wait([begun], timeout=0.3)
        assert not done
        may_end.set()
        await opt_out
        assert await begun is None
        found = await ours.read(lambda tx: messages.get(tx, intent.account_id, intent.message_id))
        assert found is not None
        assert (found.state, found.attempts) == ("failed", 0)
        await ours.close()
        await theirs.close()

    asyncio.run(run())


def test_an_opt_out_waits_for_an_intent_that_is_being_written(postgres_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        ours, theirs = (
            await open_store(postgres_url, tmp_path, NOW),
            await open_store(postgres_url, tmp_path, NOW),
        )
        intent = await owned(ours)
        is_open, may_end = asyncio.Event(), asyncio.Event()

        async def begin(tx: Tx) -> list[int | None]:
            found = await attempts.open_intents(tx, [intent])
            is_open.set()
            await may_end.wait()
            return found

        async def stop(tx: Tx) -> None:
            await suppressions.lock(tx, intent.account_id)
            await suppressions.add_many(tx, intent.account_id, [STOP])

        begun = asyncio.create_task(ours.write(begin))
        await is_open.wait()
        opt_out = asyncio.create_task(theirs.write(stop))
        done, _ = await asyncio.wait([opt_out], timeout=0.3)
        assert not done
        may_end.set()
        assert await begun == [1]
        await opt_out
        await ours.close()
        await theirs.close()

    asyncio.run(run())
