"""Sends in flight of one process are shared among accounts in turn."""

import asyncio

import pytest

from trunkline.outbound.slots import FairSlots


def test_free_slots_are_given_at_once_up_to_the_bound():
    slots = FairSlots(2)
    assert [slots.try_acquire("alice") for _ in range(3)] == [True, True, False]
    slots.release()
    assert slots.try_acquire("bob")
    assert slots.in_flight == 2


def test_those_who_wait_get_slots_in_turn_over_accounts():
    async def story() -> list[str]:
        slots, order = FairSlots(1), []
        assert slots.try_acquire("alice")

        async def send(account: str) -> None:
            await slots.acquire(account)
            order.append(account)
            slots.release()

        async with asyncio.TaskGroup() as group:
            for account in ["alice"] * 5 + ["bob"] * 2 + ["carol"]:
                group.create_task(send(account))
            await asyncio.sleep(0)
            slots.release()
        assert slots.in_flight == 0
        return order

    assert asyncio.run(story()) == ["alice", "bob", "carol", "alice", "bob", "alice", "alice", "alice"]


def test_nobody_overtakes_those_who_wait():
    async def story() -> None:
        slots = FairSlots(1)
        assert slots.try_acquire("alice")
        waiting = asyncio.create_task(slots.acquire("bob"))
        await asyncio.sleep(0)
        slots.release()
        assert not slots.try_acquire("alice")
        await waiting

    asyncio.run(story())


@pytest.mark.parametrize("when", ["waiting", "given"])
def test_who_gives_up_waiting_takes_no_slot_along(when):
    async def story() -> None:
        slots = FairSlots(1)
        assert slots.try_acquire("alice")
        waiting = asyncio.create_task(slots.acquire("bob"))
        await asyncio.sleep(0)
        if when == "given":
            slots.release()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        if when == "waiting":
            slots.release()
        assert slots.in_flight == 0
        assert slots.try_acquire("carol")

    asyncio.run(story())
