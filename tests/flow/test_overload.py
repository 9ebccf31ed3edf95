"""Overload: what is refused, in which order, how soon, and that it ends by itself."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.api.conftest import OPERATOR, TEXT, Answer, Site
from trunkline import web_server
from trunkline.api.gate import MOST_IN_FLIGHT
from trunkline.config.table import Limits
from trunkline.store import inbox, postgres, sqlite
from trunkline.store.inbox import Post
from trunkline.tally import LABELS, METRICS
from trunkline.web_server import WebServer, listen

ROOT = Path(__file__).parents[2]
BATCH = {"messages": [TEXT]}


@pytest.fixture
def engine() -> str:
    """The gate is the same before both; a test that is about the store names them."""
    return "sqlite"


@pytest.fixture
def site(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setitem(sqlite._SETTINGS, "busy_timeout", 1500)
    monkeypatch.setitem(postgres._SESSION, "lock_timeout", "1500ms")
    with asyncio.Runner() as runner:
        site = Site(runner, tmp_path, store_url, Limits())
        yield site
        site.stop()


def until_status(site: Site, method: str, path: str, status: int, body: Any = None) -> Answer:
    async def wait() -> Answer:
        async with asyncio.timeout(30):
            while True:
                answer = await site.asked(method, path, body)
                if answer.status == status:
                    return answer
                await asyncio.sleep(0.02)

    return site.run(wait())


def is_refused(answer: Answer, status: int = 503) -> bool:
    return answer.status == status and 1 <= int(answer.headers["Retry-After"]) <= 5


# -- the order


def test_lists_go_first_single_messages_last_and_what_must_not_be_lost_never(site: Site) -> None:
    message = site.accepted()
    site.until(message, "submitted")
    load = site.store.load

    def press(pressure: float) -> None:
        load.waiting = int(pressure * load.ahead_limit)

    press(0.55)
    until_status(site, "GET", "/v1/messages", 503)
    assert is_refused(site.get("/v1/numbers"))
    assert site.get(f"/v1/messages/{message}").status == 200
    press(0.9)
    until_status(site, "GET", f"/v1/messages/{message}", 503)
    assert site.post("/v1/messages/batch", BATCH).status == 200
    press(1.1)
    assert is_refused(site.post("/v1/messages/batch", BATCH))
    assert site.send().status == 200
    press(4.5)
    refused = until_status(site, "POST", "/v1/whatsapp/messages", 503, TEXT)
    assert is_refused(refused) and refused.json["error"]["reason"] == "unavailable"
    assert site.post(f"/v1/messages/{message}/cancel").status == 409
    assert site.get("/livez", key=None).status == 200
    assert site.post("/hooks/whatsapp_cloud/nobody", b"{}", key=None).status == 404
    press(0)
    until_status(site, "GET", "/v1/messages", 200)
    assert site.send().status == 200


def test_a_noisy_account_is_refused_alone(site: Site) -> None:
    gate = site.api.gate
    for _ in range(MOST_IN_FLIGHT // 2):
        gate.enter(site.alice.account_id)
    assert site.send().status == 200  # alone, it may have everything
    gate.enter(site.bob.account_id)
    noisy = site.send()
    assert is_refused(noisy, 429) and noisy.json["error"]["reason"] == "too_many_requests"
    assert site.send(key=site.bob.live_key).status == 200
    gate.leave(site.bob.account_id)
    for _ in range(MOST_IN_FLIGHT // 2):
        gate.leave(site.alice.account_id)
    assert gate.in_flight == 0
    assert site.send().status == 200


def test_a_providers_post_that_is_not_read_counts_as_missed(site: Site) -> None:
    watch, room = site.api.hooks.watch, site.api.gate.posts  # type: ignore[attr-defined]
    key = next(iter(site.runtime.directory.accounts.values())).hook_key
    site.run(watch.beat())
    room.held = room.most
    assert site.post("/hooks/whatsapp_cloud/nobody", b" " * 100_000, key=None).status == 503
    assert not watch._is_anew
    assert site.post(f"/hooks/whatsapp_cloud/{key}", b" " * 100_000, key=None).status == 503
    assert watch._is_anew
    room.held = 0


def test_large_bodies_are_held_within_bounds_and_given_back(site: Site) -> None:
    room = site.api.gate.bodies
    large = b" " * 200_000 + b"[]"
    assert site.post("/v1/messages/batch", large).status == 400
    assert room.held == 0
    room.held = room.most
    assert site.post("/v1/messages/batch", large).status == 503
    assert site.send().status == 200  # small ones need no room
    room.held = 0
    assert site.post("/v1/messages/batch", large).status == 400
    assert room.held == 0


def test_more_items_than_a_batch_may_have_and_bodies_beyond_the_limit_are_refused_early(site: Site) -> None:
    assert site.post("/v1/messages/batch", {"messages": [TEXT] * 10_000}).status == 400

    async def huge() -> bytes:
        """100 MiB are announced, none is sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        head = f"POST /v1/messages/batch HTTP/1.1\r\nhost: x\r\nauthorization: {site.alice.live_key}\r\n"
        writer.write(
            f"{head}content-type: application/json\r\ncontent-length: {100 * 2**20}\r\n\r\n".encode()
        )
        async with asyncio.timeout(30):
            line = await reader.readline()
        writer.close()
        return line

    assert site.run(huge()).startswith(b"HTTP/1.1 413 ")


