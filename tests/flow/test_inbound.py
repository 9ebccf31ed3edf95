"""Messages from people: kept once, known by who wrote them, told as events, and what follows from them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.flow.inbound_desk import (
    ALICE,
    BOB,
    DIGITS,
    Desk,
    another_process,
    desk,
    envelope,
    person,
    text,
    value,
)
from trunkline.clock import VirtualClock
from trunkline.housekeeping.chores import CHORES, do_round
from trunkline.store import conversations
from trunkline.store.conversations import Answer

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def story(folder: Path, url: str, tell: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        async with desk(folder / "data", url) as made:
            await tell(made)

    asyncio.run(run())


def ago(seconds: float) -> str:
    return str(int(time.time() - seconds))


def test_a_message_is_told_whole_and_its_sender_becomes_a_contact(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = text("hi", from_user_id="US.1", timestamp="1700000000")
        message["context"] = {"from": DIGITS, "id": "wamid.ours"}
        message["referral"] = {"source_type": "ad", "headline": "Buy"}
        await desk.write(message, contacts=(person("Alice", user_id="US.1"),))
        [event] = await desk.events()
        assert event["event"] == "message.received"
        assert event["lane"] == f"{desk.number.id} {ALICE}"
        assert event["object_id"] == event["id"]
        told = (event["provider_id"], event["type"], event["content"], event["at"])
        assert told == (message["id"], "text", {"body": "hi"}, 1_700_000_000_000)
        assert event["context"] == message["context"]
        assert event["referral"] == message["referral"]
        assert event["extras"] == {"context": message["context"], "referral": message["referral"]}
        contact = event["contact"]
        assert (contact["phone"], contact["user_id"], contact["name"]) == (ALICE, "US.1", "Alice")
        [row] = await desk.rows("inbound", "id, conversation_id, contact_id, address")
        assert row == (event["id"], event["conversation_id"], contact["id"], ALICE)

    story(tmp_path, store_url, tell)


def test_the_same_message_in_another_post_changes_nothing(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = text()
        await desk.write(message, message)
        await desk.write(message, text("another"), contacts=(person("Alicia"),))
        events = await desk.events("message.received")
        assert [event["content"]["body"] for event in events] == ["hello", "another"]
        assert len(await desk.rows("inbound")) == 2
        assert len(await desk.rows("conversations")) == 1

    story(tmp_path, store_url, tell)


def test_two_processes_that_are_told_of_one_message_at_once_keep_it_once(
    postgres_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        async with another_process(desk, postgres_url, tmp_path / "data") as other:
            for n in range(8):
                message = text(sender=f"1555000300{n}", from_user_id=f"US.{n}")
                said = value(messages=[message])
                bodies = [envelope(("messages", said | {"attempt": each})) for each in range(6)]
                await asyncio.gather(
                    *(each.post(*mine) for each, mine in ((desk, bodies[:3]), (other, bodies[3:])))
                )
        assert len(await desk.events("message.received")) == 8
        assert len(await desk.rows("contacts", "id")) == len(await desk.rows("conversations", "id")) == 8

    story(tmp_path, postgres_url, tell)


def test_an_answer_to_a_message_of_ours_names_it(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        sent = await desk.sent(ALICE, "wamid.ours")
        await desk.write(text(context={"from": DIGITS, "id": "wamid.ours"}))
        [event] = await desk.events("message.received")
        assert event["context_message_id"] == sent.id

    story(tmp_path, "", tell)


def test_a_file_of_a_message_is_kept_for_fetching(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        image = {"id": "1003383421387256", "mime_type": "image/jpeg", "sha256": "c2hh"}
        await desk.write({"from": ALICE, "id": "wamid.A", "type": "image", "image": image})
        [event] = await desk.events("message.received")
        [row] = await desk.rows("media", "id, message_id, kind, state, mime_type")
        assert row == ("1003383421387256", event["id"], "image", "pending", "image/jpeg")

    story(tmp_path, "", tell)


def test_a_message_to_somebody_elses_number_is_dropped(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        said = value("999", messages=[text()], contacts=[person()])
        wish = {"wa_id": ALICE, "category": "marketing_messages", "value": "stop"}
        await desk.post(envelope(("messages", said), ("messages", value(messages=[text("mine")]))))
        await desk.post(envelope(("user_preferences", value("999", user_preferences=[wish]))))
        assert [event["content"]["body"] for event in await desk.events()] == ["mine"]
        assert await desk.flagged() == []

    story(tmp_path, "", tell)


def test_a_message_that_tells_no_moment_has_that_of_its_post(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.write(text(timestamp="soon"))
        [event] = await desk.events()
        assert event["at"] == event["received_at"] == event["window_closes_at"] - DAY_MS

    story(tmp_path, "", tell)


# -- who wrote it


def test_two_contacts_become_one_with_all_that_was_said(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        other = await desk.add_number("15550001001", "2", "9")
        await desk.write(text("one"), contacts=())
        hidden = {"id": "wamid.H", "type": "text", "text": {"body": "two"}, "from_user_id": "US.1"}
        await desk.write(hidden, contacts=({"profile": {"name": "Al"}, "user_id": "US.1"},))
        said = value("2", messages=[hidden | {"id": "wamid.I"}])
        await desk.post(envelope(("messages", said)))
        assert len(await desk.rows("contacts")) == 2
        await desk.write(text("three", from_user_id="US.1"))
        [contact] = await desk.rows("contacts", "id, phone, user_id")
        assert contact[1:] == (ALICE, "US.1")
        [changed] = await desk.events("contact.changed")
        assert changed["id"] == contact[0]
        assert len(changed["merged"]) == 1
        assert sorted(changed["addresses"]) == [ALICE, "US.1"]
        talks = await desk.rows("conversations", "number_id, contact_id, id")
        assert sorted(talk[:2] for talk in talks) == sorted(
            [(desk.number.id, contact[0]), (other, contact[0])]
        )
        inbound = await desk.rows("inbound", "conversation_id, contact_id, number_id")
        assert {(row[2], row[1], row[0]) for row in inbound} == set(talks)
        assert len(inbound) == 4

    story(tmp_path, store_url, tell)


def test_a_new_number_moves_the_contact_and_its_window(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.write(text("old", from_user_id="US.1"))
        moved = {"type": "user_changed_number", "wa_id": BOB, "user_id": "US.2", "previous_user_id": "US.1"}
        await desk.write({"from": ALICE, "id": "wamid.S", "type": "system", "system": moved})
        await desk.write(text("new", BOB, from_user_id="US.2"))
        [contact] = await desk.rows("contacts", "id, phone, user_id")
        assert contact[1:] == (BOB, "US.2")
        [changed] = await desk.events("contact.changed")
        assert sorted(changed["addresses"]) == sorted([ALICE, BOB, "US.1", "US.2"])
        events = await desk.events("message.received")
        assert [event["type"] for event in events] == ["text", "system", "text"]
        assert {event["contact"]["id"] for event in events} == {contact[0]}
        assert events[1]["window_closes_at"] is None
        assert events[1]["moved_from"] == [ALICE, "US.1"]
        assert len(await desk.rows("conversations")) == 1

    story(tmp_path, store_url, tell)


def test_a_suppressed_person_stays_so_under_an_address_that_is_learned_later(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.write(text("STOP"))
        moved = {"type": "user_changed_number", "wa_id": BOB}
        await desk.write({"from": ALICE, "id": "wamid.S", "type": "system", "system": moved})
        assert {row[0] for row in await desk.rows("suppressions", "address")} == {ALICE, BOB}

    story(tmp_path, "", tell)


# -- the window


def test_the_window_is_open_for_a_day_from_the_newest_message(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        now = int(ago(0)) * 1000
        for seconds in (HOUR_MS // 1000, 60, 7200, -(10**6)):
            await desk.write(text(timestamp=ago(seconds)))
            [row] = await desk.rows("conversations", "window_closes_at, last_inbound_at")
            newest = {3600: now - HOUR_MS, 60: now - 60_000, 7200: now - 60_000}.get(seconds, now)
            assert abs(row[0] - DAY_MS - newest) < 5000
            assert abs(row[1] - newest) < 5000
        reaction = {
            "from": BOB,
            "id": "wamid.S",
            "type": "system",
            "system": {"type": "user_identity_changed"},
        }
        await desk.write(reaction)
        assert 0 in [row[0] for row in await desk.rows("conversations", "window_closes_at")]

    story(tmp_path, "", tell)


def test_a_message_from_the_future_does_not_outlive_later_news(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.write(text("STOP", timestamp=ago(-(10**6))), contacts=(person("Then"),))
        assert await desk.rows("suppressions", "address") == [(ALICE,)]
        await desk.write(text("START"), contacts=(person("Now"),))
        assert await desk.rows("suppressions", "address") == []
        assert await desk.rows("contacts", "name") == [("Now",)]

    story(tmp_path, "", tell)


def test_what_was_held_for_the_window_is_queued_again_under_any_address(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        await desk.write(text(from_user_id="US.1"))
        held = [await desk.hold(ALICE), await desk.hold("US.1")]
        others = [await desk.hold(BOB), await desk.hold(ALICE, "policy")]
        await desk.write({"id": "wamid.H", "type": "text", "text": {}, "from_user_id": "US.1"})
        assert [(await desk.message(one.id)).state for one in held] == ["queued", "queued"]
        assert [(await desk.message(one.id)).state for one in others] == ["held", "held"]

    story(tmp_path, store_url, tell)


def test_an_advertisement_offers_a_free_entry_window_that_an_answer_in_time_opens(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        async def answered(at: int) -> tuple[Any, ...]:
            answer = Answer(desk.number.id, ALICE, at)
            await desk.store.write(lambda tx: conversations.answered(tx, desk.account_id, [answer]))
            [row] = await desk.rows("conversations", "free_entry_offered_until, free_entry_closes_at")
            return row

        ad = int(ago(60)) * 1000
        await desk.write(text(timestamp=str(ad // 1000), referral={"source_type": "ad"}))
        assert await answered(ad + DAY_MS + 1) == (ad + DAY_MS, None)
        assert await answered(ad + HOUR_MS) == (None, ad + HOUR_MS + 3 * DAY_MS)
        assert await answered(ad + 2 * HOUR_MS) == (None, ad + HOUR_MS + 3 * DAY_MS)
        await desk.write(text())
        sent = await desk.sent(ALICE, "wamid.ours")
        until = str(sent.created_at // 1000 + 7 * 86_400)
        talk = {"id": "1", "expiration_timestamp": until, "origin": {"type": "referral_conversion"}}
        status = {"id": "wamid.ours", "status": "sent", "recipient_id": ALICE, "conversation": talk}
        await desk.post(envelope(("messages", value(statuses=[status]))))
        assert await desk.rows("conversations", "free_entry_closes_at") == [(int(until) * 1000,)]

    story(tmp_path, store_url, tell)


# -- what they want


def test_a_choice_at_the_provider_is_followed_once(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        wish = {"wa_id": ALICE, "category": "marketing_messages", "value": "stop", "timestamp": 1_795_366_800}
        for detail in ("a", "b"):
            await desk.tell("user_preferences", value(user_preferences=[wish | {"detail": detail}]))
        assert await desk.rows("suppressions", "address, scope") == [(ALICE, "marketing")]
        assert len(await desk.rows("consents")) == 1
        again = wish | {"value": "resume", "timestamp": "1795366900"}
        await desk.tell("user_preferences", value(user_preferences=[again, {"value": "stop"}, 7]))
        assert await desk.rows("suppressions") == []
        assert [event["event"] for event in await desk.events()] == ["contact.opted_out", "contact.opted_in"]

    story(tmp_path, store_url, tell)


def test_words_in_a_group_are_no_order(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.write(text("STOP", group_id="group.1"))
        assert await desk.rows("suppressions") == []
        await desk.write(text("STOP"))
        assert [row[0] for row in await desk.rows("suppressions", "address")] == [ALICE]

    story(tmp_path, "", tell)


def test_what_people_wrote_is_kept_for_as_long_as_is_set(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with desk(tmp_path / "data", store_url, clock=clock) as made:
            message, news = text("secret", context={"forwarded": True}), {"decision": "APPROVED"}
            await made.write(message)
            await made.tell("account_review_update", news, time=1)
            left = []
            for days in (0, 31, 340):
                clock.advance(days * DAY_MS)
                await do_round(
                    made.runtime, next(one for one in CHORES if one.name == "inbound"), lambda _: True
                )
                said = await made.rows("inbound", "content, extras")
                left.append((said, len(await made.rows("notices", "digest"))))
                await made.write(message)
            contents = [[(json.loads(row[0]), row[1]) for row in rows] for rows, _ in left]
            assert contents[0] == [({"body": "secret"}, '{"context":{"forwarded":true}}')]
            assert contents[1:] == [[({}, None)], []]
            assert [count for _, count in left] == [1, 0, 0]

    asyncio.run(run())


# -- much, and odd


def test_a_thousand_messages_in_one_post_are_quick(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        told = [text(str(n), f"1555{n % 400:07}", from_user_id=f"US.{n % 400}") for n in range(1000)]
        changes = [("messages", value(messages=[each])) for each in told]
        began = time.perf_counter()
        await desk.post(envelope(*changes))
        seconds = time.perf_counter() - began
        events = await desk.events()
        assert [event["content"]["body"] for event in events] == [str(n) for n in range(1000)]
        assert len(await desk.rows("contacts", "id")) == len(await desk.rows("conversations", "id")) == 400
        assert seconds < 20, seconds

    story(tmp_path, store_url, tell)


def test_a_post_that_is_nested_too_deep_is_set_aside(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        said = envelope(("messages", value(messages=[text("DEEP")])))
        for deep in ('{"a":' * 60 + "1" + "}" * 60, "[" * 500 + "]" * 500, "[" * 100_000 + "]" * 100_000):
            await desk.post(said.replace(b'{"body": "DEEP"}', deep.encode()))
        await desk.post(said.replace(b'{"body": "DEEP"}', b'{"a":' * 40 + b"1" + b"}" * 40))
        assert len(await desk.flagged()) == 3
        assert len(await desk.events("message.received")) == 1

    story(tmp_path, "", tell)
