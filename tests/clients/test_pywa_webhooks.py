"""pywa's own webhook server takes what the sandbox posts: it checks the signature, and its types fit."""

from collections.abc import Iterator

import httpx
import pytest
from pywa import WhatsApp
from pywa.types import (
    Button,
    CallbackButton,
    CallbackSelection,
    FlowButton,
    FlowCompletion,
    Message,
    MessageStatus,
    PhoneNumberChange,
    Section,
    SectionList,
    SectionRow,
    UserMarketingPreferences,
)
from pywa.types.message_status import MessageStatusType

from tests.clients.desk import HANDSET, Desk
from tests.clients.files import MP4, OGG, PDF, PNG, WEBP
from tests.clients.pywa_desk import VERIFY_TOKEN, Inbox, pywa_inbox

ROWS = [SectionRow("Small", "size-s", "One cup"), SectionRow("Large", "size-l")]
FLOW = FlowButton("Begin", flow_id="104", flow_token="t-1")


@pytest.fixture(scope="module")
def listening(desk: Desk) -> Iterator[tuple[WhatsApp, Inbox]]:
    with pywa_inbox(desk) as (client, inbox):
        assert client.override_phone_callback_url(inbox.url, VERIFY_TOKEN)
        yield client, inbox
        # A signature that pywa refuses, or a fault of its own, would have been answered with an error.
        posts = desk.ask("GET", "/webhooks")["data"]
        assert {post["status"] for post in posts} <= {200}, posts


