"""Every webhook has the shape that Meta's page on it shows, and is signed over its exact bytes."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.content.bodies import interactive
from tests.sandbox.graph.forms import ogg, png, post_raw, webp
from tests.sandbox.shapes import webhooks
from tests.sandbox.shapes.causes import a_number, approved, published
from tests.sandbox.shapes.shape import Shape, check
from tests.sandbox.shapes.stage import Stage, Theatre
from tests.sandbox.templates.drafts import button as template_button
from tests.sandbox.templates.drafts import draft, media, template, texts

DATA = b"order 81: \xf0\x9f\x93\xa6".decode()
CARD = {
    "name": {"formatted_name": "Ann Example", "first_name": "Ann"},
    "phones": [{"phone": "+15550001111", "type": "CELL", "wa_id": "15550001111"}],
}
REFERRAL = {
    "source_url": "https://ads.example/1",
    "source_id": "120000000000000001",
    "source_type": "ad",
    "body": "Lamps for long evenings",
    "headline": "Autumn",
    "media_type": "image",
    "image_url": "https://ads.example/1.png",
    "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e",
    "welcome_message": {"text": "Hello! How can we help?"},
}
BUTTONS = interactive("button", {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]})
LIST = interactive(
    "list",
    {"button": "Open", "sections": [{"rows": [{"id": "s", "title": "Small", "description": "A few"}]}]},
)
FLOW = interactive(
    "flow",
    {
        "name": "flow",
        "parameters": {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Start", "flow_token": "t"},
    },
)
ADDRESS = interactive("address_message", {"name": "address_message", "parameters": {"country": "IN"}})
LOCATION = interactive("location_request_message", {"name": "send_location"})
ARRIVAL = template(
    "sample_new_arrival", media("image"), texts("body", "Ada"), template_button("url", 0, "text", "lamp")
)


def bytes_of(the: Stage, wamid: str, word: str) -> bytes:
    """The post that told of this status."""
    for body, envelope in zip(the.receiver.bodies, the.receiver.envelopes, strict=True):
        for told in value_of(envelope).get("statuses", []):
            if (told["id"], told["status"]) == (wamid, word):
                return body
    raise AssertionError(word)


def value_of(envelope: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = envelope["entry"][0]["changes"][0]["value"]
    return found


async def posts_of(the: Stage, wamid: str, last: str) -> dict[str, dict[str, Any]]:
    """Status → the whole post that told of it."""
    await the.statuses_of(wamid, last)
    posts = {}
    for envelope in the.receiver.envelopes:
        for told in value_of(envelope).get("statuses", []):
            if told["id"] == wamid:
                posts[told["status"]] = envelope
    return posts


@pytest.mark.parametrize(("last", "words"), [("read", ("sent", "delivered", "read"))])
def test_statuses_of_a_message(stage: Theatre, last: str, words: tuple[str, ...]) -> None:
    async def tell(the: Stage) -> None:
        posts = await posts_of(the, await the.sent(biz_opaque_callback_data=DATA), last)
        assert tuple(posts) == words
        for word in words:
            check(posts[word], webhooks.STATUS_POSTS[word])
            (told,) = value_of(posts[word])["statuses"]
            assert told["biz_opaque_callback_data"] == DATA
            assert "recipient_user_id" in told

    stage.play(tell)


def test_a_failed_status_has_no_price_no_conversation_and_no_user_id(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        posts = await posts_of(the, await the.sent("15555559001", version="v23.0"), "failed")
        check(posts["failed"], webhooks.STATUS_POSTS["failed"])

    stage.play(tell)


def test_a_voice_note_is_played_and_a_chat_on_the_screen_is_read_without_delivered(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = the.somebody()
        wamid = await the.sent(person, type="audio", audio={"id": "1", "voice": True})
        await the.statuses_of(wamid, "read")
        await the.tools.act("play", person, message_id=wamid)
        check((await posts_of(the, wamid, "played"))["played"], webhooks.STATUS_POSTS["played"])
        await the.tools.act("open", person)
        posts = await posts_of(the, await the.sent(person), "read")
        assert list(posts) == ["sent", "read"]
        check(posts["read"], webhooks.status_post(webhooks.READ_AT_ONCE))

    stage.play(tell)


def test_a_status_of_a_send_to_a_user_id_has_no_phone(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        body = {
            "messaging_product": "whatsapp",
            "recipient": "US.13491208655302741918",
            "text": {"body": "Hi"},
        }
        answer = await the.do("POST", "/{phone}/messages", body)
        posts = await posts_of(the, answer["messages"][0]["id"], "read")
        for word, post in posts.items():
            check(post, webhooks.STATUS_POSTS[word])
            (told,) = value_of(post)["statuses"]
            assert "recipient_id" not in told and told["recipient_user_id"] == body["recipient"]

    stage.play(tell)


@pytest.mark.parametrize(
    ("name", "category", "billable", "type_"),
    [
        (None, "service", False, "free_customer_service"),
        ("hello_world", "utility", True, "regular"),
        ("sample_new_arrival", "marketing", True, "regular"),
    ],
)
def test_a_price_is_on_sent_and_on_delivered(
    stage: Theatre, name: str | None, category: str, billable: bool, type_: str
) -> None:
    async def tell(the: Stage) -> None:
        message = {None: {}, "hello_world": template("hello_world"), "sample_new_arrival": ARRIVAL}[name]
        told = await the.statuses_of(await the.sent(**message), "read")
        price = {"billable": billable, "pricing_model": "PMP", "category": category, "type": type_}
        assert [status.get("pricing") for status in told] == [price, price, None]

    stage.play(tell)


FILES = {
    "image": (png(), "image/png", {"caption": "Here"}),
    "video": (b"\0\0\0\x18ftypmp42" + b"\0" * 16, "video/mp4", {"caption": "Here"}),
    "audio": (ogg(), "audio/ogg", {"voice": True}),
    "document": (b"%PDF-1.7", "application/pdf", {"caption": "Here", "filename": "a.pdf"}),
    "sticker": (webp(100, animated=False), "image/webp", {}),
}


async def heard_message(the: Stage, wamid: str) -> dict[str, Any]:
    await the.receiver.wait_for(lambda seen: any(one["id"] == wamid for one in seen.messages))
    return next(
        envelope
        for envelope in the.receiver.envelopes
        if any(one["id"] == wamid for one in value_of(envelope).get("messages", []))
    )


async def written(the: Stage, do: str, person: str = "", **members: Any) -> dict[str, Any]:
    """What a person does, and the post that the business gets of it."""
    answer = await the.tools.act(do, person or the.somebody(), **members)
    return await heard_message(the, answer["message"]["id"])


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_a_person(stage: Theatre, kind: str) -> None:
    data, mime_type, members = FILES[kind]

    async def tell(the: Stage) -> None:
        response = await post_raw(the.tools, "/_sandbox/media?filename=a", data, mime_type)
        content = {"id": (await response.json())["id"], **members}
        post = await written(the, "send", type=kind, **{kind: content})
        check(post, webhooks.plain(kind))
        (message,) = value_of(post)["messages"]
        found = await the.do("GET", f"/{message[kind]['id']}")
        assert bytes.fromhex(found["sha256"]) == hashlib.sha256(data).digest()
        assert found["mime_type"] == message[kind]["mime_type"]

    stage.play(tell)


PLAIN: dict[str, Any] = {
    "text": {"body": "Hello"},
    "location": {"latitude": 52.1, "longitude": 4, "name": "Depot", "address": "1 Road"},
    "contacts": [CARD],
    "order": {
        "catalog_id": "1",
        "text": "Please",
        "product_items": [
            {"product_retailer_id": "sku", "quantity": 2, "item_price": 4.5, "currency": "EUR"}
        ],
    },
}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_message_of_a_person(stage: Theatre, kind: str) -> None:
    async def tell(the: Stage) -> None:
        check(await written(the, "send", type=kind, **{kind: PLAIN[kind]}), webhooks.plain(kind))

    stage.play(tell)


def test_a_message_that_business_clients_cannot_show(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        post = await written(the, "send", type="unsupported", unsupported={"type": "gif"})
        check(post, webhooks.UNSUPPORTED)

    stage.play(tell)


@pytest.mark.parametrize(
    ("members", "shape"),
    [
        ({"forwarded": True}, {"context": webhooks.FORWARDED}),
        ({"frequently_forwarded": True}, {"context": webhooks.OFTEN_FORWARDED}),
        ({"referral": REFERRAL}, {"referral": webhooks.REFERRAL}),
    ],
)
def test_where_a_message_comes_from(stage: Theatre, members: dict[str, Any], shape: dict[str, Shape]) -> None:
    async def tell(the: Stage) -> None:
        post = await written(the, "send", type="text", text={"body": "Hello"}, **members)
        check(post, webhooks.plain("text", **shape))

    stage.play(tell)


ANSWERS: dict[str, tuple[dict[str, Any], str, dict[str, Any], str, Shape]] = {
    "a quoted reply": (
        {},
        "send",
        {"type": "text", "text": {"body": "Yes"}},
        "text",
        webhooks.CONTENTS["text"],
    ),
    "a button": (BUTTONS, "tap", {"index": 0}, "interactive", webhooks.CONTENTS["button_reply"]),
    "a row": (LIST, "choose", {"row": "s"}, "interactive", webhooks.CONTENTS["list_reply"]),
    "a form": (FLOW, "fill", {"response": {"a": 1}}, "interactive", webhooks.CONTENTS["nfm_reply"]),
    "an address": (
        ADDRESS,
        "fill",
        {"response": {"values": {"city": "Springfield"}}},
        "interactive",
        webhooks.CONTENTS["nfm_reply"],
    ),
    "a place": (
        LOCATION,
        "share_location",
        {"latitude": 1.5, "longitude": 2},
        "location",
        webhooks.CONTENTS["location"],
    ),
    "a quick reply": (ARRIVAL, "tap", {"title": "Not now"}, "button", webhooks.CONTENTS["button"]),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_names_what_it_answers(stage: Theatre, name: str) -> None:
    asked, do, members, kind, content = ANSWERS[name]

    async def tell(the: Stage) -> None:
        person = the.somebody()
        wamid = await the.sent(person, **asked)
        link = {"context": wamid} if do == "send" else {"message_id": wamid}
        post = await written(the, do, person, **members, **link)
        shape = webhooks.message(kind, content, context=webhooks.ANSWER)
        check(post, webhooks.message_post(shape))
        (message,) = value_of(post)["messages"]
        assert message["context"] == {"from": the.identity.display_phone_number, "id": wamid}

    stage.play(tell)


def test_a_reaction_and_its_withdrawal(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = the.somebody()
        wamid = await the.sent(person)
        for emoji in ("👍", ""):
            post = await written(the, "react", person, message_id=wamid, emoji=emoji)
            check(post, webhooks.plain("reaction"))
            (message,) = value_of(post)["messages"]
            assert message["reaction"].get("emoji", "") == emoji

    stage.play(tell)


def test_somebody_with_a_username_shows_no_phone_until_the_business_wrote_to_it(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = the.somebody()
        await the.tools.act("adopt_username", person, username="ann.example")
        post = await written(the, "send", person, type="text", text={"body": "Hi"})
        check(post, webhooks.OF_A_USERNAME)
        (contact,) = value_of(post)["contacts"]
        assert "wa_id" not in contact and contact["profile"]["username"] == "ann.example"
        posts = await posts_of(the, await the.sent(person), "read")
        names = [value_of(post)["contacts"][0]["profile"].get("username") for post in posts.values()]
        assert names == [None, "ann.example", "ann.example"]
        post = await written(the, "send", person, type="text", text={"body": "Hi"})
        check(post, webhooks.plain("text"))

    stage.play(tell)


def test_a_changed_number_is_told_without_contacts(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person, new = the.somebody(), the.somebody()
        await the.sent(person)
        await the.tools.act("change_number", person, to=new)
        await the.receiver.wait_for(lambda seen: any(one["type"] == "system" for one in seen.messages))
        (wamid,) = [one["id"] for one in the.receiver.messages if one["type"] == "system"]
        check(await heard_message(the, wamid), webhooks.CHANGED_NUMBER)

    stage.play(tell)


@pytest.mark.parametrize("do", ["stop_marketing", "resume_marketing"])
def test_marketing_preferences(stage: Theatre, do: str) -> None:
    async def tell(the: Stage) -> None:
        count = len(the.receiver.facts_of("user_preferences"))
        await the.tools.act(do, the.somebody())
        await the.heard("user_preferences", count)
        check(last_of(the, "user_preferences"), webhooks.PREFERENCES)

    stage.play(tell)


def last_of(the: Stage, field: str) -> dict[str, Any]:
    return next(
        envelope
        for envelope in reversed(the.receiver.envelopes)
        if envelope["entry"][0]["changes"][0]["field"] == field
    )


Deed = Callable[[Stage], Awaitable[Any]]


def of_template(path: str, body: dict[str, Any]) -> Deed:
    async def deed(the: Stage) -> None:
        id_ = await approved(the, draft(name=f"fact_{the.somebody()}"))
        await the.do("POST", f"/_sandbox/templates/{id_}/{path}", body)

    return deed


def of_the_account(**body: Any) -> Deed:
    async def deed(the: Stage) -> None:
        await the.do("POST", "/_sandbox/account", body)

    return deed


async def submit(the: Stage) -> None:
    await approved(the, draft(name=f"fact_{the.somebody()}"))


async def unpause(the: Stage) -> None:
    id_ = await approved(the, draft(name=f"fact_{the.somebody()}"))
    await the.do("POST", f"/_sandbox/templates/{id_}/review", {"status": "PAUSED"})
    await the.do("POST", f"/{id_}/unpause")


async def edit(the: Stage) -> None:
    id_ = await approved(the, draft(name=f"fact_{the.somebody()}"))
    await the.do(
        "POST", f"/{id_}", {"components": [{"type": "BODY", "text": "Your parcel is nearly there."}]}
    )


async def delete(the: Stage) -> None:
    name = f"fact_{the.somebody()}"
    await approved(the, draft(name=name))
    await the.do("DELETE", f"/{{waba}}/message_templates?name={name}")


async def register(the: Stage) -> None:
    await a_number(the, registered=True)


async def rename(the: Stage) -> None:
    await the.do("POST", f"/{await a_number(the, registered=True)}", {"new_display_name": "Third Shop"})


async def set_pin(the: Stage) -> None:
    await the.do("POST", f"/{await a_number(the, registered=True)}", {"pin": "135791"})


async def take_name(the: Stage) -> None:
    await the.do("POST", "/{phone}/username", {"username": "lamp_cellar"})


DEEDS: dict[str, Deed] = {
    "approved": submit,
    "rejected": of_template("review", {"status": "REJECTED"}),
    "paused": of_template("review", {"status": "PAUSED"}),
    "unpaused": unpause,
    "disabled": of_template("review", {"status": "DISABLED"}),
    "deletion": delete,
    "quality": of_template("quality", {"score": "YELLOW"}),
    "components": edit,
    "category to come": of_template("category", {"category": "MARKETING"}),
    "category": of_template("category", {"category": "MARKETING", "at_once": True}),
    "number quality": register,
    "number name": rename,
    "pin": set_pin,
    "ban": of_the_account(do="ban", state="REINSTATE"),
    "restriction": of_the_account(do="restrict", kind="RESTRICTED_ADD_PHONE_NUMBER_ACTION", seconds=1),
    "violation": of_the_account(do="violate", type="SPAM"),
    "review": of_the_account(do="review", decision="APPROVED"),
    "capability": of_the_account(do="limit", tier=2000),
    "alert": of_the_account(do="alert", description="A message of Meta"),
    "flow": published,
    "username": take_name,
}


def test_every_fact_of_the_account_has_its_deed() -> None:
    assert set(DEEDS) == set(webhooks.FACTS)


@pytest.mark.parametrize("name", DEEDS)
def test_a_fact_of_the_account(stage: Theatre, name: str) -> None:
    field, shape = webhooks.FACTS[name]

    async def tell(the: Stage) -> None:
        await DEEDS[name](the)
        post = await fitting(the, field, shape)
        check(post, webhooks.of_account(field, shape))
        the.clock.advance(2_000)

    stage.play(tell)


async def fitting(the: Stage, field: str, shape: Shape) -> dict[str, Any]:
    """The newest post of the field that has the event and the members of this shape.

    Posts of earlier facts may still come: a category is announced before it changes, under the same field.
    """
    events = shape["properties"].get("event", {}).get("enum")
    optional = "other_info" in shape["properties"]

    def fits(value: dict[str, Any]) -> bool:
        if not set(shape["required"]) <= set(value):
            return False
        return (events is None or value.get("event") in events) and ("other_info" in value) == optional

    await the.receiver.wait_for(lambda seen: any(map(fits, seen.facts_of(field))))
    return next(
        envelope
        for envelope in reversed(the.receiver.envelopes)
        if envelope["entry"][0]["changes"][0]["field"] == field and fits(value_of(envelope))
    )


def test_the_signature_is_that_of_metas_test_vector_and_of_the_exact_bytes(stage: Theatre) -> None:
    vector = b'{"object":"whatsapp_business_account","entry":[]}'
    signed = hmac.new(b"test_app_secret", vector, hashlib.sha256).hexdigest()
    assert signed == "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"

    async def tell(the: Stage) -> None:
        wamid = await the.sent(biz_opaque_callback_data=DATA + "/")
        await the.statuses_of(wamid, "read")
        body = bytes_of(the, wamid, "sent")
        assert body.isascii() and b"\\ud83d\\udce6\\/" in body
        assert the.receiver.forged == 0
        posts = (await the.do("GET", "/_sandbox/webhooks"))["data"]
        (post,) = [one for one in posts if one["body"].encode() == body]
        expected = hmac.new(the.identity.app_secret.encode(), body, hashlib.sha256).hexdigest()
        assert post["signature"] == f"sha256={expected}"

    stage.play(tell)
