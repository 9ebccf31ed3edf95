"""Every interactive kind on its whole way: the API, the sandbox, the drawn phone, and the answer back."""

import json
import re
import urllib.request
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_handsets import png
from trunkline.channels.whatsapp_cloud.content import EXAMPLES

PHONE = "15550009471"
BUSINESS = "Trunkline Sandbox"
DRAWN = {
    "reply buttons": ("message with buttons", ["May we deliver today?", "Today", "Tomorrow"]),
    "list": ("message with a list", ["Delivery", "When may we come?", "Choose"]),
    "link": ("message with a link", ["on the van", "Updated every minute", "Track it"]),
    "location request": ("request for the location", ["Where shall we bring it?", "Send location"]),
    "address request": ("request for the address", ["Where shall we", "Provide address"]),
    "contact request": ("request for contact details", ["Which number", "Share contact"]),
    "flow": ("message with a form", ["A visit", "Choose a day", "It takes a minute", "Book a visit"]),
    "product": ("product", ["Back in stock", "sku-81", "View product"]),
    "product list": ("products", ["For your parcel", "2 items", "View items"]),
    "catalog": ("catalog", ["All that we have", "Prices with tax", "sku-81", "View catalog"]),
    "carousel": ("carousel", ["Three boxes", "Small", "Medium", "Large", "In two days", "Order"]),
    "carousel with quick replies": ("carousel", ["Which one", "This one", "Tell me more"]),
    "carousel of products": ("carousel", ["Back in stock", "sku-0", "sku-1", "View"]),
    "call button": ("message with a call button", ["Anything unclear?", "Call us"]),
    "call permission": ("request to call", ["May the driver call you?", "Choose"]),
    "order details": ("order details", ["Order order-81", "Box", "₹620", "Review and pay"]),
    "order status": ("order status", ["Order order-81", "shipped", "With you tomorrow", "on its way"]),
}


class Business:
    """The API of a running server, and its sandbox where that must be asked for something."""

    def __init__(self, server: dict[str, Any]) -> None:
        self._server = server
        self._events = self._open(f"{server['api_url']}/v1/events/stream?types=message.received")

    def send(self, body: dict[str, Any]) -> str:
        url = f"{self._server['api_url']}/v1/whatsapp/messages"
        with self._open(url, json.dumps(body).encode()) as answer:
            return str(json.load(answer)["id"])

    def answer_to(self, message_id: str) -> dict[str, Any]:
        """The `data` of the next `message.received` that answers this message; waits for it."""
        for line in self._events:
            told = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else None
            if told is not None and told["data"]["context_message_id"] == message_id:
                return dict(told["data"])
        raise AssertionError("the stream has ended")

    def upload(self, data: bytes) -> str:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        body = head + b"Content-Type: image/png\r\n\r\n" + data + b"\r\n--x--\r\n"
        url = f"{self._server['api_url']}/v1/whatsapp/media"
        with self._open(url, body, "multipart/form-data; boundary=x") as answer:
            return str(json.load(answer)["id"])

    def close(self) -> None:
        self._events.close()

    def _open(self, url: str, data: bytes | None = None, type_: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self._server['api_key']}", "Content-Type": type_}
        return urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20)


def with_picture(value: Any, media_id: str) -> Any:
    """The same, with the uploaded picture in place of every link to one."""
    if isinstance(value, list):
        return [with_picture(each, media_id) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {"id": media_id} if name == "image" else with_picture(each, media_id)
        for name, each in value.items()
    }


def test_every_kind_is_drawn_on_the_phone_and_its_answer_comes_back(
    chromium: Browser, server: dict[str, Any]
) -> None:
    business = Business(server)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server['sandbox_url']}/_sandbox/#/{PHONE}/{server['phone_number_id']}")
    expect(page.get_by_role("textbox", name="Message to the business")).to_be_visible()
    picture = business.upload(png())
    sent = {name: business.send(with_picture(EXAMPLES[name], picture) | {"to": PHONE}) for name in DRAWN}
    everything_is_drawn(page)
    every_answer_comes_back(page, business, sent)
    business.close()
    context.close()


def everything_is_drawn(page: Page) -> None:
    messages = page.locator(".pg-rows wa-message")
    expect(messages).to_have_count(len(DRAWN), timeout=15_000)
    for message, (name, (label, words)) in zip(messages.all(), DRAWN.items(), strict=True):
        expect(message, name).to_have_attribute("aria-label", re.compile(f"^{BUSINESS}, {label}"))
        for word in words:
            expect(message, name).to_contain_text(word)
    expect(page.get_by_text("can not be drawn")).to_have_count(0)
    expect(page.locator("wa-message img")).to_have_count(8)
    link = page.get_by_role("link", name="Track it")
    expect(link).to_have_attribute("href", "https://example.com/t/81")


def every_answer_comes_back(page: Page, business: Business, sent: dict[str, str]) -> None:
    def answer_to(name: str) -> dict[str, Any]:
        return business.answer_to(sent[name])

    page.get_by_role("button", name="Send location", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Send location").click()
    assert answer_to("location request")["content"]["latitude"] == 52.5163

    page.get_by_role("button", name="Provide address").click()
    sheet = page.get_by_role("dialog", name="Your address")
    expect(sheet.get_by_text("We do not deliver there.")).to_be_visible()
    sheet.get_by_role("button", name=re.compile("Ada Example")).click()
    address = answer_to("address request")["content"]
    assert (address["type"], address["nfm_reply"]["name"]) == ("nfm_reply", "address_message")
    values = json.loads(address["nfm_reply"]["response_json"])["values"]
    assert values["saved_address_id"] == "home" and values["in_pin_code"] == "400063"

    page.get_by_role("button", name="Book a visit").click()
    page.get_by_role("dialog").get_by_role("button", name="Send form").click()
    form = answer_to("flow")["content"]["nfm_reply"]
    assert json.loads(form["response_json"]) == {"flow_token": "visit-81", "name": "Ada"}

    page.get_by_role("button", name="Share contact").click()
    [card] = answer_to("contact request")["content"]
    assert card["origin"] == "contact_request" and card["phones"][0]["wa_id"] == PHONE

    page.get_by_role("button", name="Tell me more").last.click()
    tapped = answer_to("carousel with quick replies")["content"]
    assert tapped["button_reply"] == {"id": "ask-large", "title": "Tell me more"}

    page.get_by_role("button", name="Choose", exact=True).last.click()
    page.get_by_role("dialog").get_by_role("button", name="Always allow").click()
    assert answer_to("call permission")["content"]["call_permission_reply"]["is_permanent"] is True

    page.get_by_role("button", name="View catalog").click()
    page.get_by_role("dialog").get_by_role("button", name="Send order").click()
    order = answer_to("catalog")
    [item] = order["content"]["product_items"]
    assert (order["type"], item["product_retailer_id"]) == ("order", "sku-81")

    business.send({**EXAMPLES["read mark, typing"], "message_id": order["id"]})
    expect(page.get_by_role("img", name="typing")).to_be_visible()
    expect(page.locator("#phone")).to_contain_text("typing…")
