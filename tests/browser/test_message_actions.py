"""What a tap on a message tells the page, and who may tap."""

import pytest
from playwright.sync_api import expect

from tests.browser.wall import Wall, interactive, m, template

REPLY = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
URL = {"name": "cta_url", "parameters": {"display_text": "Look", "url": "https://shop.example.com/a"}}
FLOW = {"flow_id": "7", "flow_cta": "Book", "flow_token": "t"}
CALL = {"display_text": "Call us", "ttl_minutes": 5, "payload": "p"}
PRODUCT = {"catalog_id": "77", "product_retailer_id": "LAMP"}
BILL = {"reference_id": "R1", "currency": "INR", "total_amount": {"value": 12300, "offset": 100}}
FLOW_SENT = [
    {"type": "button", "sub_type": "flow", "index": "0", "parameters": [{"action": {"flow_token": "t"}}]}
]
PICTURE = {"url": "samples/photo.svg", "mime_type": "image/svg+xml"}


@pytest.mark.parametrize(
    ("message", "name", "expected"),
    [
        (interactive("button", REPLY), "Yes", {"action": "reply_button", "id": "yes", "title": "Yes"}),
        (interactive("location_request_message", {}), "Send location", {"action": "send_location"}),
        (interactive("request_contact_info", {}), "Share contact", {"action": "contact_info"}),
        (
            interactive("flow", {"parameters": FLOW}),
            "Book",
            {"action": "flow", "text": "Book", "parameters": FLOW},
        ),
        (interactive("voice_call", {"parameters": CALL}), "Call us", {"action": "voice_call", **CALL}),
        (interactive("product", PRODUCT), "View product", {"action": "product", **PRODUCT}),
        (
            interactive("catalog_message", {"parameters": {"thumbnail_product_retailer_id": "LAMP"}}),
            "View catalog",
            {"action": "catalog", "thumbnail_product_retailer_id": "LAMP"},
        ),
        (
            interactive("order_details", {"parameters": BILL}),
            "Review and pay",
            {"action": "order_details", "reference_id": "R1", "parameters": BILL},
        ),
        (
            interactive("carousel", {"cards": [{"action": PRODUCT}]}),
            "View",
            {"action": "product", **PRODUCT},
        ),
        (
            template({"type": "quick_reply", "text": "Thanks", "index": 1, "payload": "p"}),
            "Thanks",
            {"action": "quick_reply", "text": "Thanks", "payload": "p", "index": 1},
        ),
        (
            template({"type": "phone_number", "text": "Ring", "index": 0, "phone_number": "+15550001234"}),
            "Ring",
            {"action": "call", "phone_number": "+15550001234"},
        ),
        (
            template({"type": "otp", "text": "Copy code", "index": 0, "code": "4829"}),
            "Copy code",
            {"action": "copy_code", "code": "4829"},
        ),
        (
            template({"type": "flow", "text": "Book", "index": 0}, sent=FLOW_SENT),
            "Book",
            {"action": "flow", "text": "Book", "parameters": {"index": 0, "flow_token": "t"}},
        ),
        (
            template(
                cards=[{"body": "c", "buttons": [{"type": "quick_reply", "text": "More", "payload": "p"}]}]
            ),
            "More",
            {"action": "quick_reply", "text": "More", "payload": "p", "index": 0, "card_index": 0},
        ),
        (
            m("image", {}, media=PICTURE),
            "Open: Image",
            None,
        ),
        (m("text", {"body": "x"}), "Reply", {"action": "quote"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_tap_tells_the_page(
    wall: Wall, message: dict[str, object], name: str, expected: dict[str, object] | None
) -> None:
    wall.draw(message).get_by_role("button", name=name, exact=True).click()
    told = wall.last_action()
    assert told.pop("of") == "wamid.1"
    if expected is None:
        assert told["action"] == "open_media"
        assert told["media"]["url"] == f"{wall.url}/samples/photo.svg"
    else:
        assert told == expected


@pytest.mark.parametrize(
    ("message", "opener", "choice", "expected"),
    [
        (
            interactive(
                "list",
                {
                    "button": "Times",
                    "sections": [
                        {"title": "Day", "rows": [{"id": "a", "title": "Nine", "description": "d"}]}
                    ],
                },
            ),
            "Times",
            "Nine d",
            {"action": "list_row", "id": "a", "title": "Nine", "description": "d"},
        ),
        (
            interactive(
                "product_list",
                {"catalog_id": "77", "sections": [{"product_items": [{"product_retailer_id": "LAMP"}]}]},
            ),
            "View items",
            "LAMP",
            {"action": "product", **PRODUCT},
        ),
        (
            interactive("call_permission_request", {}),
            "Choose",
            "Always allow",
            {"action": "call_permission", "response": "accept", "is_permanent": True},
        ),
        (
            template(*({"type": "quick_reply", "text": f"B{i}", "payload": f"p{i}"} for i in range(5))),
            "See all options",
            "B4",
            {"action": "quick_reply", "text": "B4", "payload": "p4", "index": 4},
        ),
    ],
    ids=["list", "products", "call", "many"],
)
def test_a_choice_is_made_in_a_sheet(
    wall: Wall, message: dict[str, object], opener: str, choice: str, expected: dict[str, object]
) -> None:
    wall.draw(message).get_by_role("button", name=opener, exact=True).press("Enter")
    sheet = wall.page.get_by_role("dialog")
    sheet.get_by_role("button", name=choice, exact=True).press("Enter")
    expect(sheet).to_have_count(0)
    assert wall.last_action() == {**expected, "of": "wamid.1"}


def test_an_address_is_filled_in_and_sent(wall: Wall) -> None:
    parameters = {
        "country": "IN",
        "values": {"name": "Noor"},
        "validation_errors": {"in_pin_code": "Unknown"},
    }
    drawn = wall.draw(interactive("address_message", {"parameters": parameters}))
    drawn.get_by_role("button", name="Provide address").click()
    sheet = wall.page.get_by_role("dialog", name="Your address")
    expect(sheet.get_by_text("Unknown")).to_be_visible()
    sheet.get_by_label("Phone number").fill("15550001234")
    sheet.get_by_label("PIN code").fill("400063")
    sheet.get_by_label("Address", exact=True).fill("Lane 3")
    sheet.get_by_role("button", name="Send address").click()
    values = {"name": "Noor", "phone_number": "15550001234", "in_pin_code": "400063", "address": "Lane 3"}
    assert wall.last_action() == {"action": "address", "country": "IN", "values": values, "of": "wamid.1"}


def test_a_link_that_the_page_prevents_is_not_opened(wall: Wall) -> None:
    drawn = wall.draw(interactive("cta_url", URL))
    drawn.get_by_role("link", name="Look").click()
    assert wall.last_action() == {"action": "open_url", "url": "https://shop.example.com/a", "of": "wamid.1"}
    assert len(wall.page.context.pages) == 1


def test_a_reaction_is_chosen_and_taken_back(wall: Wall) -> None:
    drawn = wall.draw(m("text", {"body": "x"}, reactions=[{"from": "handset", "emoji": "👍"}]))
    drawn.get_by_role("button", name="React", exact=True).press("Enter")
    drawn.get_by_role("button", name="😂").press("Enter")
    assert wall.last_action() == {"action": "react", "emoji": "😂", "of": "wamid.1"}
    drawn.get_by_role("button", name="React", exact=True).press("Enter")
    drawn.get_by_role("button", name="👍", pressed=True).press("Enter")
    assert wall.last_action() == {"action": "react", "emoji": "", "of": "wamid.1"}


@pytest.mark.parametrize("options", [{"viewer": "business"}, {"interactive": False}])
def test_nothing_can_be_tapped_by_who_may_not(wall: Wall, options: dict[str, object]) -> None:
    drawn = wall.draw(interactive("button", REPLY), **options)
    expect(drawn.get_by_role("button", name="Yes")).to_be_disabled()
    expect(drawn.get_by_role("button", name="React")).to_have_count(0)
    drawn.get_by_role("button", name="Yes").dispatch_event("click")
    assert wall.actions() == []


def test_a_sheet_lies_over_the_drawn_phone(wall: Wall) -> None:
    drawn = wall.draw(
        interactive("list", {"button": "Times", "sections": [{"rows": [{"id": "a", "title": "Nine"}]}]})
    )
    screen = wall.page.locator("main")
    screen.evaluate("(one) => { one.dataset.waScreen = ''; one.style.setProperty('max-width', '340px'); }")
    drawn.get_by_role("button", name="Times").click()
    sheet = wall.page.get_by_role("dialog")
    sheet.evaluate("(one) => Promise.all(one.getAnimations().map((moving) => moving.finished))")
    over, under = sheet.bounding_box(), screen.bounding_box()
    wall.page.keyboard.press("Escape")
    screen.evaluate("(one) => { delete one.dataset.waScreen; one.style.removeProperty('max-width'); }")
    assert over is not None and under is not None
    assert (over["x"], over["width"]) == (under["x"], under["width"])
