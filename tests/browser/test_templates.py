"""Templates of every kind on their whole way: made by the API, reviewed, sent, and drawn on the phone as the
preview is drawn that the API gives of such a message.
"""

import copy
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.business import Business, Json
from tests.channels.whatsapp_cloud.templates.kinds import HANDLE, KINDS
from tests.media_samples import mp4, pdf, png

PHONE = "15550009481"
PICTURED = "offer"  # the kind whose picture is compared, pixel by pixel: it has texts, a picture and buttons
# At a place of whole pixels, wherever the chat is scrolled to.
PINNED = """(drawn) => Object.assign(drawn.style,
    { position: "fixed", zIndex: 9, inset: "0 auto auto 0", width: "480px" })"""
# What a phone shows of each kind beside its text.
SHOWN = {
    "text header": [
        "Order A-17",
        "Hi Ada, your order A-17 is on its way to you and comes on 2 May or later.",
    ],
    "named": ["Hi Ada, your order A-17 is on its way to you."],
    "image": ["The shop"],
    "document": ["terms.pdf", "PDF"],
    "location": ["Shop", "1 Main Street"],
    "buttons": ["Stop promotions", "Thanks", "See all options"],
    "copy code": ["Copy offer code", "Stop promotions"],
    "offer": ["Ends soon", "Ends ", "Copy offer code", "Track order"],
    "flow": ["Book"],
    "catalog": ["View catalog"],
    "products": ["Lamps", "View items"],
    "carousel": ["A lamp for spring and its long evenings.", "Track order"],
    "product carousel": ["lamp", "chair", "desk", "View"],
    "login": ["123456 is your verification code.", "This code expires in 10 minutes.", "Copy code"],
    "one tap": ["123456 is your verification code."],
}
SHEETS = {"buttons": "See all options", "products": "View items"}
# Draws the preview of the message in the place of what the chat has drawn.
SWAP = """async (drawn, [content, view]) => {
    const { renderMessage } = await import("./ui/message.js");
    const { id, from, type, at, status } = drawn.message;
    const options = { viewer: drawn.viewer, interactive: drawn.interactive, names: drawn.names };
    const made = renderMessage({ id, from, type, at, status, content, template: view }, options);
    made.tabIndex = drawn.tabIndex;
    made.dataset.of = "preview";
    drawn.replaceWith(made);
}"""
# What there is to see and to read, without where files lie and how soon they are loaded.
STRUCTURE = """(drawn) => {
    const files = [...drawn.querySelectorAll("img, video")].map((one) => [
        one.naturalWidth ?? one.videoWidth, one.naturalHeight ?? one.videoHeight ]);
    const copy = drawn.cloneNode(true);
    for (const one of copy.querySelectorAll("img, video")) one.src = "/file";
    for (const one of copy.querySelectorAll("a.wa-file")) one.href = "/file";
    return [drawn.getAttribute("aria-label"), files, copy.innerHTML];
}"""
# Whatever part of the chat is seen: pictures out of sight are else loaded later.
LOADED = """(drawn) => Promise.all([...drawn.querySelectorAll("img, video")].map((one) => {
    if (one.tagName === "IMG") return (one.loading = "eager", one.decode());
    return one.readyState > 0 || new Promise((done) => one.addEventListener("loadedmetadata", done));
}))"""


