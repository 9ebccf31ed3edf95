"""What holds however things interleave: nothing lost, nothing doubled, no odd input that ends in a fault."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import PHONE, Receiver, Rig, override, rig
from trunkline.sandbox.database import Database
from trunkline.sandbox.feed import Event, Feed
from trunkline.sandbox.webhooks.journal import Journal, Posted

OTHER = "15550001299"


def test_who_gives_up_waiting_for_a_commit_does_not_break_it_for_others(tmp_path: Path) -> None:
    async def walk() -> None:
        database = Database(tmp_path / "sandbox.db")

        async def write(node: str) -> None:
            await database.write("set_callback", (node, "http://127.0.0.1/"))

        one, two = asyncio.create_task(write("1")), asyncio.create_task(write("2"))
        await asyncio.sleep(0)
        one.cancel()
        await asyncio.wait_for(two, 30)
        await asyncio.wait_for(write("3"), 30)
        assert len(await database.read("read_callbacks")) == 3
        await database.close()

    asyncio.run(walk())


def test_webhooks_go_on_when_the_one_that_knocked_for_all_is_put_aside(tmp_path: Path) -> None:
    async def walk() -> None:
        receiver = Receiver()
        await receiver.start()
        settings = {"status_delay_seconds": (0.0, 0.5, 0.6), "retry_ladder_seconds": (0.1,)}
        async with rig(tmp_path, receiver=receiver, **settings) as tools:
            first = await tools.sent()
            await receiver.wait_for(lambda got: got.words_of(first)[:1] == ["sent"])
            await receiver.stop()
            down = f"http://127.0.0.1:{receiver.port}/hook"
            await tools.eventually("/_sandbox/health", lambda told: told["callbacks_down"] == [down])
            second = await tools.sent(OTHER)
            await tools.act("offline")  # the knocking `delivered` is of this person
            await asyncio.sleep(0.3)
            await receiver.start()
            await receiver.wait_for(lambda got: got.words_of(second) == ["sent", "delivered", "read"])
        await receiver.stop()

    asyncio.run(walk())


def test_what_failed_at_the_old_callback_goes_to_the_new_one(tmp_path: Path) -> None:
    async def walk() -> None:
        old, new = Receiver(), Receiver()
        await old.start()
        await new.start()
        settings = {"status_delay_seconds": (0.0, 0.0, 0.0), "retry_ladder_seconds": (0.2,)}
        async with rig(tmp_path, receiver=old, callback_timeout_seconds=0.5, **settings) as tools:
            new.secret = tools.identity.app_secret
            await old.stop()
            silent = socket.create_server(("127.0.0.1", old.port))  # nobody ever accepts
            wamids = [await tools.sent(f"1555000{place:04d}") for place in range(5)]
            await asyncio.sleep(0.1)  # all of them are on the way to a callback that does not answer
            path = f"/{tools.identity.phone_number_id}"
            assert (await tools.call("POST", path, override(new))).status == 200
            await new.wait_for(lambda got: all("read" in got.words_of(wamid) for wamid in wamids), 30)
            health = await (await tools.call("GET", "/_sandbox/health")).json()
            assert health["callbacks_down"] == []
            silent.close()
        await new.stop()

    asyncio.run(walk())


def test_coming_back_twice_at_once_reports_nothing_twice(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("offline")
            wamids = [await tools.sent() for _ in range(20)]
            await tools.receiver.wait_for(lambda got: len(got.statuses) == 20)
            await tools.eventually("/_sandbox/health", lambda told: told["pending"] == 20)
            await asyncio.gather(*(tools.act("online") for _ in range(8)))
            await tools.eventually("/_sandbox/health", lambda told: told["pending"] == 0)
            for wamid in wamids:
                assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]

    asyncio.run(walk())


async def _read_by_somebody_else(tools: Rig) -> None:
    """Everything that was sent before had its turn, and waits if it has to."""
    later = await tools.sent("15550005555")
    await tools.receiver.wait_for(lambda got: "read" in got.words_of(later))


def test_what_was_sent_to_the_user_id_of_a_phone_that_is_off_comes_with_the_rest(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            user_id = (await tools.act("offline"))["handset"]["user_id"]
            wamid = await tools.sent(None, recipient=user_id)  # type: ignore[arg-type]
            await _read_by_somebody_else(tools)
            assert tools.receiver.words_of(wamid) == ["sent"]
            await tools.act("online")
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))

    asyncio.run(walk())


def test_what_waits_for_a_phone_comes_after_its_number_was_changed(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("hold")
            wamid = await tools.sent()
            await _read_by_somebody_else(tools)
            assert tools.receiver.words_of(wamid) == ["sent", "delivered"]
            await tools.act("change_number", to=OTHER)
            await tools.act("open", OTHER)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))

    asyncio.run(walk())


def test_a_voice_note_that_is_played_before_it_was_reported_as_read_is_reported_as_played(
    tmp_path: Path,
) -> None:
    async def walk() -> None:
        async with rig(tmp_path, status_delay_seconds=(0.0, 0.02, 0.4)) as tools:
            wamid = await tools.sent(type="audio", text=None, audio={"id": "1234567890"})
            await tools.receiver.wait_for(lambda got: "delivered" in got.words_of(wamid))
            await tools.act("play", message_id=wamid)
            await tools.receiver.wait_for(lambda got: "played" in got.words_of(wamid))
            assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read", "played"]

    asyncio.run(walk())


def test_a_listener_that_did_not_keep_up_still_hears_that_it_is_over() -> None:
    async def walk() -> None:
        feed = Feed()
        with feed.listen() as listener:
            for _ in range(10_000):
                feed.tell("message", dict)
            feed.close()
            assert await listener.next() == Event("reset", {})
            assert await asyncio.wait_for(listener.next(), 30) is None
        with feed.listen() as late:
            assert await asyncio.wait_for(late.next(), 30) is None

    asyncio.run(walk())


def test_the_journal_keeps_as_much_as_fits_into_memory() -> None:
    journal = Journal()
    for id_ in range(1, 101):
        posted = Posted(
            id=id_,
            at=0,
            url="",
            field="messages",
            handset=None,
            status=200,
            signature="",
            body=b"x" * (1 << 20),
        )
        journal.add(posted)
    kept = journal.list()
    assert len(kept) <= 32 and kept[-1].id == 100


NO_NUMBERS = ("abc", "0", "1" * 40, "%EF%BC%91%EF%BC%95%EF%BC%95%EF%BC%95", "%E2%91%A1" * 8)


@pytest.mark.parametrize("address", NO_NUMBERS)
def test_what_is_no_number_is_no_handset(tmp_path: Path, address: str) -> None:
    async def walk() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            number = tools.identity.phone_number_id
            for method, path in (
                ("GET", f"handsets/{address}"),
                ("POST", f"handsets/{address}"),
                ("DELETE", f"handsets/{address}"),
                ("POST", f"handsets/{address}/actions"),
                ("GET", f"chats/{address}/{number}"),
                ("GET", f"chats/{address}/{number}/recording"),
            ):
                body = {} if method == "POST" else None
                assert (await tools.call(method, f"/_sandbox/{path}", body)).status == 400, path

    asyncio.run(walk())


ODD = (
    ("faults", {"code": 131026, "http_status": 700}),
    ("faults", {"code": 131026, "http_status": 99}),
    ("faults", {"code": 2**70}),
    ("faults", {"code": 131026, "every": 0}),
    ("faults", {"kind": "delay", "seconds": 1e308}),
    ("faults", {"kind": "delay", "times": 0}),
    ("scenarios", {"faults": [{"code": 131026, "every": 0}]}),
    ("scenarios", {"start": [{"handset": "abc", "do": "open"}]}),
    ("scenarios", {"start": [{"handset": "", "do": "let_go"}]}),
    ("chats/15550001234/{number}/replay", {"handset": PHONE, "steps": [{"after_seconds": 1e308}]}),
    (
        "chats/15550001234/{number}/replay",
        {
            "handset": PHONE,
            "steps": [
                {
                    "after_seconds": 0,
                    "from": "handset",
                    "type": "image",
                    "mime_type": "a/b\r\nx: y",
                    "data": "",
                }
            ],
        },
    ),
)


@pytest.mark.parametrize(("path", "body"), ODD, ids=lambda value: json.dumps(value)[:40])
def test_what_makes_no_sense_is_refused_before_it_does_harm(
    tmp_path: Path, path: str, body: dict[str, Any]
) -> None:
    async def walk() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path_here = path.format(number=tools.identity.phone_number_id)
            assert (await tools.call("POST", f"/_sandbox/{path_here}", body)).status == 400
            assert (await tools.send()).status == 200

    asyncio.run(walk())


def test_a_webhook_of_an_impossible_number_is_not_there(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            for id_ in ("0", "-1", "x", "9" * 5000):
                assert (await tools.call("POST", f"/_sandbox/webhooks/{id_}/repeat")).status == 404

    asyncio.run(walk())


def test_a_proxy_that_names_no_address_is_not_from_here(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            asked = tools.client.get(f"{tools.identity.url}/_sandbox/health")
            response = await asked.header("x-forwarded-for", "unknown").build().send()
            assert response.status == 401

    asyncio.run(walk())
