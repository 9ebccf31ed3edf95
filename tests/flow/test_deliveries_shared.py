"""Slow endpoints leave room for others; many processes share the endpoints; what is old leaves."""

import asyncio
import shutil
from pathlib import Path

import msgspec

from tests.chaos.outage import Plan, outage
from tests.flow.delivery_desk import Desk, desk, make_desk
from tests.flow.receiver import OK, Answer, Posted, Receiver, receiver
from trunkline.clock import VirtualClock
from trunkline.config.table import Delivery
from trunkline.housekeeping import chores
from trunkline.model import ids
from trunkline.model.events import NewEvent
from trunkline.store import deliveries, replays
from trunkline.store.contract import Tx
from trunkline.store.deliveries import Tried
from trunkline.store.queries import Query

DAY = 24 * 3_600_000


async def _hang(_: Posted) -> Answer:
    await asyncio.sleep(60)
    return OK


def gauge(running: Desk, name: str) -> float:
    return running.runtime.tally.gauges[name]()


def test_slow_endpoints_have_at_most_half_of_the_slots_and_others_do_not_wait(tmp_path: Path) -> None:
    clock = VirtualClock()

    async def tell() -> None:
        delivery = Delivery(max_in_flight=8, timeout_seconds=0.4)
        async with receiver() as dead, receiver() as well, desk(
            tmp_path, "", clock=clock, delivery=delivery
        ) as running:  # fmt: skip
            dead.answer = _hang
            for _ in range(5):
                await running.endpoint(dead)
            await running.happen(2)
            theirs = running.deliverer._endpoints.values()
            await dead.until(lambda: [one.health.kind for one in theirs] == ["slow"] * 5)
            await running.endpoint(well)
            seen = []
            for n in range(1, 21):
                clock.advance(60_000)  # they are probed
                await running.happen(5)
                await well.until(lambda n=n: len({post.id for post in well.taken}) == 5 * n)
                seen.append(gauge(running, "posts_in_flight_slow"))
                await asyncio.sleep(0.02)
            assert max(seen) == 3

    asyncio.run(tell())


def test_an_endpoint_that_was_quick_has_no_more_than_half_when_it_dies(tmp_path: Path) -> None:
    async def tell() -> None:
        delivery = Delivery(max_in_flight=8, timeout_seconds=1)
        async with receiver() as customer, desk(tmp_path, "", delivery=delivery) as running:
            await running.endpoint(customer, max_in_flight=100)
            await running.happen(100)
            await customer.until(lambda: len(customer.taken) == 100)
            customer.answer = _hang
            posts = len(customer.posts)
            await running.happen(200)
            await customer.until(lambda: len(customer.posts) == posts + 4)
            assert gauge(running, "posts_in_flight") == 4
            await customer.until(lambda: gauge(running, "endpoints_failing") == 1)
            assert len(customer.posts) <= posts + 6
            await customer.until(lambda: gauge(running, "events_in_memory") <= 8)

    asyncio.run(tell())


async def both(folder: Path, url: str, customer: Receiver, count: int) -> tuple[Desk, Desk, list[str]]:
    """Two processes on one database, and so many endpoints."""
    for name in ("one", "two"):
        (folder / name).mkdir()
    one = await make_desk(folder / "one", url)
    shutil.copytree(folder / "one" / "keys", folder / "two" / "keys")
    two = await make_desk(folder / "two", url)
    await asyncio.gather(one.start(), two.start())
    made = [(await one.endpoint(customer)).id for _ in range(count)]
    await customer.until(
        lambda: (
            all(one.deliverer.has(n) != two.deliverer.has(n) for n in made)
            and any(one.deliverer.has(n) for n in made)
            and any(two.deliverer.has(n) for n in made)
        )
    )
    return one, two, made


