"""Messages from people: every type of Meta's list, and shapes that nobody knows."""

import json
from typing import Any

import msgspec
import pytest

from trunkline.channels.contract import Received
from trunkline.channels.whatsapp_cloud import webhooks

FILE = {"mime_type": "image/jpeg", "sha256": "c2hh", "id": "1003383421387256", "url": "https://cdn.example/1"}
CONTEXT = {"from": "15550001000", "id": "wamid.ours"}

CONTENTS: dict[str, Any] = {
    "text": {"body": "hi"},
    "image": FILE | {"caption": "look"},
    "video": FILE,
    "audio": FILE | {"mime_type": "audio/ogg; codecs=opus", "voice": True},
    "document": FILE | {"filename": "a.pdf"},
    "sticker": FILE | {"animated": False},
    "location": {"latitude": 12.5, "longitude": -3, "name": "Here"},
    "contacts": [{"name": {"formatted_name": "A"}, "phones": [{"phone": "+1"}]}],
    "button": {"payload": "P", "text": "Yes"},
    "order": {"catalog_id": "1", "product_items": [{"product_retailer_id": "a", "item_price": 1.5}]},
    "reaction": {"message_id": "wamid.ours", "emoji": "👍"},
    "unsupported": {"type": "poll_creation"},
    "edit": {"original_message_id": "wamid.before", "message": {"type": "text", "text": {"body": "hello"}}},
    "revoke": {"original_message_id": "wamid.before"},
    "hologram": {"depth": [1, {"of": None}]},
}  # fmt: skip


def read(*messages: Any, **members: Any) -> list[Received]:
    value = {"metadata": {"phone_number_id": "1"}, "messages": list(messages)} | members
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    return list(webhooks.parse(json.dumps(body).encode()).received)


def message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    made = {"from": "15550001234", "id": "wamid.A", "timestamp": "1795366800", "type": kind, kind: content}
    return made | more


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_message_of_any_type_keeps_its_content_as_it_came(kind: str) -> None:
    [got] = read(message(kind, CONTENTS[kind], context=CONTEXT, errors=[{"code": 131051}]))
    assert (got.type, got.content, got.sender.phone) == (kind, CONTENTS[kind], "15550001234")
    assert got.extras == {"context": CONTEXT, "errors": [{"code": 131051}]}
    assert (got.provider_id, got.at) == ("wamid.A", 1_795_366_800_000)


@pytest.mark.parametrize("content", [None, 7, "text", [], [1], True, 1.5, {"": {}}])
def test_content_may_be_anything(content: Any) -> None:
    for kind in ("text", "image", "interactive", "button", "reaction", "system", "hologram"):
        [got] = read(message(kind, content))
        assert got.content == content
        assert (got.reads, got.media) == (None, None)


def test_half_a_character_costs_that_character() -> None:
    [one, other] = read(message("text", {"body": "cut \ud83d"}), message("text", {"body": "whole 👍\x00"}))
    assert (one.content, other.content) == ({"body": "cut ?"}, {"body": "whole 👍\ufffd"})


def test_a_message_without_content_or_type_is_kept() -> None:
    [got] = read({"from": "15550001234", "id": "wamid.A", "type": "gif"})
    assert (got.type, got.content, got.at) == ("gif", {}, 0)
    [got] = read({"from": "15550001234", "id": "wamid.A", "video_note": {"id": "1"}})
    assert (got.type, got.extras) == ("unknown", {"video_note": {"id": "1"}})


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "wamid.A", "type": "text", "text": {"body": "hi"}},
        {"from": "15550001234", "type": "text", "text": {"body": "hi"}},
        {"from": "somebody", "id": "wamid.A"},
        {"from": 15550001234, "id": "wamid.A"},
        {"from": "15550001234", "id": ""},
        {"from": "15550001234", "id": "w" * 600},
    ],
)
def test_what_has_no_id_or_no_sender_is_only_counted(odd: dict[str, Any]) -> None:
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": "1"}, "messages": [odd]}}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    parsed = webhooks.parse(json.dumps(body).encode())
    assert (parsed.received, parsed.unread) == ((), 1)


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("text", {"body": "STOP"}, "STOP"),
        ("button", {"payload": "P", "text": "Stop promotions"}, "Stop promotions"),
        ("button", {"payload": "STOP", "text": ""}, "STOP"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Stop"}}, "Stop"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Stop"}}, "Stop"),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent"}}, None),
        ("image", FILE | {"caption": "STOP"}, None),
    ],
)
def test_the_words_that_somebody_wrote_or_chose_are_read(kind: str, content: Any, words: str | None) -> None:
    [got] = read(message(kind, content))
    assert got.reads == words


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_a_file_is_named_for_fetching(kind: str) -> None:
    [got] = read(message(kind, CONTENTS[kind]))
    assert got.media is not None
    assert (got.media.id, got.media.kind, got.media.sha256) == (FILE["id"], kind, "c2hh")
    assert got.media.file_name == CONTENTS[kind].get("filename")


