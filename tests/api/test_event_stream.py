"""The log as it goes on: what a stream tells, to whom, and when it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import aiohttp
import pytest

from tests.api.conftest import TEXT, Site
from tests.api.event_log import emit, event, listed, types
from trunkline.api import event_stream
from trunkline.model import ids
from trunkline.store import StoreUnavailable, events


class Told(NamedTuple):
    """One block of a stream."""

    id: str
    event: str
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@pytest.fixture
def engine() -> str:
    """What differs between the engines is in the log itself."""
    return "sqlite"


@pytest.fixture(autouse=True)
def bells(site: Site) -> None:
    """What the bulletin of a whole process does."""
    site.run(_hear(site))


async def _hear(site: Site) -> None:
    def heard(news: str) -> None:
        if news.startswith("events "):
            site.runtime.bell.ring(news.split(" ")[1])

    site.store.hear(heard)


@contextlib.asynccontextmanager
async def stream(
    site: Site, query: str = "", key: str = "", **headers: str
) -> AsyncIterator[tuple[int, AsyncIterator[Told]]]:
    sent = {"Authorization": key or site.alice.live_key} | headers
    async with site.http.get(f"/v1/events/stream?{query}", headers=sent) as answer:
        yield answer.status, blocks(answer)


async def blocks(answer: aiohttp.ClientResponse) -> AsyncIterator[Told]:
    found: dict[str, list[str]] = {}
    async for raw in answer.content:
        line = raw.decode().removesuffix("\n")
        if line:
            name, _, value = line.partition(":")
            found.setdefault(name, []).append(value.removeprefix(" "))
        else:
            yield Told(*("\n".join(found.get(name, [])) for name in ("id", "event", "data")))
            found = {}


async def taken(told: AsyncIterator[Told], count: int) -> list[Told]:
    async with asyncio.timeout(30):
        found: list[Told] = []
        while len(found) < count:
            block = await anext(told)
            if block.data:
                found.append(block)
        return found


def test_a_stream_tells_what_comes_and_nothing_of_what_was(site: Site) -> None:
    async def story() -> None:
        async with stream(site) as (status, told):
            assert status == 200
            start = await anext(told)
            assert ids.is_id(start.id, ids.EVENT) and not start.data
            message = (await site.asked("POST", "/v1/whatsapp/messages", TEXT)).json["id"]
            [first] = await taken(told, 1)
            assert (first.event, first.json["object_id"]) == ("message.submitted", message)
            shown = await site.asked("GET", f"/v1/events/{first.id}")
            assert shown.json == first.json

    emit(site, event(site, "contact.changed"))
    site.run(story())


def test_a_stream_goes_on_behind_the_event_that_is_named(site: Site) -> None:
    emit(site, *(event(site, "contact.changed", f"con_{n}") for n in range(5)))
    known = listed(site)

    async def story() -> None:
        for query, headers in (
            (f"after={known[1]['id']}", {}),
            ("", {"Last-Event-ID": known[1]["id"]}),
            (f"after={known[4]['id']}", {"Last-Event-ID": known[1]["id"]}),
        ):
            async with stream(site, query, **headers) as (_, told):
                found = await taken(told, 3)
                assert [json.loads(block.data) for block in found] == known[2:]

    site.run(story())


def test_a_stream_of_an_empty_log_can_be_resumed_from_its_beginning(site: Site) -> None:
    async def start() -> str:
        async with stream(site) as (_, told):
            return (await anext(told)).id

    async def resume(place: str) -> list[Told]:
        async with stream(site, **{"Last-Event-ID": place}) as (_, told):
            return await taken(told, 1)

    place = site.run(start())
    emit(site, event(site, "contact.changed"))
    assert [block.event for block in site.run(resume(place))] == ["contact.changed"]


def test_a_stream_tells_only_what_is_wanted(site: Site) -> None:
    async def story(query: str) -> list[str]:
        async with stream(site, query) as (_, told):
            await anext(told)
            await site.store.write(work)
            return [block.event for block in await taken(told, 1)]

    async def work(tx: Any) -> None:
        tx.emit(
            event(site, "contact.changed"),
            event(site, "message.read", "msg_b", number_id=site.bob.number_id),
            event(site, "message.sent", "msg_a", number_id=site.alice.number_id),
        )

    for query in ("types=message.sent", "object_id=msg_a", "number=15550001001"):
        assert site.run(story(query)) == ["message.sent"], query


def test_a_stream_in_the_providers_format_carries_its_webhook(site: Site) -> None:
    async def story() -> Told:
        async with stream(site, "format=meta") as (_, told):
            await anext(told)
            sent = await site.asked(
                "POST", "/v1/whatsapp/messages", TEXT
            )  # submitted: Meta has no word for it
            ids.append(sent.json["id"])
            await site.asked("POST", "/v1/whatsapp/messages", TEXT | {"to": "15550003333"})
            await site.store.write(work)
            return (await taken(told, 1))[0]

    ids: list[str] = []

    async def work(tx: Any) -> None:
        data = {"id": ids[0], "status": "delivered", "at": 1795366800123, "to": "15550002222"}
        tx.emit(
            event(site, "message.delivered", ids[0], number_id=site.alice.number_id, data=json.dumps(data))
        )

    told = site.run(story())
    value = told.json["entry"][0]["changes"][0]["value"]
    assert value["statuses"][0]["id"] == ids[0]
    assert value["metadata"]["display_phone_number"] == "15550001001"


def test_an_account_never_sees_anothers_events(site: Site) -> None:
    async def story() -> list[Told]:
        async with stream(site, key=site.bob.live_key) as (_, told):
            await anext(told)
            await site.asked("POST", "/v1/whatsapp/messages", TEXT)
            mine = await site.asked("POST", "/v1/whatsapp/messages", TEXT, key=site.bob.live_key)
            found = await taken(told, 1)
            assert found[0].json["object_id"] == mine.json["id"]
            return found

    [told] = site.run(story())
    assert site.get(f"/v1/events/{told.id}").status == 404
    assert types(listed(site, key=site.bob.live_key)) == ["message.submitted"]


def test_data_of_several_lines_stays_one_event() -> None:
    row = event_stream.EventRow("acc", "evt_1", "contact.changed", "con_1", 1, None, None, 1, "{}")
    told = event_stream._told(row, lambda _: b'{"a":\r\n1,\r"b":\n2}')
    assert told == b'id: evt_1\nevent: contact.changed\ndata: {"a":\ndata: 1,\ndata: "b":\ndata: 2}\n\n'


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)
    yield


@pytest.mark.usefixtures("hurried")
def test_a_quiet_stream_shows_that_it_lives_and_how_far_it_is(site: Site) -> None:
    async def story() -> str:
        async with stream(site, "types=number.*") as (_, told):
            start = (await anext(told)).id
            await site.asked("POST", "/v1/whatsapp/messages", TEXT)
            async with asyncio.timeout(30):
                while (block := await anext(told)).id == start:
                    pass
            assert not block.data
            return block.id

    assert site.run(story()) == listed(site)[-1]["id"]


@pytest.mark.usefixtures("hurried")
def test_a_revoked_key_ends_its_streams(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key = site.post("/v1/keys", {"name": "short-lived"}).json

    async def story() -> None:
        async with stream(site, key=key["key"]) as (_, told):
            await anext(told)
            await site.asked("DELETE", f"/v1/keys/{key['id']}")
            async with asyncio.timeout(30):
                async for _ in told:
                    pass
        async with stream(site, key=key["key"]) as (status, _):
            assert status == 401

    site.run(story())


def test_an_account_has_only_so_many_streams(site: Site) -> None:
    most = site.settings.limits.event_streams

    async def story() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(most):
                status, _ = await stack.enter_async_context(stream(site))
                assert status == 200
            assert site.runtime.tally.gauges["event_streams"]() == most
            async with site.http.get("/v1/events/stream", headers=mine) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
                assert (await answer.json())["reason"] == "too_many_requests"
            async with stream(site, key=site.bob.live_key) as (status, _):
                assert status == 200
        async with asyncio.timeout(30):
            while site.api.streams.open:  # noqa: ASYNC110 - the server sees the hang-ups one by one
                await asyncio.sleep(0.005)
        async with stream(site) as (status, _):
            assert status == 200

    mine = {"Authorization": site.alice.live_key}
    site.run(story())


def test_a_stream_that_can_not_be_made_is_refused_and_a_head_is_no_stream(site: Site) -> None:
    for query, headers, pointer in (
        ("types=x", {}, "?types"),
        ("after=x", {}, "?after"),
        ("format=xml", {}, "?format"),
        ("", {"Last-Event-ID": "7"}, "Last-Event-ID:"),
    ):
        answer = site.get(f"/v1/events/stream?{query}", **headers)
        assert (answer.status, answer.problems[0][0]) == (400, pointer)
        [problem] = answer.json["problems"]
        assert "expected" in problem and "::" not in answer.json["detail"]
    head = site.call("HEAD", "/v1/events/stream")
    assert (head.status, head.headers["Content-Type"]) == (200, "text/event-stream")


def test_a_process_that_ends_lets_go_of_its_streams_and_takes_no_more(site: Site) -> None:
    async def story() -> None:
        async with stream(site) as (_, told), stream(site, key=site.bob.live_key) as (_, others):
            await anext(told)
            await anext(others)
            site.api.streams.close()
            async with asyncio.timeout(30):
                assert [block async for block in told] == [block async for block in others] == []
        refused = await site.asked("GET", "/v1/events/stream")
        assert (refused.status, refused.reason) == (503, "unavailable")

    site.run(story())


def test_a_store_that_is_away_for_a_moment_ends_no_stream(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "AGAIN_SECONDS", 0.01)
    after, failures = events.after, iter([StoreUnavailable("on purpose")] * 4)

    async def failing(*arguments: Any) -> Any:
        for failure in failures:
            raise failure
        return await after(*arguments)

    async def story() -> None:
        known = (await site.asked("GET", "/v1/events")).json["data"]
        monkeypatch.setattr(events, "after", failing)
        async with stream(site, f"after={known[0]['id']}") as (_, told):
            assert [block.json for block in await taken(told, 2)] == known[1:]
        assert next(failures, None) is None

    emit(site, *(event(site, "contact.changed", f"con_{n}") for n in range(3)))
    site.run(story())


def test_a_stream_that_is_far_behind_gets_everything_and_holds_only_a_part(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "_CHUNK", 7)
    monkeypatch.setattr(event_stream, "_MOST_KEPT", 10)

    async def story() -> None:
        async with stream(site, f"after={events.BEGINNING}") as (_, told), stream(site) as (_, newest):
            await anext(newest)
            old = await taken(told, 40)
            await site.store.write(more)
            both = [await taken(told, 40), await taken(newest, 40)]
            assert both[0] == both[1]
            names = [block.json["object_id"] for block in old + both[0]]
            assert names == [f"con_{n}" for n in range(80)]
            assert len(site.api.streams._tails[site.alice.account_id]._rows) <= 10

    async def more(tx: Any) -> None:
        tx.emit(*(event(site, "contact.changed", f"con_{n}") for n in range(40, 80)))

    emit(site, *(event(site, "contact.changed", f"con_{n}") for n in range(40)))
    site.run(story())


def test_an_idle_stream_asks_the_store_nothing_but_now_and_then(site: Site) -> None:
    reads = 0
    read = site.store.read

    async def counting(work: Any) -> Any:
        nonlocal reads
        reads += 1
        return await read(work)

    async def story() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(10):
                _, told = await stack.enter_async_context(stream(site))
                await anext(told)
            await asyncio.sleep(0.05)
            site.store.read = counting  # type: ignore[method-assign]
            await asyncio.sleep(0.3)
            assert reads == 0
            site.store.read = read  # type: ignore[method-assign]

    site.run(story())


def test_a_stream_that_rested_while_more_came_than_is_kept_misses_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "_CHUNK", 7)
    monkeypatch.setattr(event_stream, "_MOST_KEPT", 10)
    account_id = site.alice.account_id

    async def welcome() -> bool:
        return True

    async def more(tx: Any) -> None:
        tx.emit(*(event(site, "contact.changed", f"con_{n}") for n in range(40)))

    async def story() -> list[str]:
        streams = event_stream.Streams(site.runtime)
        tail, newest = await streams.enter(account_id)
        parts = event_stream.follow(streams, tail, newest, lambda row: row.object_id.encode(), welcome)
        await anext(parts)
        await site.store.write(more)
        async with asyncio.timeout(30), contextlib.aclosing(parts):
            while not tail._rows or tail._rows[-1].object_id != "con_39":  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            text = b""
            while text.count(b"data: ") < 40:
                text += await anext(parts)
        streams.leave(account_id)
        return [line.removeprefix("data: ") for line in text.decode().splitlines() if line.startswith("data")]

    assert site.run(story()) == [f"con_{n}" for n in range(40)]


def test_an_event_that_comes_while_the_log_is_looked_at_is_told_at_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "LOOK_SECONDS", 60.0)
    read, is_armed = site.store.read, False

    async def racing(work: Any) -> Any:
        nonlocal is_armed
        found = await read(work)
        if is_armed:
            is_armed = False
            await site.store.write(one)
        return found

    async def one(tx: Any) -> None:
        tx.emit(event(site, "contact.changed"))

    async def story() -> None:
        nonlocal is_armed
        async with stream(site) as (_, told):
            await anext(told)
            await asyncio.sleep(0.05)  # it waits for news
            site.store.read, is_armed = racing, True  # type: ignore[method-assign]
            site.runtime.bell.ring(site.alice.account_id)
            assert [block.event for block in await taken(told, 1)] == ["contact.changed"]
            site.store.read = read  # type: ignore[method-assign]

    site.run(story())
