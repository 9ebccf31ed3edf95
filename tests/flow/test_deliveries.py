"""Events go to endpoints: signed, each at least once, whatever the endpoint does."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.flow.delivery_desk import Desk, Row, desk, make_desk
from tests.flow.receiver import OK, Answer, Posted, Receiver, fine, receiver
from trunkline.clock import VirtualClock
from trunkline.config.table import Delivery
from trunkline.delivery import endpoints
from trunkline.delivery.schedule import STEPS
from trunkline.store import StoreUnavailable, Tx, deliveries, replays
from trunkline.store.deliveries import PARKED

Story = Callable[[Desk, Receiver], Awaitable[None]]


def story(folder: Path, url: str, tell: Story, **how) -> None:
    async def run() -> None:
        async with receiver() as customer, desk(folder, url, **how) as running:
            await tell(running, customer)

    asyncio.run(run())


def test_what_happens_is_posted_once_in_order_of_the_log(tmp_path: Path, store_url: str) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        endpoint = await running.endpoint(customer)
        for _ in range(10):
            await running.happen(3, objects=4)
        await customer.until(lambda: len(customer.taken) == 30)
        ids = [post.id for post in customer.taken]
        assert len(set(ids)) == 30
        assert {event["id"] for event in customer.events()} == set(ids)
        assert await running.rows(endpoint) == []
        await running.until_at(endpoint, max(ids))
        assert len(await running.tries(endpoint)) == 30

    story(tmp_path, store_url, tell)


def failing(times: int, status: int = 503, headers: dict[str, str] | None = None):
    """Fails so often, then takes everything."""
    left = [times]

    async def answer(_: Posted) -> Answer:
        left[0] -= 1
        return OK if left[0] < 0 else (status, headers or {}, b"<html>no</html>")

    return answer


async def advance_to(running: Desk, row: Row) -> None:
    clock = running.runtime.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(max(0, row.next_at - clock.now()))


def test_an_endpoint_whose_start_the_store_refuses_once_is_served_after_it(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [StoreUnavailable("on purpose")]
    newest = deliveries.newest

    async def refused_once(tx: Tx, account_id: str, endpoint_id: str) -> str:
        if refusals:
            raise refusals.pop()
        return await newest(tx, account_id, endpoint_id)

    monkeypatch.setattr(deliveries, "newest", refused_once)

    async def tell(running: Desk, customer: Receiver) -> None:
        await running.endpoint(customer)
        await running.happen(3)
        await customer.until(lambda: len(customer.taken) == 3)
        assert refusals == []

    story(tmp_path, store_url, tell)


def test_what_was_refused_comes_again_with_the_same_id(tmp_path: Path, store_url: str) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        customer.answer = failing(2)
        endpoint = await running.endpoint(customer)
        await running.happen()
        for tries in (1, 2):
            [row] = await running.until_rows(endpoint, lambda rows, n=tries: [r.tries for r in rows] == [n])
            wait = row.next_at - running.runtime.clock.now()
            assert STEPS[tries - 1] * 800 - 500 < wait < STEPS[tries - 1] * 1200
            await advance_to(running, row)
        [row] = await running.until_rows(endpoint, lambda rows: rows[0].state == "delivered")
        assert row.tries == 3
        assert {post.id for post in customer.posts} == {row.event_id}
        assert (
            len({post.headers["webhook-signature"] for post in customer.posts}) == 3
        )  # the moment is signed
        tries = await running.tries(endpoint)
        assert [(one.n, one.outcome, one.http_status) for one in tries] == [
            (1, "failed", 503), (2, "failed", 503), (3, "delivered", 200),
        ]  # fmt: skip
        assert tries[0].answer == "<html>no</html>"
        assert "503" in (tries[0].detail or "")
        assert (await running.progress(endpoint)).failures == 0

    story(tmp_path, store_url, tell, clock=VirtualClock())


def test_after_ten_tries_an_event_is_dead_and_a_replay_brings_it_back(tmp_path: Path) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        endpoint = await running.endpoint(customer)
        await running.happen()
        await customer.until(lambda: len(customer.taken) == 1)

        async def answer(post: Posted) -> Answer:
            return (500, {}, b"") if b"poison" in post.body else OK

        customer.answer = answer
        await running.happen(data='{"id":"poison"}')
        for tries in range(1, 10):
            [row] = await running.until_rows(endpoint, lambda rows, n=tries: [r.tries for r in rows] == [n])
            await running.happen()  # what is well goes on, so that the endpoint is never paused
            await customer.until(lambda n=tries: len(customer.taken) == 1 + n)
            await advance_to(running, row)
        [row] = await running.until_rows(endpoint, lambda rows: rows[0].state == "dead")
        assert row.tries == 10
        assert (await running.found(endpoint)).state == "active"

        customer.answer = fine
        account, now = running.account_id, running.runtime.clock.now()
        replayed = await running.store.write(
            lambda tx: replays.replay_events(tx, account, endpoint.id, [row.event_id], now)
        )
        assert replayed == 1
        [row] = await running.until_rows(endpoint, lambda rows: rows[0].state == "delivered")
        assert customer.taken[-1].id == row.event_id
        assert [one.n for one in await running.tries(endpoint) if one.event_id == row.event_id] == [
            *range(1, 12)
        ]

    story(tmp_path, "", tell, clock=VirtualClock())


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7200", 3600, 3601),
        ("30", 30, 31),
        ("1000000000", 3600, 3601),
        ("soon", 4, 6),
        ("-5", 4, 6),
        ("2", 4, 6),
    ],
)
def test_retry_after_is_a_floor_of_an_hour_at_most(
    tmp_path: Path, retry_after: str, least: int, most: int
) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        customer.answer = failing(1, headers={"retry-after": retry_after})
        endpoint = await running.endpoint(customer)
        before = running.runtime.clock.now()
        await running.happen()
        [row] = await running.until_rows(endpoint, lambda rows: len(rows) == 1)
        assert least * 1000 <= row.next_at - before
        assert row.next_at - running.runtime.clock.now() <= most * 1000

    story(tmp_path, "", tell)


async def _hang(_: Posted) -> Answer:
    await asyncio.sleep(30)
    return OK


async def _cut(_: Posted) -> Answer:
    raise ConnectionResetError


async def _moved(_: Posted) -> Answer:
    return 307, {"location": "/elsewhere"}, b""


@pytest.mark.parametrize(
    ("answer", "patience", "status", "word"),
    [(_hang, 0.3, None, "answer"), (_cut, 30, None, ""), (_moved, 30, 307, "307")],
)
def test_no_answer_in_time_a_cut_and_a_redirect_are_failures(
    tmp_path: Path,
    answer: Callable[[Posted], Awaitable[Answer]],
    patience: float,
    status: int | None,
    word: str,
) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        customer.answer = answer
        endpoint = await running.endpoint(customer)
        await running.happen()
        [row] = await running.until_rows(endpoint, lambda rows: len(rows) == 1)
        [tried] = await running.tries(endpoint)
        assert (row.state, tried.outcome, tried.http_status) == ("waiting", "failed", status)
        assert tried.detail
        assert word in tried.detail
        assert [post.path for post in customer.posts] == ["/hook"] * len(customer.posts)

    story(tmp_path, "", tell, delivery=Delivery(timeout_seconds=patience))


def test_410_disables_the_endpoint_and_tells_the_others(tmp_path: Path, store_url: str) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        async with receiver() as other:
            await running.endpoint(other, event_types='["endpoint.*"]')
            customer.answer = failing(1, 410)
            endpoint = await running.endpoint(customer, max_in_flight=1)
            await running.happen(3)
            gone = await running.until_is(endpoint, "disabled")
            assert gone.state_reason == "gone"
            await other.until(lambda: len(other.taken) == 1)
            [told] = other.events()
            assert (told["type"], told["object_id"]) == ("endpoint.disabled", endpoint.id)
            await running.happen(3)
            await other.until(lambda: not running.deliverer.has(endpoint.id))
            assert len(customer.posts) == 1
            await endpoints.enable(running.runtime, running.account_id, endpoint.id)
            await customer.until(lambda: len({post.id for post in customer.taken}) >= 5)

    story(tmp_path, store_url, tell)


def test_429_slows_everything_until_the_endpoint_may_be_asked_again(tmp_path: Path) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        customer.answer = failing(1, 429, {"retry-after": "100"})
        endpoint = await running.endpoint(customer, max_in_flight=1)
        await running.happen(5)
        [row] = await running.until_rows(endpoint, lambda rows: len(rows) == 1)
        await asyncio.sleep(0.2)
        assert len(customer.posts) == 1
        await advance_to(running, row)
        await customer.until(lambda: len(customer.taken) == 5)

    story(tmp_path, "", tell, clock=VirtualClock())


def test_an_endpoint_that_takes_nothing_for_a_day_is_paused_and_comes_back_by_itself(tmp_path: Path) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        clock = running.runtime.clock
        assert isinstance(clock, VirtualClock)
        async with receiver() as other:
            await running.endpoint(other, event_types='["endpoint.*"]')
            customer.answer = failing(10**6)
            endpoint = await running.endpoint(customer)
            await running.happen(300)
            for _ in range(26):
                before = len(customer.posts)
                clock.advance(3_600_000)
                await customer.until(lambda n=before: len(customer.posts) > n)
                await running.until_tried(endpoint, len(customer.posts))
            assert (await running.until_is(endpoint, "paused")).state_reason == "failing"
            assert len(await running.rows(endpoint)) <= len(customer.posts) < 60

            before = len(customer.posts)
            clock.advance(14 * 60_000)
            await asyncio.sleep(0.1)
            assert len(customer.posts) == before
            clock.advance(61_000)
            await customer.until(lambda: len(customer.posts) == before + 1)
            await running.until_tried(endpoint, before + 1)
            customer.answer = fine
            clock.advance(15 * 60_000 + 1000)
            await running.until_is(endpoint, "active")
            await customer.until(lambda: len({event["id"] for event in customer.events()}) >= 300)
            await running.until_rows(endpoint, lambda rows: {row.state for row in rows} == {"delivered"})
            await other.until(lambda: len(other.taken) == 2)
            assert [event["type"] for event in other.events()] == ["endpoint.paused", "endpoint.recovered"]

    story(tmp_path, "", tell, clock=VirtualClock())


def test_an_endpoint_that_is_well_gets_more_at_once_up_to_its_cap(tmp_path: Path) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        most: list[int] = []

        async def answer(_: Posted) -> Answer:
            most.append(customer.out)
            await asyncio.sleep(0.01)
            return OK

        customer.answer = answer
        await running.endpoint(customer, max_in_flight=6)
        await running.happen(120)
        await customer.until(lambda: len(customer.taken) == 120)
        assert max(most[:4]) <= 2
        assert customer.most_out == 6

    story(tmp_path, "", tell)


def test_an_endpoint_gets_no_more_posts_a_second_than_its_owner_wants(tmp_path: Path) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        await running.endpoint(customer, per_second=20)
        began = asyncio.get_running_loop().time()
        await running.happen(15)
        await customer.until(lambda: len(customer.taken) == 15)
        assert asyncio.get_running_loop().time() - began > 0.6

    story(tmp_path, "", tell)


def test_a_batch_is_one_post_and_what_spoils_it_is_found(tmp_path: Path) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        async def answer(post: Posted) -> Answer:
            return (500, {}, b"") if b"poison" in post.body else OK

        customer.answer = answer
        endpoint = await running.endpoint(customer, batch_size=8, max_in_flight=1)
        await running.happen(7)
        await running.happen(1, data='{"id":"poison"}')
        await running.happen(24)
        while not (len(waiting := await running.waiting(endpoint)) == 1 and waiting[0].tries >= 4):
            if waiting and all(row.next_at > running.runtime.clock.now() for row in waiting):
                await advance_to(running, max(waiting, key=lambda row: row.next_at))
            await asyncio.sleep(0.01)
        assert len({event["id"] for event in customer.events()}) == 31
        assert max(len(post.events()) for post in customer.taken) == 8
        assert all(post.id.startswith("pst_") for post in customer.taken if len(post.events()) > 1)
        assert len(await running.tries(endpoint)) == sum(len(post.events()) for post in customer.posts)

    story(tmp_path, "", tell, clock=VirtualClock())


def test_an_event_that_can_not_be_written_down_is_set_aside(tmp_path: Path, logged_errors: list[str]) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        endpoint = await running.endpoint(customer, batch_size=4)
        await running.happen(3)
        await running.happen(1, data="no JSON")
        await running.happen(3)
        await customer.until(lambda: len(customer.events()) == 6)
        [row] = await running.until_rows(endpoint, lambda rows: len(rows) == 1)
        assert row.state == "dead"
        assert (await running.progress(endpoint)).failures == 0
        assert logged_errors
        logged_errors.clear()

    story(tmp_path, "", tell)


def test_in_strict_order_an_event_waits_for_the_one_before_it_in_its_conversation(
    tmp_path: Path, store_url: str
) -> None:
    async def tell(running: Desk, customer: Receiver) -> None:
        left = [2]

        async def answer(post: Posted) -> Answer:
            if b"poison" in post.body and left[0]:
                left[0] -= 1
                return 500, {}, b""
            await asyncio.sleep(0.001 * (len(customer.posts) % 3))
            return OK

        customer.answer = answer
        endpoint = await running.endpoint(customer, is_ordered=1)
        await running.happen(3, lane="a")
        await running.happen(1, lane="a", data='{"id":"poison"}')
        for _ in range(5):
            await running.happen(2, lane="a")
            await running.happen(2, lane="b")
        await customer.until(lambda: len(customer.taken) == 13)
        for tries in (1, 2):
            rows = await running.until_rows(
                endpoint, lambda rows, n=tries: len(rows) == 11 and rows[0].tries == n
            )
            assert [row.next_at == PARKED for row in rows] == [False] + [True] * 10
            await advance_to(running, rows[0])
        await customer.until(lambda: len(customer.taken) == 24)
        for lane in ("a", "b"):
            events = [event for event in customer.events() if lanes[event["object_id"]] == lane]
            assert events == sorted(events, key=lambda event: event["id"])

    lanes = {f"obj_{n}": "a" if n < 4 or (n - 4) % 4 < 2 else "b" for n in range(24)}
    story(tmp_path, store_url, tell, clock=VirtualClock())


def test_what_was_posted_and_not_recorded_is_posted_again_with_the_same_id(
    tmp_path: Path, store_url: str
) -> None:
    """And what was recorded beyond it is not."""

    async def run() -> None:
        async with receiver() as customer:
            held = asyncio.Event()

            async def answer(post: Posted) -> Answer:
                if b"slow" in post.body and not held.is_set():
                    customer.taken.append(post)
                    await held.wait()
                    raise ConnectionResetError
                return (500, {}, b"") if b"poison" in post.body else OK

            customer.answer = answer
            first = await make_desk(tmp_path, store_url)
            await first.start()
            endpoint = await first.endpoint(customer)
            await first.happen(12)
            await customer.until(lambda: len(customer.taken) == 12)
            await first.happen(1, data='{"id":"slow"}')
            await first.happen(1, data='{"id":"poison"}')
            await first.happen(8)
            await customer.until(lambda: len(customer.taken) == 21)
            await first.until_tried(endpoint, 21)
            await first.crash()
            await first.execute("UPDATE endpoint_progress SET expires_at = 0")
            await first.store.close()
            held.set()
            second = await make_desk(tmp_path, store_url)
            await second.start()
            try:
                await customer.until(lambda: len(customer.taken) == 22)
                await asyncio.sleep(0.1)
                assert len(customer.taken) == 22
                assert customer.taken[-1].id == next(
                    post.id for post in customer.taken if b"slow" in post.body
                )
                assert [row.tries for row in await second.rows(endpoint)] == [1]
                await second.until_at(endpoint, max(post.id for post in customer.posts))
            finally:
                await second.stop()

    asyncio.run(run())