def test_what_a_message_is_about_is_read() -> None:
    assert read(message("text", {"body": "a"}, context=CONTEXT))[0].context_id == "wamid.ours"
    assert read(message("text", {"body": "a"}, context={"forwarded": True}))[0].context_id is None
    assert read(message("reaction", {"message_id": "wamid.B"}))[0].context_id == "wamid.B"
    assert read(message("revoke", {"original_message_id": "wamid.C"}))[0].context_id == "wamid.C"


def test_only_an_advertisement_offers_a_free_entry_window() -> None:
    assert read(message("text", {"body": "a"}, referral={"source_type": "ad"}))[0].is_free_entry
    assert not read(message("text", {"body": "a"}, referral={"source_type": "post"}))[0].is_free_entry
    assert not read(message("text", {"body": "a"}))[0].is_free_entry


def test_what_somebody_writes_opens_the_window_and_what_is_told_of_them_does_not() -> None:
    opening = {kind for kind in CONTENTS if read(message(kind, CONTENTS[kind]))[0].opens_window}
    assert opening == CONTENTS.keys() - {"edit", "revoke"}
    assert not read(message("system", {"type": "user_identity_changed"}))[0].opens_window
    assert not read(message("text", {"body": "a"}, group_id="g"))[0].opens_window


def test_a_sender_is_found_among_the_contacts_beside_the_message() -> None:
    contacts = [
        {"profile": {"name": "Bob"}, "wa_id": "15550009999"},
        {"profile": {"name": "Alice", "username": "al"}, "wa_id": "15550001234", "user_id": "US.1"},
    ]
    [got] = read(message("text", {}), contacts=contacts)
    assert msgspec.structs.astuple(got.sender) == ("15550001234", "US.1", None, "Alice", "al")
    hidden = {
        "id": "wamid.A",
        "type": "text",
        "text": {},
        "from_user_id": "US.2",
        "from_parent_user_id": "US.ENT.1",
    }
    [got] = read(hidden, contacts=[{"profile": {"username": "bo"}, "user_id": "US.2"}])
    assert msgspec.structs.astuple(got.sender) == (None, "US.2", "US.ENT.1", None, "bo")
    [got] = read(message("text", {}), contacts=contacts[:1])
    assert got.sender.name is None


def test_a_new_number_and_a_new_user_id_name_the_former_ones() -> None:
    system = {
        "type": "user_changed_number",
        "wa_id": "15550005555",
        "user_id": "US.2",
        "previous_user_id": "US.1",
    }
    [got] = read(message("system", system))
    assert (got.sender.phone, got.sender.user_id) == ("15550005555", "US.2")
    assert got.moved_from == ("15550001234", "US.1")
    [got] = read(
        message("system", {"type": "user_changed_user_id", "user_id": "US.2", "previous_user_id": "US.1"})
    )
    assert (got.sender.phone, got.sender.user_id, got.moved_from) == ("15550001234", "US.2", ("US.1",))
    [got] = read(message("system", {"type": "customer_changed_number", "new_wa_id": "15550005555"}))
    assert (got.sender.phone, got.moved_from) == ("15550005555", ("15550001234",))
    [got] = read(message("system", {"type": "user_identity_changed", "user_id": "US.9"}))
    assert (got.sender.phone, got.sender.user_id, got.moved_from) == ("15550001234", None, ())


def test_a_call_that_a_person_makes_is_told_like_a_message() -> None:
    call = {"id": "wacid.1", "from": "15550001234", "timestamp": "1795366800", "direction": "USER_INITIATED"}
    told = [
        call | {"event": "connect"},
        call | {"event": "terminate"},
        call | {"direction": "BUSINESS_INITIATED"},
    ]
    change = {"field": "calls", "value": {"metadata": {"phone_number_id": "1"}, "calls": told}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    parsed = webhooks.parse(json.dumps(body).encode())
    assert [(got.type, got.provider_id, got.opens_window) for got in parsed.received] == [
        ("call", "wacid.1", True)
    ]
    assert parsed.unread == 2