# -- the database held by another


@contextlib.asynccontextmanager
async def held_database(site: Site) -> AsyncIterator[None]:
    """As a second program would hold it: the file, or all tables that a message needs."""
    if site.store.engine == "sqlite":
        other = sqlite.connect(Path(site.settings.data) / "trunkline.db")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    connection = await asyncpg.connect(site._store_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE messages, watches IN EXCLUSIVE MODE")
        yield
    await connection.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_while_another_holds_the_database_accepts_are_refused_soon_and_it_heals(site: Site) -> None:
    site.accepted()

    async def story() -> tuple[list[Answer], list[float], int, Answer]:
        async with held_database(site):
            started = time.perf_counter()
            first = await asyncio.gather(
                *(site.asked("POST", "/v1/whatsapp/messages", TEXT) for _ in range(30))
            )
            took = [time.perf_counter() - started]
            started = time.perf_counter()
            later = [await site.asked("POST", "/v1/whatsapp/messages", TEXT) for _ in range(20)]
            took.append((time.perf_counter() - started) / len(later))
            ready = await site.asked("GET", "/readyz", key=None)
            waiting = site.store.load.waiting
        return [*first, *later], took, waiting, ready

    answers, (first, later), waiting, ready = site.run(story())
    assert all(is_refused(answer) for answer in answers)
    assert first < 10  # one patience of the database, and not one for each
    assert later < 0.5
    assert waiting < 10
    assert (ready.status, ready.json["reasons"]) == (503, ["store_write"])
    until_status(site, "GET", "/readyz", 200)
    message = until_status(site, "POST", "/v1/whatsapp/messages", 200, TEXT).json["id"]
    site.until(message, "submitted")


def test_the_patience_with_a_held_database_is_at_most_five_seconds() -> None:
    assert sqlite._SETTINGS["busy_timeout"] <= 5000
    assert postgres._SESSION["lock_timeout"] == "2s" and postgres._SESSION["statement_timeout"] == "5s"


# -- readiness and metrics


def test_many_who_ask_for_readiness_at_once_cost_one_write(site: Site) -> None:
    async def ask() -> list[int]:
        return [answer.status for answer in await asyncio.gather(*map(asked, range(20)))]

    async def asked(_: int) -> Answer:
        return await site.asked("GET", "/readyz", key=None)

    before = site.store.load.commits.rows
    assert site.run(ask()) == [200] * 20
    assert site.store.load.commits.rows - before < 10


def test_readiness_tells_why_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.get("/readyz", key=None).json == {"status": "ready"}
    now = site.clock.now()
    monkeypatch.setattr(site.dispatcher, "standing_ms", lambda: 61_000)
    old = Post(site.alice.account_id, "inb_1", "whatsapp_cloud", b"d", b"{}", now - 61_000)
    site.run(site.store.batch(inbox.keep_many, old))
    site.store.load.is_short = True
    answer = site.get("/readyz", key=None)
    assert answer.status == 503
    assert set(answer.json["reasons"]) == {"disk_short", "sending_stuck", "inbox_waits"}
    site.store.load.broken = "the disk failed"
    assert site.get("/readyz", key=None).json["reasons"] == ["store_broken"]
    assert site.get("/livez", key=None).status == 200
    site.store.load.broken, site.store.load.is_short = None, False


def test_a_number_stands_when_it_sends_nothing_of_what_it_could(site: Site) -> None:
    site.until(site.accepted(), "submitted")
    assert site.dispatcher.standing_ms() == 0


def test_metrics_are_for_the_operator_and_name_only_what_the_table_has(site: Site) -> None:
    assert site.get("/metrics", key=None).status == 401
    assert site.get("/metrics", key="Bearer wrong").status == 401
    assert site.get("/metrics").status == 401  # an account's key opens nothing here
    site.until(site.accepted(), "submitted")
    answer = site.get("/metrics", key=f"Bearer {OPERATOR}")
    assert answer.status == 200
    found = {family.name: family for family in text_string_to_metric_families(answer.raw.decode())}
    known = {"trunkline_" + name.removesuffix("_total") for name in METRICS}
    assert set(found) <= known
    assert {"trunkline_accepted", "trunkline_commit_seconds", "trunkline_store_backlog_rows"} <= set(found)
    assert [sample.value for sample in found["trunkline_accepted"].samples] == [1]
    for secret in (site.alice.account_id, site.alice.number_id, "15550001001", "15550002222"):
        assert secret not in answer.raw.decode()


def test_every_counted_name_is_in_the_table_and_in_the_docs() -> None:
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "src" / "trunkline").rglob("*.py"))
    counted = set(re.findall(r"tally\.(?:count|gauge)\(\s*f?\"(\w+)", text))
    assert counted and counted - set(METRICS) == set()
    assert set(LABELS) <= set(METRICS)
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in METRICS if f"| `trunkline_{name}` |" not in page] == []


