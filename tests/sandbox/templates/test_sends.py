"""Sends of templates: held to the definition, refused by status, priced and limited by category."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import PHONE, Rig, caller, rig, sandbox_in_a_thread
from tests.sandbox.templates.drafts import (
    BODY,
    BODY_2,
    NAMED_BODY,
    account,
    approved,
    ask,
    button,
    draft,
    header,
    media,
    review,
    sample_id,
    submit,
    template,
    texts,
)
from trunkline.sandbox import Identity

NAME = ("first_name", "order_id")
ORDER = (media("document"), texts("body", "Ada", "A-1"), button("url", 0, "text", "A-1"))
OFFER_ENDS = {
    "type": "limited_time_offer",
    "parameters": [
        {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1795366800000}}
    ],
}
COUPON = button("copy_code", 0, "coupon_code", "LAMP25")
OFFER = (media("image"), OFFER_ENDS, texts("body", "Ada"), COUPON, button("url", 1, "text", "LAMP25"))


def card(place: int, *components: dict[str, Any]) -> dict[str, Any]:
    return {"card_index": place, "components": list(components)}


def cards(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "carousel", "cards": list(items)}


CARD = (media("image"), button("quick_reply", 0, "payload", "more"), button("url", 1, "text", "17"))
CAROUSEL = (texts("body", "Ada"), cards(card(0, *CARD), card(1, *CARD)))
LOGIN = (texts("body", "123456"), button("url", 0, "text", "123456"))
ARRIVAL = (media("image"), texts("body", "Ada"), button("url", 0, "text", "lamp"))


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with sandbox_in_a_thread(tmp_path_factory.mktemp("sandbox")) as known:
        yield known


GOOD = {
    "hello_world": template("hello_world"),
    "order": template("sample_order_update", *ORDER),
    "arrival": template("sample_new_arrival", *ARRIVAL),
    "arrival with payload": template(
        "sample_new_arrival", *ARRIVAL, button("quick_reply", 1, "payload", "tell")
    ),
    "login": template("sample_login_code", *LOGIN),
    "carousel": template("sample_carousel", *CAROUSEL),
    "offer": template("sample_limited_offer", *OFFER),
    "unknown": template("nobody_knows_it", texts("body", "a", "b", "c"), language="de"),
}


@pytest.mark.parametrize("case", GOOD)
def test_every_sample_can_be_sent(case: str, identity: Identity) -> None:
    async def scenario() -> None:
        async with caller(identity) as tools:
            response = await tools.send(**GOOD[case])
            answer = await response.json()
            assert response.status == 200, answer
            assert answer["messages"][0]["message_status"] == "accepted"

    asyncio.run(scenario())


# Case → the send, the HTTP status, the code, and words that the details contain.
BAD: dict[str, tuple[dict[str, Any], int, int, str]] = {
    "too many": (
        template("hello_world", texts("body", "x")),
        400,
        132000,
        "body: number of localizable_params (1)",
    ),
    "too few": (
        template("sample_order_update", ORDER[0], ORDER[2]),
        400,
        132000,
        "expected number of params (2)",
    ),
    "no header": (
        template("sample_order_update", *ORDER[1:]),
        400,
        132012,
        "expected DOCUMENT, received UNKNOWN",
    ),
    "wrong header": (
        template("sample_order_update", media("image"), *ORDER[1:]),
        400,
        132012,
        "expected DOCUMENT, received IMAGE",
    ),
    "parameter of a fixed header": (
        template("hello_world", texts("header", "x")),
        400,
        132000,
        "header: number of localizable_params (1)",
    ),
    "no link": (
        template("sample_order_update", *ORDER[:2]),
        400,
        131008,
        "Button at index 0 of type Url requires a parameter",
    ),
    "no coupon": (template("sample_limited_offer", *OFFER[:3], OFFER[4]), 400, 131008, "CopyCode"),
    "no expiry": (template("sample_limited_offer", OFFER[0], *OFFER[2:]), 400, 131008, "expiration_time_ms"),
    "offer of another": (template("hello_world", OFFER_ENDS), 400, 132012, "limited_time_offer"),
    "no such button": (template("hello_world", button("url", 0, "text", "x")), 400, 132012, "index 0"),
    "reply without the link": (
        template("sample_new_arrival", *ARRIVAL[:2], button("quick_reply", 1, "payload", "x")),
        400,
        131008,
        "Url",
    ),
    "other kind": (
        template("sample_new_arrival", *ARRIVAL, button("url", 1, "text", "x")),
        400,
        132012,
        "expected QUICK_REPLY",
    ),
    "no cards": (template("sample_carousel", CAROUSEL[0]), 400, 132012, "number of cards (0)"),
    "one card": (
        template("sample_carousel", CAROUSEL[0], cards(card(0, *CARD))),
        400,
        132012,
        "number of cards (1)",
    ),
    "bare card": (
        template("sample_carousel", CAROUSEL[0], cards(card(0, *CARD), card(1, *CARD[1:]))),
        400,
        132012,
        "IMAGE",
    ),
    "carousel of another": (template("hello_world", cards(card(0, *CARD))), 400, 132012, "carousel"),
    "long code": (
        template("sample_login_code", LOGIN[0], button("url", 0, "text", "1" * 16)),
        400,
        132018,
        "limit 15",
    ),
    "login without a button": (template("sample_login_code", LOGIN[0]), 400, 131008, "index 0"),
    "long text": (
        template("sample_order_update", ORDER[0], texts("body", "a" * 1000, "A-1"), ORDER[2]),
        400,
        132005,
        "1024",
    ),
    "line break": (
        template("sample_order_update", ORDER[0], texts("body", "A\nB", "A-1"), ORDER[2]),
        400,
        132018,
        "new-line",
    ),
    "language": (template("hello_world", language="es"), 404, 132001, "(hello_world) does not exist in es"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_send_that_does_not_fit_its_template_is_refused(case: str, identity: Identity) -> None:
    async def scenario() -> None:
        async with caller(identity) as tools:
            send, status, code, words = BAD[case]
            response = await tools.send(**send)
            error = (await response.json())["error"]
            assert (response.status, error["code"]) == (status, code), error
            assert words in error["error_data"]["details"]

    asyncio.run(scenario())


async def refused(tools: Rig, **members: Any) -> tuple[int, int]:
    return await tools.error_of(await tools.send(**members))


def test_named_parameters_are_known_by_their_names(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            await approved(tools, draft(NAMED_BODY, parameter_format="NAMED"))
            await tools.sent(**template("parcel_update", texts("body", "A-1", "Ada", names=NAME[::-1])))
            unnamed = template("parcel_update", texts("body", "Ada", "A-1"))
            error = (await (await tools.send(**unnamed)).json())["error"]
            assert error["error_data"]["details"] == "Parameter name is missing or empty"
            other = template("parcel_update", texts("body", "Ada", "A-1", names=("first_name", "colour")))
            assert await refused(tools, **other) == (400, 132012)
            last = (await tools.chat())[-1]
            assert last["template"]["body"] == "Hi Ada, your order A-1 is on its way to you."

    asyncio.run(scenario())


def test_a_header_variable_is_counted_and_limited(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            await approved(tools, draft(header("Order {{1}}", "A-1"), BODY))
            await tools.sent(**template("parcel_update", texts("header", "A-1")))
            assert await refused(tools, **template("parcel_update")) == (400, 132000)
            long = template("parcel_update", texts("header", "a" * 60))
            assert await refused(tools, **long) == (400, 132005)

    asyncio.run(scenario())


def test_a_template_of_a_body_alone_may_grow_long(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            await approved(tools, draft(BODY_2))
            await tools.sent(**template("parcel_update", texts("body", "a" * 20_000, "A-1")))
            await refused(tools, **template("parcel_update", texts("body", "a" * 32_768, "A-1")))

    asyncio.run(scenario())


def test_only_an_approved_template_can_be_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, review_seconds=None) as tools:
            id_ = await submit(tools, draft())
            send = template("parcel_update")
            assert await refused(tools, **send) == (404, 132001)
            for event, expected in (
                ("REJECTED", (404, 132001)),
                ("APPROVED", None),
                ("PAUSED", (400, 132015)),
                ("DISABLED", (400, 132016)),
            ):
                await review(tools, id_, event)
                if expected is None:
                    await tools.sent(**send)
                else:
                    assert await refused(tools, **send) == expected

    asyncio.run(scenario())


def test_unknown_templates_are_132001_when_the_switch_is_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            await tools.sent(**template("nobody_knows_it"))
            await ask(tools, "PATCH", "/_sandbox/rules", {"templates": True})
            assert await refused(tools, **template("nobody_knows_it")) == (404, 132001)
            await tools.sent(**template("hello_world"))

    asyncio.run(scenario())


def test_a_code_is_not_sent_to_a_user_id(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            to = {"messaging_product": "whatsapp", "recipient": "US.13491208655302741918", "type": "template"}
            body_ = {**to, "template": template("sample_login_code", *LOGIN)["template"]}
            path = f"/{tools.identity.phone_number_id}/messages"
            assert await tools.error_of(await tools.call("POST", path, body_)) == (400, 131062)
            other = {**to, "template": template("hello_world")["template"]}
            assert (await tools.call("POST", path, other)).status == 200

    asyncio.run(scenario())


async def first_status(tools: Rig, wamid: str) -> dict[str, Any]:
    await tools.receiver.wait_for(lambda seen: seen.words_of(wamid))
    return next(status for status in tools.receiver.statuses if status["id"] == wamid)


def test_statuses_are_priced_by_the_category(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            for send, category in (
                (template("sample_new_arrival", *ARRIVAL), "marketing"),
                (template("sample_login_code", *LOGIN), "authentication"),
                (template("hello_world"), "utility"),
                (template("nobody_knows_it"), "utility"),
                ({"category": "utility"}, "utility"),
                ({}, "service"),
            ):
                status = await first_status(tools, await tools.sent(**send))
                assert status["pricing"]["category"] == category
                kind = "free_customer_service" if category == "service" else "regular"
                assert status["pricing"]["type"] == kind
                assert status["pricing"]["billable"] is (category != "service")

    asyncio.run(scenario())


def test_marketing_stops_where_it_should(tmp_path: Path) -> None:
    marketing = template("sample_new_arrival", *ARRIVAL)

    async def code_of(tools: Rig, to: str, **send: Any) -> int | None:
        status = await first_status(tools, await tools.sent(to, **send))
        return status["errors"][0]["code"] if "errors" in status else None

    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            await tools.act("stop_marketing")
            assert await code_of(tools, PHONE, **marketing) == 131050
            assert await code_of(tools, PHONE, **template("hello_world")) is None
            await tools.act("resume_marketing")
            await ask(tools, "PATCH", "/_sandbox/rules", {"marketing_per_day": 2})
            assert [await code_of(tools, PHONE, **marketing) for _ in range(3)] == [None, None, 131049]
            assert await code_of(tools, "15550004321", **marketing) is None
            await ask(tools, "PATCH", "/_sandbox/rules", {"marketing_per_day": None, "us_marketing": False})
            assert await code_of(tools, PHONE, **marketing) == 131049
            assert await code_of(tools, "4915550001234", **marketing) is None
            assert await code_of(tools, "14165550123", **marketing) is None  # Toronto

    asyncio.run(scenario())


def test_pacing_holds_the_rest_of_a_new_marketing_template(tmp_path: Path) -> None:
    marketing = template("sample_new_arrival", *ARRIVAL)

    async def status_of(tools: Rig) -> tuple[str, str]:
        (message,) = (await (await tools.send(**marketing)).json())["messages"]
        return message["id"], message["message_status"]

    async def scenario() -> None:
        async with rig(tmp_path, pacing=1, pacing_hold_seconds=1.0) as tools:
            first, status = await status_of(tools)
            assert status == "accepted"
            held, status = await status_of(tools)
            assert status == "held_for_quality_assessment"
            await tools.receiver.wait_for(lambda seen: len(seen.words_of(first)) == 3)
            assert tools.receiver.words_of(held) == []
            id_ = await sample_id(tools, "sample_new_arrival")
            await review(tools, id_, "PAUSED")
            assert (await first_status(tools, held))["errors"][0]["code"] == 132015
            await review(tools, id_, "REINSTATED")
            await ask(tools, "POST", f"/_sandbox/templates/{id_}/quality", {"score": "GREEN"})
            assert (await status_of(tools))[1] == "accepted"

    asyncio.run(scenario())


def test_what_was_held_goes_out_when_the_hold_is_over(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, pacing=0, pacing_hold_seconds=0.1) as tools:
            wamid = await tools.sent(**template("sample_new_arrival", *ARRIVAL))
            await tools.receiver.wait_for(lambda seen: len(seen.words_of(wamid)) == 3)
            assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]

    asyncio.run(scenario())


def test_a_template_sent_to_a_phone_is_shown_filled_in(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            for name, parts in (
                ("hello_world", ()),
                ("sample_order_update", ORDER),
                ("sample_new_arrival", ARRIVAL),
                ("sample_login_code", LOGIN),
                ("sample_carousel", CAROUSEL),
                ("sample_limited_offer", OFFER),
                ("nobody_knows_it", (media("image"), texts("body", "one", "two"), COUPON)),
            ):
                await tools.sent(**template(name, *parts))
            shown = {message["template"]["name"]: message["template"] for message in await tools.chat()}
            hello = shown["hello_world"]
            assert hello["header"] == {"type": "text", "text": "Hello World"}
            assert hello["body"]
            assert hello["footer"]
            order = shown["sample_order_update"]
            assert order["body"] == "Hi Ada, your order A-1 is on its way. The invoice is attached."
            assert order["header"]["media"]["url"] == "https://shop.example/a.document"
            assert order["buttons"] == [
                {"type": "url", "text": "Track order", "index": 0, "url": "https://shop.example/orders/A-1"}
            ]
            replies = shown["sample_new_arrival"]["buttons"][1:]
            assert [one["payload"] for one in replies] == ["Tell me more", "Not now"]
            assert shown["sample_login_code"]["buttons"][0]["code"] == "123456"
            first = shown["sample_carousel"]["cards"][0]
            assert first["header"]["type"] == "image"
            assert first["buttons"][0]["payload"] == "more"
            offer = shown["sample_limited_offer"]
            assert offer["limited_time_offer"] == {"text": "Ends soon", "expiration_time_ms": 1795366800000}
            assert offer["buttons"][0]["code"] == "LAMP25"
            unknown = shown["nobody_knows_it"]
            assert unknown["body"] == "nobody_knows_it\none\ntwo"
            assert unknown["buttons"][0]["code"] == "LAMP25"
            assert unknown["header"]["type"] == "image"

    asyncio.run(scenario())


def test_a_tap_on_a_template_button_answers_with_its_payload(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            wamid = await tools.sent(**template("sample_new_arrival", *ARRIVAL))
            await tools.act("tap", message_id=wamid, text="Not now")
            await tools.receiver.wait_for(lambda seen: seen.messages)
            assert tools.receiver.messages[0]["button"] == {"payload": "Not now", "text": "Not now"}

    asyncio.run(scenario())
