"""People with phones: what they do reaches the business as webhooks, and changes what happens to sends."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.content.bodies import MESSAGES
from tests.sandbox.rig import PHONE, QUICK, Rig, rig

OTHER = "15550009876"


async def _interactive(tools: Rig, kind: str, action: dict[str, Any]) -> str:
    interactive = {"type": kind, "body": {"text": "Choose"}, "action": action}
    return await tools.sent(type="interactive", text=None, interactive=interactive)


BUTTONS = {
    "buttons": [
        {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
        {"type": "reply", "reply": {"id": "no", "title": "No"}},
    ]
}
LIST = {
    "button": "Choose",
    "sections": [{"title": "Sizes", "rows": [{"id": "s", "title": "Small", "description": "A few"}]}],
}


def test_a_text_of_a_person_reaches_the_business_with_profile_and_ids(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            answer = await tools.act("send", type="text", text={"body": "Grüße & <b>"})
            await tools.receiver.wait_for(lambda got: got.messages)
            value = tools.receiver.facts_of("messages")[0]
            message = value["messages"][0]
            assert message["text"] == {"body": "Grüße & <b>"}
            assert message["from"] == PHONE and message["id"] == answer["message"]["id"]
            assert message["from_user_id"] == value["contacts"][0]["user_id"]
            assert value["contacts"][0] == {
                "profile": {"name": "Handset 1234"},
                "wa_id": PHONE,
                "user_id": answer["handset"]["user_id"],
            }
            assert value["metadata"]["phone_number_id"] == tools.identity.phone_number_id
            assert message["timestamp"].isdecimal()
            assert tools.receiver.forged == 0

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("location", {"latitude": 1.5, "longitude": -2, "name": "Here"}),
        ("contacts", [{"name": {"formatted_name": "Ada"}, "phones": [{"phone": "+15550001"}]}]),
        ("order", {"catalog_id": "1", "product_items": [{"product_retailer_id": "a", "quantity": 2}]}),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{}"}}),
        ("button", {"payload": "P", "text": "T"}),
        ("unsupported", {"type": "poll_creation"}),
        ("system", {"type": "user_identity_changed", "body": "changed"}),
    ],
)
def test_every_kind_of_message_keeps_what_was_in_it(tmp_path: Path, kind: str, content: Any) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("send", type=kind, **{kind: content})
            await tools.receiver.wait_for(lambda got: got.messages)
            message = tools.receiver.messages[0]
            assert message["type"] == kind and message[kind] == content
            assert ("errors" in message) == (kind == "unsupported")

    asyncio.run(walk())


@pytest.mark.parametrize(("kind", "mime_type"), [("image", "image/png"), ("document", "application/pdf")])
def test_a_file_of_a_person_can_be_fetched_by_the_business(tmp_path: Path, kind: str, mime_type: str) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            building = tools.client.post(f"{tools.identity.url}/_sandbox/media?filename=a.bin")
            stored = building.body_bytes(b"the bytes").header("content-type", mime_type)
            media_id = (await (await stored.build().send()).json())["id"]
            await tools.act("send", type=kind, **{kind: {"id": media_id, "caption": "Look"}})
            await tools.receiver.wait_for(lambda got: got.messages)
            file = tools.receiver.messages[0][kind]
            assert file["caption"] == "Look" and file["mime_type"] == mime_type
            got = await tools.client.get(file["url"]).bearer_auth(tools.identity.token).build().send()
            assert bytes(await got.bytes()) == b"the bytes"

    asyncio.run(walk())


def test_a_tapped_button_and_a_chosen_row_name_what_they_answer(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            asked = await _interactive(tools, "button", BUTTONS)
            await tools.act("tap", message_id=asked, title="No")
            listed = await _interactive(tools, "list", LIST)
            await tools.act("choose", message_id=listed, row="s")
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            tapped, chosen = tools.receiver.messages
            no = {"type": "button_reply", "button_reply": {"id": "no", "title": "No"}}
            assert tapped["interactive"] == no
            assert tapped["context"] == {"from": tools.identity.display_phone_number, "id": asked}
            row = {"id": "s", "title": "Small", "description": "A few"}
            assert chosen["interactive"] == {"type": "list_reply", "list_reply": row}

    asyncio.run(walk())


def test_a_quick_reply_is_tapped_on_the_card_of_a_carousel(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            asked = await tools.sent(**MESSAGES["media carousel with quick replies"], text=None)
            await tools.act("tap", message_id=asked, id="c")
            await tools.act("tap", message_id=asked, index=1)
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            chosen = [one["interactive"]["button_reply"]["id"] for one in tools.receiver.messages]
            assert chosen == ["c", "b"]

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ({"do": "tap", "title": "Maybe"}, "Yes, No"),
        ({"do": "choose", "row": "x"}, "no such row"),
        ({"do": "dance"}, "do must be one of"),
        ({}, "do"),
        ({"do": "send", "type": "text", "text": {"body": ""}}, "body"),
        ({"do": "send", "type": "poll", "poll": {}}, "sends one of"),
        ({"do": "send", "type": "image", "image": {"id": "404"}}, "media id"),
        ({"do": "send", "type": "location", "location": {"latitude": 91, "longitude": 0}}, "latitude"),
        ({"do": "react", "message_id": "wamid.none", "emoji": "👍"}, "no message"),
        ({"do": "open", "number": "404"}, "business number"),
        ({"do": "react", "emoji": "abc"}, "one emoji"),
        ({"do": "play"}, "voice note"),
        ({"do": "change_number", "to": "12"}, "7 to 15"),
        ({"do": ["open"]}, "string"),
    ],
)
def test_what_cannot_be_done_is_explained_and_nothing_is_posted(
    tmp_path: Path, action: dict[str, Any], why: str
) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            asked = await _interactive(tools, "button", BUTTONS)
            await tools.receiver.wait_for(lambda got: got.words_of(asked) == ["sent", "delivered", "read"])
            path = f"/_sandbox/handsets/{PHONE}/actions"
            response = await tools.call("POST", path, {"message_id": asked, **action})
            assert response.status == 400
            assert why in (await response.json())["error"]["message"]
            assert tools.receiver.messages == [] and len(await tools.chat()) == 1

    asyncio.run(walk())


def test_a_phone_that_is_off_gets_its_messages_when_it_comes_back(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("offline")
            wamid = await tools.sent()
            await tools.eventually("/_sandbox/health", lambda _: tools.receiver.words_of(wamid) == ["sent"])
            assert await tools.chat() == []
            late = await tools.sent(OTHER)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(late))
            assert tools.receiver.words_of(wamid) == ["sent"]
            await tools.act("online")
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]
            assert [view["id"] for view in await tools.chat()] == [wamid]

    asyncio.run(walk())


def test_what_waits_for_a_phone_survives_a_restart(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("offline")
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: got.words_of(wamid) == ["sent"])
            port = tools.receiver.port
            del port
        async with rig(tmp_path) as tools:
            await tools.act("online")
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            assert "delivered" in tools.receiver.words_of(wamid)

    asyncio.run(walk())


def test_a_held_phone_reads_when_its_chat_is_open_and_not_before(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("hold")
            closed = await tools.sent()
            late = await tools.sent(OTHER)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(late))
            assert tools.receiver.words_of(closed) == ["sent", "delivered"]
            await tools.act("open")
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(closed))
            shown = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(shown))
            assert tools.receiver.words_of(shown) == ["sent", "read"]
            priced = [status["status"] for status in tools.receiver.statuses if "pricing" in status]
            assert priced.count("read") == 1, "where delivered is left out, read carries the price"

    asyncio.run(walk())


def test_a_person_who_blocked_the_business_is_not_reached(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("block")
            blocked = await tools.sent()
            await tools.receiver.wait_for(lambda got: got.words_of(blocked))
            assert tools.receiver.statuses[0]["errors"][0]["code"] == 131026
            path = f"/_sandbox/handsets/{PHONE}/actions"
            written = {"do": "send", "type": "text", "text": {"body": "Hi"}}
            assert (await tools.call("POST", path, written)).status == 400
            await tools.act("unblock")
            reached = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(reached))

    asyncio.run(walk())


def test_what_somebody_writes_whom_the_business_blocked_goes_nowhere(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("send", type="text", text={"body": "before"})
            users = {"messaging_product": "whatsapp", "block_users": [{"user": PHONE}]}
            path = f"/{tools.identity.phone_number_id}/block_users"
            assert (await tools.call("POST", path, users)).status == 200
            await tools.act("send", type="text", text={"body": "blocked"})
            await tools.act("send", OTHER, type="text", text={"body": "of another"})
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            bodies = [message["text"]["body"] for message in tools.receiver.messages]
            assert bodies == ["before", "of another"]
            assert [view["content"]["body"] for view in await tools.chat()] == ["before", "blocked"]

    asyncio.run(walk())


def test_stopping_marketing_is_told_to_the_business(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            for do, value in (("stop_marketing", "stop"), ("resume_marketing", "resume")):
                await tools.act(do)
                await tools.receiver.wait_for(
                    lambda got, value=value: [
                        fact
                        for fact in got.facts_of("user_preferences")
                        if fact["user_preferences"][0]["value"] == value
                    ]
                )
            preference = tools.receiver.facts_of("user_preferences")[0]["user_preferences"][0]
            assert preference["wa_id"] == PHONE and preference["category"] == "marketing_messages"

    asyncio.run(walk())


def test_a_reaction_is_shown_on_its_message_and_can_be_taken_back(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            wamid = await tools.sent()
            await tools.act("react", message_id=wamid, emoji="👍")
            assert (await tools.chat())[0]["reactions"] == [{"from": "handset", "emoji": "👍"}]
            await tools.act("react", message_id=wamid, emoji="")
            assert (await tools.chat())[0]["reactions"] == []
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            given, taken_back = tools.receiver.messages
            assert given["reaction"] == {"message_id": wamid, "emoji": "👍"}
            assert taken_back["reaction"] == {"message_id": wamid}

    asyncio.run(walk())


def test_a_new_number_brings_its_chat_along_and_is_told(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, strict=True) as tools:
            await tools.act("send", type="text", text={"body": "Hi"})
            moved = await tools.act("change_number", to=f"+{OTHER}")
            assert moved["handset"]["address"] == OTHER
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            system = tools.receiver.messages[1]
            assert system["system"]["type"] == "user_changed_number" and system["system"]["wa_id"] == OTHER
            assert "contacts" not in tools.receiver.facts_of("messages")[1]
            reached = await tools.sent(OTHER)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(reached))
            assert [view["type"] for view in await tools.chat(OTHER)] == ["text", "system", "text"]

    asyncio.run(walk())


def test_a_username_hides_the_phone_from_a_business_that_does_not_know_it(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("adopt_username", username="ada")
            await tools.act("send", type="text", text={"body": "Hi"})
            await tools.receiver.wait_for(lambda got: got.messages)
            value = tools.receiver.facts_of("messages")[0]
            assert PHONE not in json.dumps(value["messages"][0]["from_user_id"])
            assert "from" not in value["messages"][0] and "wa_id" not in value["contacts"][0]
            assert value["contacts"][0]["profile"]["username"] == "ada"
            await tools.sent()
            await tools.act("send", type="text", text={"body": "Now you know me"})
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            assert tools.receiver.messages[1]["from"] == PHONE

    asyncio.run(walk())


def test_in_strict_mode_a_message_of_the_person_opens_the_window(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, strict=True) as tools:
            await tools.act("rename", name="Ada")
            early = await tools.sent()
            await tools.receiver.wait_for(lambda got: got.words_of(early))
            assert tools.receiver.statuses[0]["errors"][0]["code"] == 131047
            await tools.act("send", type="text", text={"body": "Hi"})
            reached = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(reached))

    asyncio.run(walk())


def test_a_read_mark_shows_on_the_handset_and_an_unknown_one_is_refused_in_strict_mode(
    tmp_path: Path,
) -> None:
    async def walk() -> None:
        async with rig(tmp_path, strict=True) as tools:
            wamid = (await tools.act("send", type="text", text={"body": "Hi"}))["message"]["id"]
            path = f"/{tools.identity.phone_number_id}/messages"
            mark = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
            assert (await tools.chat())[0]["status"] == "delivered"
            assert (await tools.call("POST", path, mark)).status == 200
            assert (await tools.chat())[0]["status"] == "read"
            unknown = await tools.call("POST", path, {**mark, "message_id": "wamid.none"})
            assert await tools.error_of(unknown) == (400, 131009)

    asyncio.run(walk())


def test_playing_a_voice_note_is_reported_once(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, status_delay_seconds=QUICK) as tools:
            audio = {"id": "1", "voice": True}
            wamid = await tools.sent(type="audio", text=None, audio=audio)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            await tools.act("play", message_id=wamid)
            await tools.receiver.wait_for(lambda got: "played" in got.words_of(wamid))
            await tools.act("play", message_id=wamid)
            await tools.eventually("/_sandbox/health", lambda answer: not answer["pending"])
            assert tools.receiver.words_of(wamid).count("played") == 1

    asyncio.run(walk())


def test_another_web_site_cannot_steer_the_sandbox(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            url = f"{tools.identity.url}/_sandbox/handsets/{PHONE}/actions"
            for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
                building = tools.client.post(url).body_bytes(b'{"do":"block"}')
                for name, value in headers.items():
                    building = building.header(name, value)
                assert (await building.build().send()).status == 403
            rebound = tools.client.get(f"{tools.identity.url}/_sandbox/handsets")
            assert (await rebound.header("host", "evil.example").build().send()).status == 401

    asyncio.run(walk())


def test_the_page_is_there_without_a_token_and_the_root_leads_a_browser_to_it(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, admin_token_required=True) as tools:
            root = tools.client.get(tools.identity.url + "/").header("accept", "text/html,*/*")
            answer = await root.build().send()
            assert answer.status == 200 and "text/html" in answer.headers["content-type"]
            from_elsewhere = tools.client.get(tools.identity.url + "/_sandbox/")
            answer = await from_elsewhere.header("sec-fetch-site", "cross-site").build().send()
            assert answer.status == 200 and "trusted-types" in answer.headers["content-security-policy"]
            assert (await tools.call("GET", "/_sandbox/handsets", token=None)).status == 401
            assert (await tools.call("GET", "/")).status == 400

    asyncio.run(walk())


def test_events_tell_of_messages_and_statuses_as_they_happen(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            host, port = tools.identity.url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET /_sandbox/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode())
            async with asyncio.timeout(30):
                await reader.readuntil(b"listening")
                wamid = await tools.sent()
                heard = await reader.readuntil(b'"status":"read"')
            writer.close()
            assert heard.index(b"event: message") < heard.index(b"event: status")
            assert wamid.encode() in heard and b"event: webhook" in heard

    asyncio.run(walk())