def test_the_handshake_fails_with_another_word(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    client, inbox = listening
    with pytest.raises(Exception, match=r"2200|verif|callback"):
        client.override_waba_callback_url(inbox.url, "somebody-elses-word")


def test_pywa_refuses_a_body_that_was_touched(listening: tuple[WhatsApp, Inbox]) -> None:
    _, inbox = listening
    forged = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    answer = httpx.post(inbox.url, content=b'{"object":"x","entry":[]}', headers=forged, trust_env=False)
    assert answer.status_code == 403


def test_a_message_is_sent_delivered_and_read(listening: tuple[WhatsApp, Inbox]) -> None:
    client, inbox = listening
    sent = client.send_message(HANDSET, "Hello", tracker="order 7")
    for status in (MessageStatusType.SENT, MessageStatusType.DELIVERED, MessageStatusType.READ):
        told = inbox.wait_for_a(
            MessageStatus, lambda update, status=status: (update.id, update.status) == (sent.id, status)
        )
        assert (told.tracker, told.from_user.wa_id) == ("order 7", HANDSET)


def test_a_failure_tells_why(listening: tuple[WhatsApp, Inbox]) -> None:
    client, inbox = listening
    sent = client.send_message("15555559001", "Hello")
    told = inbox.wait_for_a(
        MessageStatus, lambda update: (update.id, update.status) == (sent.id, MessageStatusType.FAILED)
    )
    assert told.error.code == 131026


def _arrived(inbox: Inbox, wamid: str) -> Message:
    message = inbox.wait_for_a(Message, lambda update: update.id == wamid)
    assert message.from_user.wa_id == HANDSET
    assert message.from_user.bsuid.startswith("US.")
    assert isinstance(message, Message)
    return message


def test_texts_arrive_also_as_a_quoted_reply(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    client, inbox = listening
    first = client.send_message(HANDSET, "Hello")
    told = desk.act(
        "send", type="text", text={"body": "Good day \N{SMILING FACE WITH SMILING EYES}"}, context=first.id
    )
    message = _arrived(inbox, told["message"]["id"])
    assert message.text == "Good day \N{SMILING FACE WITH SMILING EYES}"
    assert message.reply_to_message.id == first.id
    assert message.reply("Same to you").id.startswith("wamid.")


@pytest.mark.parametrize(
    ("kind", "data", "mime_type", "more"),
    [
        ("image", PNG, "image/png", {"caption": "A picture"}),
        ("video", MP4, "video/mp4", {"caption": "A film"}),
        ("audio", OGG, "audio/ogg", {"voice": True}),
        ("document", PDF, "application/pdf", {"filename": "bill.pdf"}),
        ("sticker", WEBP, "image/webp", {}),
    ],
    ids=["image", "video", "audio", "document", "sticker"],
)
def test_media_arrive_and_can_be_fetched(
    kind: str,
    data: bytes,
    mime_type: str,
    more: dict[str, object],
    desk: Desk,
    listening: tuple[WhatsApp, Inbox],
) -> None:
    _, inbox = listening
    told = desk.act("send", type=kind, **{kind: {"id": desk.keep_file(data, mime_type), **more}})
    media = getattr(_arrived(inbox, told["message"]["id"]), kind)
    assert media.mime_type.startswith(mime_type)
    assert media.get_bytes() == data
    if "filename" in more:
        assert media.filename == "bill.pdf"
    if "voice" in more:
        assert media.voice


def test_a_location_arrives(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    place = {"latitude": 37.4847, "longitude": -122.1484, "name": "Park", "address": "1 Main Street"}
    told = desk.act("send", type="location", location=place)
    location = _arrived(listening[1], told["message"]["id"]).location
    assert (location.latitude, location.longitude, location.name) == (37.4847, -122.1484, "Park")


def test_contact_cards_arrive(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    card = {
        "name": {"formatted_name": "Ada Example", "first_name": "Ada"},
        "phones": [{"phone": "+15550004712"}],
    }
    told = desk.act("send", type="contacts", contacts=[card])
    assert _arrived(listening[1], told["message"]["id"]).contacts[0].phones[0].phone == "+15550004712"


def test_an_order_arrives(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    item = {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 4.5, "currency": "USD"}
    told = desk.act(
        "send", type="order", order={"catalog_id": "194", "text": "Please", "product_items": [item]}
    )
    order = _arrived(listening[1], told["message"]["id"]).order
    assert (order.catalog_id, order.text, order.products[0].sku, order.products[0].quantity) == (
        "194", "Please", "SKU-1", 2,
    )  # fmt: skip


def test_a_reaction_and_its_removal_arrive(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    client, inbox = listening
    sent = client.send_message(HANDSET, "Hello")
    for emoji in ("\N{HEAVY BLACK HEART}", None):
        desk.act("react", message_id=sent.id, emoji=emoji or "")
        told = inbox.wait_for_a(
            Message,
            lambda update, emoji=emoji: update.reaction is not None and update.reaction.emoji == emoji,
        )
        assert told.reaction.message_id == sent.id


def test_what_no_client_shows_arrives_as_unsupported(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    told = desk.act("send", type="unsupported", unsupported={"type": "poll_creation"})
    message = _arrived(listening[1], told["message"]["id"])
    assert message.error.code == 131051
    assert message.unsupported.type == "poll_creation"


def test_a_tap_a_choice_and_a_form_arrive_as_callbacks(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    client, inbox = listening
    asked = client.send_message(
        HANDSET, "Which?", buttons=[Button("Yes", "answer-yes"), Button("No", "answer-no")]
    )
    desk.act("tap", message_id=asked.id, title="Yes")
    tapped = inbox.wait_for_a(CallbackButton, lambda update: update.data == "answer-yes")
    assert (tapped.title, tapped.reply_to_message.id) == ("Yes", asked.id)

    listed = client.send_message(HANDSET, "Size?", buttons=SectionList("Sizes", [Section("Coffee", ROWS)]))
    desk.act("choose", message_id=listed.id, row="size-s")
    chosen = inbox.wait_for_a(CallbackSelection, lambda update: update.data == "size-s")
    assert (chosen.title, chosen.description) == ("Small", "One cup")

    form = client.send_message(HANDSET, "Sign up", buttons=FLOW)
    desk.act("fill", message_id=form.id, response={"name": "Ada", "flow_token": "t-1"})
    filled = inbox.wait_for_a(FlowCompletion)
    assert (filled.response, filled.token) == ({"name": "Ada"}, "t-1")


def test_pywa_marks_as_read_and_types(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    _, inbox = listening
    told = desk.act("send", type="text", text={"body": "Anybody there?"})
    message = _arrived(inbox, told["message"]["id"])
    assert message.mark_as_read()
    assert message.indicate_typing()


def test_marketing_can_be_stopped_and_resumed(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    _, inbox = listening
    for do, willing in (("stop_marketing", False), ("resume_marketing", True)):
        desk.act(do)
        inbox.wait_for_a(UserMarketingPreferences, lambda update, willing=willing: bool(update) is willing)


def test_a_change_of_number_arrives(desk: Desk, listening: tuple[WhatsApp, Inbox]) -> None:
    desk.act("send", "15550004720", type="text", text={"body": "Hello"})
    desk.act("change_number", "15550004720", to="15550004721")
    change = listening[1].wait_for_a(PhoneNumberChange)
    assert (change.old_wa_id, change.new_wa_id) == ("15550004720", "15550004721")
