"""The send endpoint answers as Meta documents: what is taken, what is refused, and in which words."""

import asyncio
import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import PHONE, caller, rig, sandbox_in_a_thread, text_to
from trunkline.sandbox import Identity

LINK = "https://files.example.com/a"
ROW = {"id": "r1", "title": "Row", "description": "More"}
BUTTON = {"type": "reply", "reply": {"id": "b1", "title": "Yes"}}
CONTACT = {
    "name": {"formatted_name": "Ann Example", "first_name": "Ann"},
    "phones": [{"phone": "+15550001111", "type": "CELL", "wa_id": "15550001111"}],
    "org": {"company": "Example"},
    "birthday": "1990-01-31",
}
TEMPLATE = {
    "name": "order_shipped",
    "language": {"code": "en_US", "policy": "deterministic"},
    "components": [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": LINK}}]},
        {
            "type": "BODY",
            "parameters": [
                {"type": "text", "text": "Ann"},
                {
                    "type": "currency",
                    "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1000},
                },
                {"type": "date_time", "date_time": {"fallback_value": "today"}},
            ],
        },
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "0",
            "parameters": [{"type": "payload", "payload": "p"}],
        },
        {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "x/1"}]},
    ],
}


def interactive(kind: str, action: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "interactive",
        "interactive": {"type": kind, "body": {"text": "Choose"}, "action": action, **more},
    }


def listing(*sections: Any, button: str = "Open") -> dict[str, Any]:
    return interactive("list", {"button": button, "sections": list(sections)})


PRODUCTS = {"catalog_id": "1", "sections": [{"title": "S", "product_items": [{"product_retailer_id": "p1"}]}]}

TAKEN: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": "x" * 4096, "preview_url": True}},
    "text without a type": {"type": None, "text": {"body": "x"}},
    "emoji count as characters": {"text": {"body": "😀" * 4096}},
    "image by link": {"type": "image", "image": {"link": LINK, "caption": "c"}},
    "image by id": {"type": "image", "image": {"id": "123"}},
    "video": {"type": "video", "video": {"link": LINK, "caption": "c"}},
    "audio": {"type": "audio", "audio": {"id": "123", "voice": True}},
    "document": {"type": "document", "document": {"link": LINK, "caption": "c", "filename": "a.pdf"}},
    "sticker": {"type": "sticker", "sticker": {"id": "123"}},
    "location": {
        "type": "location",
        "location": {"latitude": "52.1", "longitude": 4.5, "name": "n", "address": "a"},
    },
    "contacts": {"type": "contacts", "contacts": [CONTACT]},
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
    "reaction taken back": {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": ""}},
    "reply": {"context": {"message_id": "wamid.x"}},
    "buttons": interactive(
        "button", {"buttons": [BUTTON]}, header={"type": "image", "image": {"link": LINK}}
    ),
    "list": listing({"title": "S", "rows": [ROW]}),
    "product": {
        "type": "interactive",
        "interactive": {"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "p"}},
    },
    "product list": interactive("product_list", PRODUCTS, header={"type": "text", "text": "Shop"}),
    "call to action": interactive(
        "cta_url", {"name": "cta_url", "parameters": {"display_text": "Go", "url": LINK}}
    ),
    "location request": interactive("location_request_message", {"name": "send_location"}),
    "template": {"type": "template", "template": TEMPLATE},
    "bare template": {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}},
    "nulls count as absent": {"context": None, "recipient_type": "individual"},
    "callback data": {"biz_opaque_callback_data": "x" * 512},
}

REQUIRED = "(#100) The parameter {} is required."

REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no product": ({"messaging_product": None}, 100, REQUIRED.format("messaging_product")),
    "wrong product": (
        {"messaging_product": "sms"},
        100,
        '(#100) Param messaging_product must be one of {WHATSAPP} - got "sms".',
    ),
    "no recipient": ({"to": None}, 100, REQUIRED.format("to")),
    "letters in the number": ({"to": "+1555CALLME"}, 131009, "Recipient phone number is malformed"),
    "digits of another script": ({"to": "١٥٥٥٠٠٠١٢٣٤"}, 131009, "Recipient phone number is malformed"),
    "short number": ({"to": "123456"}, 131009, "Recipient phone number is malformed"),
    "unknown type": ({"type": "fax"}, 100, '- got "fax".'),
    "no text": ({"text": None}, 100, REQUIRED.format("text['body']")),
    "empty text": ({"text": {"body": ""}}, 100, REQUIRED.format("text['body']")),
    "text is a number": ({"text": {"body": 7}}, 100, "(#100) Param text['body'] must be a string."),
    "long text": (
        {"text": {"body": "x" * 4097}},
        100,
        "(#100) Param text['body'] must be at most 4096 characters long.",
    ),
    "unknown member": (
        {"text": {"body": "x", "colour": "red"}},
        100,
        '(#100) Unexpected key "colour" on param "text".',
    ),
    "caption on audio": (
        {"type": "audio", "audio": {"id": "1", "caption": "c"}},
        100,
        '(#100) Unexpected key "caption" on param "audio".',
    ),
    "neither id nor link": ({"type": "image", "image": {}}, 100, "exactly one of id and link"),
    "both id and link": (
        {"type": "image", "image": {"id": "1", "link": LINK}},
        100,
        "exactly one of id and link",
    ),
    "odd link": ({"type": "image", "image": {"link": "ftp://x"}}, 131009, "not a valid URL"),
    "long caption": (
        {"type": "image", "image": {"id": "1", "caption": "c" * 1025}},
        100,
        "at most 1024 characters",
    ),
    "no latitude": (
        {"type": "location", "location": {"longitude": 1}},
        100,
        REQUIRED.format("location['latitude']"),
    ),
    "latitude is a word": (
        {"type": "location", "location": {"latitude": "north", "longitude": 1}},
        100,
        "must be a number",
    ),
    "off the globe": (
        {"type": "location", "location": {"latitude": 91, "longitude": 1}},
        131009,
        "between -90 and 90",
    ),
    "no contacts": ({"type": "contacts", "contacts": []}, 100, "at least 1 elements"),
    "contact without a second name": (
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}}]},
        131009,
        "one more part",
    ),
    "reaction to nothing": (
        {"type": "reaction", "reaction": {"emoji": "x"}},
        100,
        REQUIRED.format("reaction['message_id']"),
    ),
    "four buttons": (
        interactive("button", {"buttons": [BUTTON] * 4}),
        131009,
        "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3",
    ),
    "long button": (
        interactive("button", {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "x" * 21}}]}),
        131009,
        "Button title length invalid. Min length: 1, Max length: 20",
    ),
    "twin buttons": (interactive("button", {"buttons": [BUTTON, BUTTON]}), 131009, "Duplicate button title"),
    "eleven rows": (
        listing({"title": "S", "rows": [{"id": str(n), "title": "r"} for n in range(11)]}),
        131009,
        "Total row count exceed max allowed count: 10",
    ),
    "long row": (
        listing({"title": "S", "rows": [{"id": "1", "title": "x" * 25}]}),
        131009,
        "Row title is too long. Max length is 24",
    ),
    "untitled sections": (
        listing({"rows": [ROW]}, {"rows": [{**ROW, "id": "2"}]}),
        131009,
        "Section title is required",
    ),
    "product list without header": (interactive("product_list", PRODUCTS), 131008, "Header is required"),
    "media header on a list": (
        {
            "type": "interactive",
            "interactive": {
                **listing({"rows": [ROW]})["interactive"],
                "header": {"type": "image", "image": {"id": "1"}},
            },
        },
        131009,
        "Header type IMAGE",
    ),
    "template without a name": (
        {"type": "template", "template": {"language": {"code": "en"}}},
        100,
        "Parameter name is missing or empty",
    ),
    "template with an odd name": (
        {"type": "template", "template": {"name": "Hello World", "language": {"code": "en"}}},
        132001,
        "template name (Hello World) does not exist in en",
    ),
    "template text without text": (
        {
            "type": "template",
            "template": {**TEMPLATE, "components": [{"type": "body", "parameters": [{"type": "text"}]}]},
        },
        131008,
        "Parameter of type text is missing text value",
    ),
    "long callback data": ({"biz_opaque_callback_data": "x" * 513}, 100, "at most 512 characters"),
    "a group": ({"recipient_type": "group"}, 131005, "groups"),
    "unsupported type": ({"type": "pin"}, 131051, "not supported"),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with sandbox_in_a_thread(tmp_path_factory.mktemp("sandbox")) as identity:
        yield identity