def test_processes_share_the_endpoints_and_who_stops_hands_over_at_once(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell() -> None:
        async with receiver() as customer:
            one, two, made = await both(tmp_path, postgres_url, customer, 8)
            try:
                await one.happen(10)
                await customer.until(lambda: len(customer.taken) == 80)
                await one.stop()
                began = asyncio.get_running_loop().time()
                await customer.until(lambda: all(two.deliverer.has(n) for n in made))
                assert asyncio.get_running_loop().time() - began < 12  # the lease would last 30
                await two.happen(10)
                await customer.until(lambda: len({post.id for post in customer.taken}) == 20)
                await customer.until(lambda: len(customer.taken) >= 160)
                assert len({(post.id, post.headers["webhook-signature"]) for post in customer.taken}) == 160
            finally:
                await two.stop()

    asyncio.run(tell())


def test_what_a_former_owner_records_is_refused(tmp_path: Path, store_url: str) -> None:
    async def tell() -> None:
        async with receiver() as customer, desk(tmp_path, store_url) as running:
            endpoint = await running.endpoint(customer)
            await running.happen()
            await customer.until(lambda: len(customer.taken) == 1)
            before = await running.until_at(endpoint, customer.taken[0].id)
            late = Tried(
                account_id=running.account_id, endpoint_id=endpoint.id, epoch=before.epoch - 1, now=0,
                position="evt_z", failing_since=None, failures=9, probe_at=None,
            )  # fmt: skip
            current = msgspec.structs.replace(late, epoch=before.epoch, position=before.position, failures=3)
            assert await asyncio.gather(
                running.store.batch(deliveries.record, late), running.store.batch(deliveries.record, current)
            ) == [False, True]
            after = await running.progress(endpoint)
            assert (after.position, after.failures) == (before.position, 3)

    asyncio.run(tell())


def test_a_replay_goes_in_steps_over_a_stretch_of_time(tmp_path: Path, store_url: str) -> None:
    async def tell() -> None:
        async with receiver() as customer, desk(tmp_path, store_url) as running:
            endpoint = await running.endpoint(customer, batch_size=100)
            await running.happen(replays.AT_ONCE + 10)
            await running.happen(5, type="message.read")
            total = replays.AT_ONCE + 15
            await customer.until(lambda: len(customer.events()) == total)
            await running.until_at(endpoint, max(event["id"] for event in customer.events()))

            async def step(tx: Tx) -> replays.Replayed:
                return await replays.replay_range(
                    tx, running.account_id, endpoint.id, lambda event: event.type == "message.sent", 0,
                    since=0, until=running.runtime.clock.now() + 1000, after=after,
                )  # fmt: skip

            after, counts = "", []
            while after is not None:
                done = await running.store.write(step)
                counts.append(done.count)
                after = done.after
            assert counts == [replays.AT_ONCE, 10]
            await customer.until(lambda: len(customer.events()) == total + replays.AT_ONCE + 10)
            again = customer.events()[total:]
            assert {event["type"] for event in again} == {"message.sent"}
            assert len({event["id"] for event in again}) == replays.AT_ONCE + 10

    asyncio.run(tell())


def test_events_leave_after_their_time_with_all_that_is_known_of_them(tmp_path: Path, store_url: str) -> None:
    clock = VirtualClock()

    async def tell() -> None:
        async with receiver() as customer, desk(tmp_path, store_url, clock=clock) as running:
            left = [1]

            async def answer(_: Posted) -> Answer:
                left[0] -= 1
                return OK if left[0] < 0 else (500, {}, b"")

            customer.answer = answer
            endpoint = await running.endpoint(customer)
            await running.happen(20)
            await customer.until(lambda: len(customer.posts) == 20)
            await running.until_rows(endpoint, lambda rows: len(rows) == 1)
            clock.advance(29 * DAY)
            chore = next(one for one in chores.CHORES if one.name == "events")
            await running.happen(3)
            await customer.until(lambda: len({post.id for post in customer.taken}) == 23)
            await chores.do_round(running.runtime, chore, lambda _: True)
            assert len(await running.tries(endpoint)) == 24
            clock.advance(2 * DAY)
            await chores.do_round(running.runtime, chore, lambda _: True)
            assert len(await running.rows(endpoint)) == 1  # it was touched two days ago
            clock.advance(27 * DAY)
            await chores.do_round(running.runtime, chore, lambda _: True)
            assert {one.event_id for one in await running.tries(endpoint)} == {
                post.id for post in customer.taken[-3:]
            }
            left_events = Query("", (), "SELECT count(*) FROM events", "SELECT count(*) FROM events")
            assert await running.store.read(lambda tx: tx.fetch(left_events)) == [(3,)]

    asyncio.run(tell())


def test_a_test_event_goes_to_its_endpoint_alone(tmp_path: Path) -> None:
    async def tell() -> None:
        async with receiver() as one, receiver() as other, desk(tmp_path, "") as running:
            mine = await running.endpoint(one, event_types='["message.read"]')
            await running.endpoint(other)
            event = NewEvent(running.account_id, "endpoint.test", mine.id, 0, f'{{"id":"{mine.id}"}}')

            async def work(tx: Tx) -> None:
                tx.emit(event)

            await running.store.write(work)
            await running.happen(1)
            await one.until(lambda: len(one.taken) == 1 and len(other.taken) == 1)
            assert [event["type"] for event in one.events()] == ["endpoint.test"]
            assert [event["type"] for event in other.events()] == ["message.sent"]
            assert ids.is_id(one.taken[0].id, ids.EVENT)

    asyncio.run(tell())


def test_after_six_hours_without_an_answer_an_endpoint_gets_everything(tmp_path: Path) -> None:
    """Longer forms: `tests/chaos/outage_runs.py`, and `python -m tests.chaos.outage`."""
    plan = Plan(events=600, objects=40, runs=0, others=2, step_seconds=0.01, patience_seconds=30)
    verdict = asyncio.run(outage(plan, tmp_path))
    assert verdict.faults_found() == []
    assert verdict.delivered == 600
    assert 1 <= verdict.most_slow_slots <= verdict.half
    assert verdict.most_in_memory < 150
    assert verdict.rows_while_down < 100
