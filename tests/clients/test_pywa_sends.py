"""pywa sends every type of message that it knows, and the sandbox takes each as pywa's users mean it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pywa import WhatsApp, errors
from pywa.types import (
    Button,
    CallPermissionRequestButton,
    Contact,
    ContactInfoRequestButton,
    FlowActionType,
    FlowButton,
    ImageCarouselCard,
    ProductsSection,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    VoiceCallButton,
)
from pywa.types.templates import BodyText, TemplateLanguage

from tests.clients.desk import HANDSET, Desk
from tests.clients.files import MP4, OGG, PDF, PNG, WEBP
from tests.clients.pywa_desk import pywa_client

LINK = "https://example.com/picture.jpg"
ROWS = [SectionRow("Small", "size-s", "One cup"), SectionRow("Large", "size-l")]
CARD = Contact(
    name=Contact.Name(formatted_name="Ada Example", first_name="Ada"),
    birthday="1990-12-24",
    phones=[Contact.Phone(phone="+15550004712", type="CELL", wa_id="15550004712")],
    emails=[Contact.Email(email="ada@example.com", type="WORK")],
    urls=[Contact.Url(url="https://example.com", type="WORK")],
    addresses=[Contact.Address(street="1 Main Street", city="Springfield", country_code="us", type="HOME")],
    org=Contact.Org(company="Example", title="Engineer"),
)
BARE_CARD = Contact(name=Contact.Name(formatted_name="Bo", first_name="Bo"))


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[WhatsApp]:
    with pywa_client(desk) as client:
        yield client


# Name of the case → what pywa is asked, and the type that arrives (for interactive: which).
SENDS: dict[str, tuple[Callable[[WhatsApp], Any], str]] = {
    "text": (lambda wa: wa.send_message(HANDSET, "Hello", preview_url=True), "text"),
    "text with a mark": (lambda wa: wa.send_message(HANDSET, "Hello", tracker="order 7"), "text"),
    "image by link": (lambda wa: wa.send_image(HANDSET, LINK, "A picture"), "image"),
    "image by bytes": (lambda wa: wa.send_image(HANDSET, PNG, mime_type="image/png"), "image"),
    "video by bytes": (lambda wa: wa.send_video(HANDSET, MP4, "A film", mime_type="video/mp4"), "video"),
    "audio by bytes": (lambda wa: wa.send_audio(HANDSET, OGG, mime_type="audio/ogg"), "audio"),
    "voice note": (lambda wa: wa.send_voice(HANDSET, OGG, mime_type="audio/ogg"), "audio"),
    "document by bytes": (
        lambda wa: wa.send_document(HANDSET, PDF, "bill.pdf", "Your bill", mime_type="application/pdf"),
        "document",
    ),
    "sticker by bytes": (lambda wa: wa.send_sticker(HANDSET, WEBP, mime_type="image/webp"), "sticker"),
    "location": (lambda wa: wa.send_location(HANDSET, 37.4847, -122.1484, "Park", "1 Main St"), "location"),
    "contact": (lambda wa: wa.send_contact(HANDSET, CARD), "contacts"),
    "two contacts": (lambda wa: wa.send_contact(HANDSET, [CARD, BARE_CARD]), "contacts"),
    "reply buttons": (
        lambda wa: wa.send_message(
            HANDSET, "Which?", "Coffee", "Open till six", [Button("Yes", "y"), Button("No", "n")]
        ),
        "button",
    ),
    "buttons below an image": (
        lambda wa: wa.send_image(HANDSET, LINK, "Which?", buttons=[Button("Yes", "y")]),
        "button",
    ),
    "list": (
        lambda wa: wa.send_message(
            HANDSET, "Which size?", buttons=SectionList("Sizes", [Section("Coffee", ROWS)])
        ),
        "list",
    ),
    "link button": (
        lambda wa: wa.send_message(HANDSET, "Look", buttons=URLButton("Open", "https://example.com")),
        "cta_url",
    ),
    "flow by id": (
        lambda wa: wa.send_message(
            HANDSET, "Sign up",
            buttons=FlowButton(
                "Begin", flow_id="104", flow_token="t-1", flow_action_type=FlowActionType.NAVIGATE,
                flow_action_screen="FIRST", flow_action_payload={"name": "Ada"},
            ),
        ),
        "flow",
    ),
    "call button": (
        lambda wa: wa.send_message(HANDSET, "Talk to us", buttons=VoiceCallButton("Call", 60)),
        "voice_call",
    ),
    "call permission": (
        lambda wa: wa.send_message(HANDSET, "May we call?", buttons=CallPermissionRequestButton()),
        "call_permission_request",
    ),
    "contact request": (
        lambda wa: wa.send_message(HANDSET, "Your number?", buttons=ContactInfoRequestButton()),
        "request_contact_info",
    ),
    "location request": (
        lambda wa: wa.request_location(HANDSET, "Where are you?"),
        "location_request_message",
    ),
    "catalogue": (
        lambda wa: wa.send_catalog(HANDSET, "All we have", "Footer", thumbnail_product_sku="SKU-1"),
        "catalog_message",
    ),
    "product": (lambda wa: wa.send_product(HANDSET, "194", "SKU-1", "Good", "Cheap"), "product"),
    "products": (
        lambda wa: wa.send_products(HANDSET, "194", [ProductsSection("Tea", ["SKU-1"])], "Teas", "All"),
        "product_list",
    ),
    "carousel": (
        lambda wa: wa.send_carousel(
            HANDSET, body="Two of them",
            cards=[
                ImageCarouselCard(image=LINK, body=f"No. {n}", buttons=URLButton("Open", "https://example.com"))
                for n in (1, 2)
            ],
        ),
        "carousel",
    ),
    "carousel of replies": (
        lambda wa: wa.send_carousel(
            HANDSET, body="Two of them",
            cards=[
                ImageCarouselCard(image=LINK, body="One", buttons=[Button("Take", f"take-{n}")])
                for n in (1, 2)
            ],
        ),
        "carousel",
    ),
    "template": (
        lambda wa: wa.send_template(
            HANDSET, "order_update", TemplateLanguage.ENGLISH_US, [BodyText.params("Ada", "Friday")]
        ),
        "template",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SENDS)
def test_pywa_sends_and_the_sandbox_takes(case: str, desk: Desk, client: WhatsApp) -> None:
    ask, kind = SENDS[case]
    sent = ask(client)
    body = desk.body_of(sent.id)
    assert body["to"] == HANDSET
    assert kind in (body["type"], body.get("interactive", {}).get("type"))


def test_a_quoted_reply_a_reaction_and_its_removal_name_their_message(desk: Desk, client: WhatsApp) -> None:
    first = client.send_message(HANDSET, "Hello")
    reply = client.send_message(HANDSET, "And again", reply_to_message_id=first.id)
    assert desk.body_of(reply.id)["context"] == {"message_id": first.id}
    reaction = client.send_reaction(HANDSET, "\N{THUMBS UP SIGN}", first.id)
    assert desk.body_of(reaction.id)["reaction"]["message_id"] == first.id
    removal = client.remove_reaction(HANDSET, first.id)
    assert desk.body_of(removal.id)["reaction"]["emoji"] == ""


def test_a_refusal_arrives_as_the_exception_that_pywa_keeps_for_its_code(client: WhatsApp) -> None:
    with pytest.raises(errors.InvalidParameter):
        client.send_message("12", "Hello")
    with pytest.raises(errors.TooManyMessages):
        client.send_message("15555559006", "Hello")


def test_a_wrong_token_is_an_authorization_error(desk: Desk, client: WhatsApp) -> None:
    with pywa_client(desk) as stranger:
        stranger.token = "EAAnotours"
        with pytest.raises(errors.AuthorizationError):
            stranger.send_message(HANDSET, "Hello")