@pytest.mark.parametrize("name", TAKEN)
def test_meta_takes(shared: Identity, name: str) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            response = await tools.send(**TAKEN[name])
            answer = await response.json()
            assert response.status == 200, answer
            assert answer["messaging_product"] == "whatsapp"
            assert answer["contacts"] == [{"input": PHONE, "wa_id": PHONE}]
            row = (await tools.ledger(PHONE))[-1]
            kind = TAKEN[name].get("type") or "text"
            assert (row["wamid"], row["to"], row["type"]) == (answer["messages"][0]["id"], PHONE, kind)
            assert ("message_status" in answer["messages"][0]) == (kind == "template")

    asyncio.run(scenario())


@pytest.mark.parametrize("name", REFUSED)
def test_meta_refuses(shared: Identity, name: str) -> None:
    async def scenario() -> None:
        members, code, words = REFUSED[name]
        async with caller(shared) as tools:
            before = await tools.count()
            response = await tools.send(**{"to": PHONE, **members})
            error = (await response.json())["error"]
            assert (response.status, error["code"]) == ({132001: 404, 131005: 403}.get(code, 400), code)
            assert error["type"] == "OAuthException"
            assert error["fbtrace_id"]
            assert words in error["message"] + error.get("error_data", {}).get("details", "")
            assert await tools.count() == before

    asyncio.run(scenario())


def mutate(body: Any, chance: random.Random) -> Any:
    """The same body with one or two members taken out, or made into something senseless."""
    junk = [
        None,
        "",
        "x" * 5000,
        -1,
        10**30,
        1e308,
        True,
        [],
        {},
        [[]],
        {"type": "text"},
        "\u0000",
        "\ud83d\ude00",
    ]
    if isinstance(body, dict) and body and chance.random() < 0.8:
        key = chance.choice(list(body))
        return {**body, key: mutate(body[key], chance)}
    if isinstance(body, list) and body and chance.random() < 0.8:
        return [mutate(item, chance) for item in body] * chance.choice((1, 1, 300))
    return chance.choice(junk)


def test_nothing_that_a_body_says_makes_the_emulator_fail(shared: Identity) -> None:
    async def scenario() -> None:
        chance = random.Random(5)
        async with caller(shared) as tools:
            seen = set()
            for _ in range(1500):
                members = TAKEN[chance.choice(list(TAKEN))]
                body = mutate(text_to(PHONE, **members), chance)
                response = await tools.call("POST", f"/{shared.phone_number_id}/messages", body or {})
                seen.add(response.status)
                assert response.status < 500, (body, await response.text())
            assert {200, 400} <= seen

    asyncio.run(scenario())