# -- slow clients


async def quick_app(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    if message["type"] == "http.request":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@contextlib.asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(web_server, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(web_server, "BODY_SECONDS", 0.4)
    monkeypatch.setattr(web_server, "SWEEP_SECONDS", 0.1)
    with contextlib.closing(listen("127.0.0.1", 0)) as bound:
        web = WebServer(quick_app, bound)
        await web.start()
        yield web.port
        await web.stop()


HEAD = b"GET /slow HTTP/1.1\r\nhost: x\r\nx-a: "
BODY = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"


async def drip(port: int, begin: bytes) -> bytes:
    """A byte now and then until the server has enough of it; what it said, if it could still be heard."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)
    said = asyncio.ensure_future(reader.read())
    while not said.done():
        writer.write(b"x")
        await asyncio.sleep(0.1)
    writer.close()
    return b"" if said.exception() else said.result()


@pytest.mark.parametrize("begin", [HEAD, BODY], ids=["heads", "bodies"])
def test_clients_that_drip_are_hung_up_on_and_do_not_hurt_others(
    begin: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def quick(port: int) -> float:
        started = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 204 ")
        writer.close()
        return time.perf_counter() - started

    async def story() -> None:
        async with serving(monkeypatch) as port, asyncio.timeout(30):
            dripping = [asyncio.create_task(drip(port, begin)) for _ in range(200)]
            await asyncio.sleep(0.1)
            assert max([await quick(port) for _ in range(20)]) < 5
            assert {said[:12] for said in await asyncio.gather(*dripping)} <= {b"HTTP/1.1 408", b""}

    asyncio.run(story())


def test_a_long_body_that_keeps_coming_has_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> bytes:
        async with serving(monkeypatch) as port, asyncio.timeout(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 49152\r\n\r\n")
            for _ in range(6):
                writer.write(bytes(8192))
                await asyncio.sleep(0.15)
            said = await reader.read(12)
            writer.close()
            return said

    assert asyncio.run(story()) == b"HTTP/1.1 204"


def test_a_head_larger_than_its_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> bytes:
        async with serving(monkeypatch) as port, asyncio.timeout(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n" + b"x-a: b\r\n" * 10_000)
            said = await reader.read(12)
            writer.close()
            return said

    assert asyncio.run(story()) == b"HTTP/1.1 431"


def test_an_idle_connection_between_requests_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> bytes:
        async with serving(monkeypatch) as port, asyncio.timeout(30):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(2):
                writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
                said = await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(0.7)
            writer.close()
            return said

    assert asyncio.run(story()).startswith(b"HTTP/1.1 204 ")
