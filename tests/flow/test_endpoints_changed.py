"""An endpoint's owner changes it while posts are out, a chore deletes, a process follows: nothing is lost."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.flow.delivery_desk import desk, make_desk
from tests.flow.receiver import OK, Answer, Posted, fine, receiver
from tests.flow.test_deliveries import advance_to, failing
from trunkline.clock import VirtualClock
from trunkline.delivery import endpoints
from trunkline.delivery.endpoints import event_of
from trunkline.store import deliveries, retention
from trunkline.store import endpoints as store_endpoints
from trunkline.store.contract import Tx
from trunkline.store.deliveries import PARKED, Tried, Turn
from trunkline.store.endpoints import FAILING, GONE


def test_a_new_address_begins_anew_and_what_the_former_answers_does_not_count(tmp_path: Path) -> None:
    async def tell() -> None:
        held = asyncio.Event()

        async def gone_in_the_end(_: Posted) -> Answer:
            await held.wait()
            return 410, {}, b""

        async with receiver() as old, receiver() as new, desk(tmp_path, "", clock=VirtualClock()) as running:
            old.answer = failing(10**6)
            endpoint = await running.endpoint(old, max_in_flight=1)
            await running.happen(5)
            await running.until_tried(endpoint, 5)
            health = running.deliverer._endpoints[endpoint.id].health
            assert health.is_failing
            health._probe_at += 3600
            await endpoints.change(running.runtime, running.account_id, endpoint.id, {"url": new.url})
            await new.until(lambda: len(new.taken) == 5)  # at once: no time passes here

            old.answer = gone_in_the_end
            await endpoints.change(running.runtime, running.account_id, endpoint.id, {"url": old.url})
            await old.until(lambda: running.deliverer._endpoints[endpoint.id].endpoint.url == old.url)
            await running.happen(1)
            await old.until(lambda: len(old.posts) == 6)
            await endpoints.change(running.runtime, running.account_id, endpoint.id, {"url": new.url})
            await old.until(lambda: running.deliverer._endpoints[endpoint.id].endpoint.url == new.url)
            held.set()
            rows = await running.until_rows(endpoint, lambda rows: rows[-1].state == "waiting")
            await advance_to(running, rows[-1])
            await new.until(lambda: len(new.taken) == 6)
            assert (await running.found(endpoint)).state == "active"

    asyncio.run(tell())


def test_what_a_try_brought_does_not_undo_what_the_owner_said(tmp_path: Path, store_url: str) -> None:
    async def tell() -> None:
        running = await make_desk(tmp_path, store_url)
        runtime, account_id = running.runtime, running.account_id
        made, _ = await endpoints.add(runtime, account_id, {"url": "https://example.com/hook"})

        async def turn(url: str, state: str, reason: str | None) -> tuple[str, str | None]:
            event = event_of(made, "endpoint.recovered", 0)
            tried = Tried(
                account_id=account_id, endpoint_id=made.id, epoch=0, now=0, position="", failing_since=None,
                failures=0, probe_at=None, turn=Turn(url, state, reason, event),
            )  # fmt: skip
            assert await running.store.batch(deliveries.record, tried)
            found = await running.found(made)
            return found.state, found.state_reason

        assert await turn("https://former.example.com/", "disabled", GONE) == ("active", None)
        assert await turn(made.url, "paused", FAILING) == ("paused", FAILING)
        await endpoints.pause(runtime, account_id, made.id)
        assert await turn(made.url, "active", None) == ("paused", "owner")
        assert await turn(made.url, "paused", FAILING) == ("paused", "owner")
        await running.store.close()

    asyncio.run(tell())


def test_a_change_does_not_bring_back_a_secret_that_was_just_replaced(
    tmp_path: Path, postgres_url: str
) -> None:
    async def tell() -> None:
        one, two = await make_desk(tmp_path, postgres_url), await make_desk(tmp_path, postgres_url)
        made, _ = await endpoints.add(one.runtime, one.account_id, {"url": "https://example.com/hook"})
        has_read, may_write = asyncio.Event(), asyncio.Event()

        async def rotate(tx: Tx) -> None:
            row = await store_endpoints.to_change(tx, made.account_id, made.id)
            assert row is not None
            has_read.set()
            await may_write.wait()
            await store_endpoints.update(tx, replace(row, sealed_secret="the new one"))

        rotating = asyncio.create_task(one.store.write(rotate))
        await has_read.wait()
        changing = asyncio.create_task(
            endpoints.change(two.runtime, two.account_id, made.id, {"description": "ours"})
        )
        await asyncio.sleep(0.2)  # long enough for it to read, if it may
        may_write.set()
        await asyncio.gather(rotating, changing)
        found = await one.found(made)
        assert (found.sealed_secret, found.description) == ("the new one", "ours")
        await asyncio.gather(one.store.close(), two.store.close())

    asyncio.run(tell())


def test_what_waits_and_the_new_format_can_not_say_is_set_aside(tmp_path: Path) -> None:
    async def tell() -> None:
        async with receiver() as customer, desk(tmp_path, "", clock=VirtualClock()) as running:
            customer.answer = failing(1)
            endpoint = await running.endpoint(customer)
            await running.happen(type="message.submitted")
            [row] = await running.until_rows(endpoint, lambda rows: len(rows) == 1)
            await endpoints.change(running.runtime, running.account_id, endpoint.id, {"format": "meta"})
            await customer.until(lambda: running.deliverer._endpoints[endpoint.id].endpoint.format == "meta")
            await advance_to(running, row)
            await running.until_rows(endpoint, lambda rows: rows[0].state == "dead")
            assert len(customer.posts) == 1
            assert "no shape" in ((await running.tries(endpoint))[-1].detail or "")

    asyncio.run(tell())


def test_a_conversation_goes_on_when_the_event_that_held_it_is_kept_no_longer(
    tmp_path: Path, store_url: str
) -> None:
    async def tell() -> None:
        async with receiver() as customer, desk(tmp_path, store_url) as running:
            customer.answer = failing(10**6)
            endpoint = await running.endpoint(customer, is_ordered=1, event_types='["message.sent"]')
            await running.happen(3, lane="a")
            await running.until_rows(endpoint, lambda rows: len(rows) == 3)
            await endpoints.pause(running.runtime, running.account_id, endpoint.id)
            await customer.until(lambda: not running.deliverer.has(endpoint.id))
            await running.execute(f"UPDATE deliveries SET updated_at = {PARKED} WHERE next_at = {PARKED}")
            before = running.runtime.clock.now() + 1000
            for _ in ("tries", "rows"):
                await running.store.write(lambda tx: retention.delete_events(tx, running.account_id, before))
            assert len(await running.rows(endpoint)) == 2
            customer.answer = fine
            await endpoints.enable(running.runtime, running.account_id, endpoint.id)
            await customer.until(lambda: len(customer.taken) == 2)

    asyncio.run(tell())


def test_what_waits_goes_at_once_when_the_owner_says_that_the_endpoint_is_mended(
    tmp_path: Path, store_url: str
) -> None:
    """Also where it was active all the time, and nothing else happens."""

    async def tell() -> None:
        clock = VirtualClock()
        async with receiver() as customer, desk(tmp_path, store_url, clock=clock) as running:
            customer.answer = failing(2)
            endpoint = await running.endpoint(customer)
            await running.happen()
            [row] = await running.until_rows(endpoint, lambda rows: len(rows) == 1)
            await advance_to(running, row)
            [row] = await running.until_rows(endpoint, lambda rows: rows[0].tries == 2)
            assert row.next_at > clock.now() + 60_000
            await endpoints.enable(running.runtime, running.account_id, endpoint.id)
            await customer.until(lambda: len(customer.taken) == 1)

    asyncio.run(tell())


def test_rows_are_looked_for_when_one_may_be_due_and_not_with_every_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell() -> None:
        looks: list[str] = []
        earliest = deliveries.earliest

        async def counted(tx: Tx, account_id: str, endpoint_id: str, count: int) -> list[deliveries.Due]:
            looks.append(endpoint_id)
            return await earliest(tx, account_id, endpoint_id, count)

        monkeypatch.setattr(deliveries, "earliest", counted)
        async with receiver() as customer, desk(tmp_path, "") as running:
            await running.endpoint(customer)
            for n in range(1, 11):
                await running.happen()
                await customer.until(lambda n=n: len(customer.taken) == n)
            assert len(looks) == 1

    asyncio.run(tell())


def test_a_paused_endpoint_has_one_probe_at_a_time_also_where_it_is_taken_over(tmp_path: Path) -> None:
    async def tell() -> None:
        clock = VirtualClock()
        async with receiver() as customer:
            running = await make_desk(tmp_path, "", clock=clock)
            endpoint = await running.endpoint(customer, batch_size=10)
            await running.happen(20)
            for sql in (
                "INSERT INTO deliveries SELECT e.account_id, endpoint_id, id, NULL, 'waiting', 1, 1, 1, 0, 1"
                " FROM events e, endpoint_progress",
                "UPDATE endpoints SET state = 'paused', state_reason = 'failing'",
                "UPDATE endpoint_progress SET failures = 20, failing_since = 1, probe_at = 2,"
                " position = (SELECT MAX(id) FROM events)",
            ):
                await running.execute(sql)
            await running.happen(20)
            held = asyncio.Event()

            async def answer(post: Posted) -> Answer:
                await held.wait()
                return OK

            customer.answer = answer
            await running.start()
            try:
                await customer.until(lambda: len(customer.posts) == 1)
                for _ in range(10):  # ever later, and it has no answer yet
                    clock.advance(3_600_000)
                    await asyncio.sleep(0.01)
                assert [len(post.events()) for post in customer.posts] == [1]
                held.set()
                await running.until_is(endpoint, "active")
                await customer.until(lambda: len(customer.events()) == 41)  # and that it recovered
            finally:
                await running.stop()

    asyncio.run(tell())