def test_the_id_has_the_documented_shape(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            wamid = await tools.sent()
            raw = base64.b64decode(wamid.removeprefix("wamid."), validate=True)
            assert raw.startswith(b"\x1c\x18\x0b15550001234\x15\x02\x00\x11\x18\x12")
            assert len(raw) == 14 + 6 + 18 + 1
            assert raw.endswith(b"\x00")

    asyncio.run(scenario())


def test_phone_decoration_is_tolerated_and_the_input_comes_back_as_sent(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            answer = await (await tools.send("+1 (555) 000-1234")).json()
            assert answer["contacts"] == [{"input": "+1 (555) 000-1234", "wa_id": PHONE}]
            assert (await tools.ledger("%2B15550001234"))[-1]["wamid"] == answer["messages"][0]["id"]

    asyncio.run(scenario())


def test_a_user_id_may_stand_instead_of_a_phone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            answer = await (await tools.send(to=None, recipient="US.1349abc")).json()
            assert answer["contacts"] == [{"input": "US.1349abc", "user_id": "US.1349abc"}]
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            assert all("recipient_id" not in status for status in tools.receiver.statuses)
            assert {status["recipient_user_id"] for status in tools.receiver.statuses} == {"US.1349abc"}
            both = await (await tools.send(recipient="US.1349abc")).json()
            assert both["contacts"] == [{"input": PHONE, "wa_id": PHONE, "user_id": "US.1349abc"}]

    asyncio.run(scenario())


def test_any_version_and_none_is_served(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            node = tools.identity.phone_number_id
            for prefix, version in (("/v16.0", "v21.0"), ("/v26.0", "v26.0"), ("", "v26.0")):
                response = await tools.call("POST", f"{prefix}/{node}/messages", text_to(PHONE))
                assert response.status == 200
                assert response.get_header("facebook-api-version") == version

    asyncio.run(scenario())


def test_tokens_are_checked_and_may_stand_in_the_query(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            path = f"/v25.0/{tools.identity.phone_number_id}/messages"
            for token in ("wrong", None):
                response = await tools.call("POST", path, text_to(PHONE), token=token)
                assert await tools.error_of(response) == (401, 190)
            query = f"{path}?access_token={tools.identity.token}"
            assert (await tools.call("POST", query, text_to(PHONE), token=None)).status == 200

    asyncio.run(scenario())


def test_unknown_nodes_and_paths_answer_as_graph_does(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            for method in ("GET", "POST", "DELETE"):
                error = (await (await tools.call(method, "/v25.0/12345/messages")).json())["error"]
                assert (error["code"], error["error_subcode"], error["type"]) == (
                    100,
                    33,
                    "GraphMethodException",
                )
                assert f"Unsupported {method.lower()} request. Object with ID '12345'" in error["message"]
            node = tools.identity.phone_number_id
            assert await tools.error_of(await tools.call("GET", f"/{node}/messages")) == (400, 100)
            assert await tools.error_of(await tools.call("GET", f"/{node}/nothing")) == (400, 2500)
            assert await tools.error_of(await tools.call("GET", "/")) == (400, 2500)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"messaging_product":"whatsapp","to":"\\ud800"}',
    ],
)
def test_a_body_that_is_no_object_has_no_parameters(shared: Identity, body: bytes) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            path = f"/v25.0/{tools.identity.phone_number_id}/messages"
            error = (await (await tools.call("POST", path, body)).json())["error"]
            assert error["message"] == "(#100) The parameter messaging_product is required."

    asyncio.run(scenario())


def test_a_body_over_a_megabyte_is_refused(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            response = await tools.send(text={"body": "x" * 1_100_000})
            assert await tools.error_of(response) == (400, 1)

    asyncio.run(scenario())


def test_a_form_with_json_inside_is_understood(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            form = {"messaging_product": "whatsapp", "to": "+15550001234", "text": '{"body":"from a form"}'}
            building = tools.client.post(f"{tools.identity.url}/{tools.identity.phone_number_id}/messages")
            response = await building.bearer_auth(tools.identity.token).form(form).build().send()
            assert response.status == 200
            wamid = (await response.json())["messages"][0]["id"]
            kept = await (await tools.call("GET", f"/_sandbox/messages/{wamid}")).json()
            assert kept["body"]["text"] == {"body": "from a form"}

    asyncio.run(scenario())


def test_a_read_mark_succeeds_and_is_no_send(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            before = await tools.count()
            path = f"/{tools.identity.phone_number_id}/messages"
            mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.abc"}
            for body in (mark, {**mark, "typing_indicator": {"type": "text"}}):
                response = await tools.call("POST", path, body)
                assert (response.status, await response.json()) == (200, {"success": True})
            response = await tools.call("POST", path, {**mark, "message_id": "abc"})
            assert await tools.error_of(response) == (400, 131009)
            assert await tools.count() == before

    asyncio.run(scenario())


def test_the_business_cannot_write_to_itself(shared: Identity) -> None:
    async def scenario() -> None:
        async with caller(shared) as tools:
            response = await tools.send(tools.identity.display_phone_number)
            assert await tools.error_of(response) == (400, 131021)

    asyncio.run(scenario())


def test_the_stored_body_is_the_one_that_was_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            wamid = await tools.sent(biz_opaque_callback_data="k", text={"body": "grüße 👋"})
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            kept = await (await tools.call("GET", f"/_sandbox/messages/{wamid}")).json()
            assert kept["body"] == text_to(PHONE, biz_opaque_callback_data="k", text={"body": "grüße 👋"})
            assert [status["status"] for status in kept["statuses"]] == ["sent", "delivered", "read"]
            assert all(status["posted"] for status in kept["statuses"])
            assert json.loads(json.dumps(kept["callback_data"])) == "k"
            assert (await tools.call("GET", "/_sandbox/messages/wamid.none")).status == 404

    asyncio.run(scenario())
