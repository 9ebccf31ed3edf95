"""Slow endpoints have less than half of the slots, new ones the rest of it; accounts take turns."""

import asyncio

import pytest

from trunkline.delivery.slots import DeliverySlots


async def asked(slots: DeliverySlots, account: str, endpoint: str) -> "asyncio.Task[None]":
    task = asyncio.create_task(slots.acquire(account, endpoint))
    await asyncio.sleep(0)
    return task


def test_slow_and_new_endpoints_get_no_more_than_half_together() -> None:
    async def run() -> None:
        slots = DeliverySlots(16)
        for name in "ab":
            slots.mark(name, "slow")
        slots.mark("quick", "quick")
        tasks = [await asked(slots, "acc", "ab"[n % 2]) for n in range(10)]
        assert sum(task.done() for task in tasks) == slots.slow_out == 6
        new = [await asked(slots, "acc", "new") for _ in range(4)]
        assert sum(task.done() for task in new) == 2
        for _ in range(8):
            await asyncio.wait_for(slots.acquire("acc", "quick"), 30)
        assert (slots.out, slots.slow_out) == (16, 8)
        slots.mark("new", "slow")  # it showed how it does: those that come next are not kept from it
        slots.release("a")
        slots.release("a")
        later = await asked(slots, "acc", "newer")
        assert sum(task.done() for task in tasks) == 6
        assert later.done()
        assert slots.slow_out == 7
        for task in (*tasks, *new):
            task.cancel()

    asyncio.run(run())


def test_what_an_endpoint_has_counts_as_slow_when_it_becomes_so() -> None:
    async def run() -> None:
        slots = DeliverySlots(10)
        slots.mark("a", "quick")
        slots.mark("b", "slow")
        for _ in range(3):
            await slots.acquire("acc", "a")
        assert slots.slow_out == 0
        slots.mark("a", "slow")
        assert slots.slow_out == 3
        tasks = [await asked(slots, "acc", "b") for _ in range(2)]
        assert [task.done() for task in tasks] == [True, False]
        slots.mark("a", "quick")
        await asyncio.sleep(0)
        assert tasks[1].done()
        assert slots.slow_out == 2

    asyncio.run(run())


def test_quick_and_slow_take_turns_and_so_do_accounts() -> None:
    async def run() -> None:
        slots = DeliverySlots(2)
        slots.mark("slow", "slow")
        for name in ("first", "q1", "q2", "q3", "q4"):
            slots.mark(name, "quick")
        for _ in range(2):
            await slots.acquire("x", "first")
        order: list[str] = []

        async def wait(account: str, endpoint: str) -> None:
            await slots.acquire(account, endpoint)
            order.append(f"{account} {endpoint}")

        tasks = [
            asyncio.create_task(wait(*who))
            for who in [("a", "q1"), ("a", "q2"), ("a", "q3"), ("b", "q4"), ("c", "slow")]
        ]
        await asyncio.sleep(0)
        held = ["first", "first"]
        for _ in range(5):
            slots.release(held.pop(0))
            await asyncio.sleep(0.001)
            held.append(order[-1].split()[1])
        assert order == ["a q1", "c slow", "b q4", "a q2", "a q3"]
        await asyncio.gather(*tasks)

    asyncio.run(run())


@pytest.mark.parametrize("is_given", [True, False])
def test_who_stops_waiting_leaves_no_slot_behind(is_given: bool) -> None:
    async def run() -> None:
        slots = DeliverySlots(2)
        await slots.acquire("a", "one")
        waiting = await asked(slots, "a", "two")
        assert not waiting.done()
        if is_given:
            slots.release("one")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if not is_given:
            slots.release("one")
        assert slots.out == 0
        await asyncio.wait_for(slots.acquire("a", "three"), 30)

    asyncio.run(run())


def test_who_becomes_slow_while_it_waits_waits_with_the_slow() -> None:
    async def run() -> None:
        slots = DeliverySlots(2)
        for name in ("quick", "turns"):
            slots.mark(name, "quick")
        slots.mark("slow", "slow")
        await slots.acquire("a", "slow")
        await slots.acquire("a", "quick")
        waiting = await asked(slots, "a", "turns")
        slots.mark("turns", "slow")
        slots.release("quick")
        await asyncio.sleep(0)
        assert not waiting.done()
        assert slots.out == 1
        slots.release("slow")
        await asyncio.wait_for(waiting, 30)

    asyncio.run(run())