class Sent:
    """The templates of all kinds in use: what was made, and what was sent of it."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.files = {
            "image": business.upload(png(240, 120), "lamp.png", "image/png")["id"],
            "video": business.upload(mp4(width=160, height=96), "lamp.mp4", "video/mp4")["id"],
            "document": business.upload(pdf(), "terms.pdf", "application/pdf")["id"],
        }
        self.made = {kind: self._made(kind, draft) for kind, (draft, _) in KINDS.items()}
        for template in self.made.values():
            business.decide(template, "APPROVED")
        self._await_approval()
        self.components = {kind: self._filled(parts) for kind, (_, parts) in KINDS.items()}
        for kind in KINDS:
            business.send(PHONE, "template", self.use_of(kind))
        self._await_reading()

    def use_of(self, kind: str) -> Json:
        template = self.made[kind]
        language = {"code": template["language"]}
        return {"name": template["name"], "language": language, "components": self.components[kind]}

    def preview(self, kind: str, given: Json | None = None) -> Json:
        """How a message of it looks: as it was sent, if nothing else is given."""
        given = {"components": self.components[kind]} if given is None else given
        rendered = self.business.post(f"/v1/templates/{self.made[kind]['id']}/render", given)
        assert rendered["problems"] == [], kind
        return dict(rendered)

    def _made(self, kind: str, draft: Json) -> Json:
        named = copy.deepcopy(draft) | {"name": kind.replace(" ", "_")}
        sample = self.files[kind if kind in self.files else "image"]
        return dict(
            self.business.post("/v1/templates", json.loads(json.dumps(named).replace(HANDLE, sample)))
        )

    def _await_approval(self) -> None:
        """By the webhooks of the review."""
        everywhere = {"APPROVED"}
        path = "/v1/templates?limit=100"
        self.business.until(path, lambda page: {one["status"] for one in page["data"]} == everywhere)

    def _await_reading(self) -> None:
        """Before anybody looks: with each status that comes a page draws the message anew."""
        path = f"/v1/messages?to={PHONE}&limit=100"
        self.business.until(
            path, lambda page: [one["state"] for one in page["data"]] == ["read"] * len(KINDS)
        )

    def _filled(self, value: Any) -> Any:
        """With uploaded files in the place of links, and an end of the offer that is to come."""
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "expiration_time_ms" in value:
            return {"expiration_time_ms": int(time.time() * 1000) + 86_400_000}
        given = {name: self._filled(each) for name, each in value.items()}
        return given | {kind: {"id": self.files[kind]} for kind in self.files if kind in given}


@pytest.fixture(scope="module")
def sent(server: Json) -> Sent:
    return Sent(Business(server))


@pytest.fixture(scope="module")
def chat(chromium: Browser, server: Json, sent: Sent) -> Iterator[Page]:
    """The phone with a message of every kind on it."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", timezone_id="UTC"
    )
    page = context.new_page()
    page.route("**/v1/media/*", lambda route: _serve(route, server))
    page.goto(f"{server['sandbox_url']}/_sandbox/#/{PHONE}/{server['phone_number_id']}")
    expect(page.locator(".pg-rows wa-message")).to_have_count(len(KINDS), timeout=15_000)
    yield page
    context.close()


def _serve(route: Route, server: Json) -> None:
    """Files of previews come from the API; a page loads them only where it is itself from."""
    with urllib.request.urlopen(server["api_url"] + urlsplit(route.request.url).path, timeout=20) as answer:
        route.fulfill(body=answer.read())


def drawn_of(page: Page, kind: str) -> Locator:
    return page.locator(".pg-rows wa-message").nth(list(KINDS).index(kind))


def redrawn(drawn: Locator, sent: Sent, kind: str, server: Json) -> None:
    view = json.dumps(sent.preview(kind)["view"]).replace(server["api_url"], server["sandbox_url"])
    drawn.evaluate(SWAP, [sent.use_of(kind), json.loads(view)])
    expect(drawn).to_have_attribute("data-of", "preview")


def test_every_kind_is_drawn_on_the_phone_as_in_its_preview(chat: Page, sent: Sent, server: Json) -> None:
    expect(chat.get_by_text("can not be drawn")).to_have_count(0)
    for kind in KINDS:
        drawn = drawn_of(chat, kind)
        for words in SHOWN.get(kind, []):
            expect(drawn, kind).to_contain_text(words)
        on_phone = looks_of(drawn, kind)
        redrawn(drawn, sent, kind, server)
        assert looks_of(drawn, kind) == on_phone, kind
    a_tap_comes_back(chat, sent)
    unfilled_previews_show_samples(sent)


def looks_of(drawn: Locator, kind: str) -> list[Any]:
    """Its structure, what its sheet says, and its picture, where it has them."""
    drawn.evaluate(LOADED)
    looks = [drawn.evaluate(STRUCTURE)]
    if kind in SHEETS:
        drawn.get_by_role("button", name=SHEETS[kind]).click()
        dialog = drawn.page.get_by_role("dialog")
        looks.append(dialog.inner_text())
        drawn.page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    return [*looks, picture_of(drawn) if kind == PICTURED else b""]


def picture_of(drawn: Locator) -> bytes:
    drawn.evaluate(PINNED)
    return drawn.locator(".wa-bubble").screenshot()


def a_tap_comes_back(chat: Page, sent: Sent) -> None:
    chat.get_by_role("button", name="Thanks").click()
    path = "/v1/events?types=message.received&limit=100"
    [event] = sent.business.until(path, lambda page: page["data"])["data"]
    assert event["data"]["content"] == {"payload": "thanks", "text": "Thanks"}


def unfilled_previews_show_samples(sent: Sent) -> None:
    for kind in KINDS:
        assert "{{" not in sent.preview(kind, {})["text"], kind
