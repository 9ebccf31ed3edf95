"""The handset page in a real Chromium, against a running sandbox and a receiver of its webhooks."""

import asyncio
import contextlib
import itertools
import re
import struct
import threading
import zlib
from collections.abc import Coroutine, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.sandbox.rig import Rig, rig
from trunkline import ui

T = TypeVar("T")
BUSINESS = "Trunkline Sandbox"
BUTTONS = {
    "type": "button",
    "body": {"text": "Shall we keep one for you?"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "yes", "title": "Keep one"}},
            {"type": "reply", "reply": {"id": "no", "title": "No, thanks"}},
        ]
    },
}
ROWS = {
    "type": "list",
    "body": {"text": "When?"},
    "action": {
        "button": "Choose a time",
        "sections": [
            {"title": "Today", "rows": [{"id": "t1", "title": "16:00"}, {"id": "t2", "title": "17:00"}]}
        ],
    },
}


class Desk:
    """The business: a sandbox and a receiver in a thread of their own; the browser's loop is in this one."""

    def __init__(self, tools: Rig, loop: asyncio.AbstractEventLoop) -> None:
        self.tools, self._loop = tools, loop
        self.number = tools.identity.phone_number_id
        self._phones = itertools.count(15550100001)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def new_phone(self) -> str:
        """Nobody wrote to it yet."""
        return str(next(self._phones))

    def send(self, to: str, kind: str = "text", content: Any = None) -> str:
        body = {"type": kind, "text": None, kind: {"body": "Hello"} if content is None else content}
        return self.wait(self.tools.sent(to, **body))

    def act(self, do: str, address: str, **members: Any) -> Any:
        return self.wait(self.tools.act(do, address, **members))

    def get(self, path: str) -> Any:
        async def ask() -> Any:
            return await (await self.tools.call("GET", path)).json()

        return self.wait(ask())

    def hears(self, wamid: str, status: str) -> None:
        """Wait until the business was told of it."""
        self.wait(self.tools.receiver.wait_for(lambda got: status in got.words_of(wamid)))

    def answer_to(self, message_id: str) -> dict[str, Any]:
        """The message to the business that answers this one; waits for it."""

        def found() -> list[dict[str, Any]]:
            messages = self.tools.receiver.messages
            return [one for one in messages if one.get("context", {}).get("id") == message_id]

        self.wait(self.tools.receiver.wait_for(lambda got: found()))
        return found()[0]

    def message_from(self, phone: str, kind: str) -> dict[str, Any]:
        """The last message of that type that the business got from this phone; waits for it."""

        def found() -> list[dict[str, Any]]:
            messages = self.tools.receiver.messages
            return [one for one in messages if one.get("from") == phone and one["type"] == kind]

        self.wait(self.tools.receiver.wait_for(lambda got: found()))
        return found()[-1]

    def upload(self, data: bytes, mime_type: str, name: str) -> str:
        async def post() -> str:
            path = f"/_sandbox/media?filename={name}"
            identity = self.tools.identity
            building = self.tools.client.post(identity.url + path).body_bytes(data)
            response = await building.header("content-type", mime_type).build().send()
            return (await response.json())["id"]

        return self.wait(post())

    def fetch(self, media_id: str) -> bytes:
        """As a business does: ask for the address, then for the file."""

        async def load() -> bytes:
            told = await (await self.tools.call("GET", f"/v25.0/{media_id}")).json()
            building = self.tools.client.get(told["url"]).bearer_auth(self.tools.identity.token)
            return bytes(await (await building.build().send()).bytes())

        return self.wait(load())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = contextlib.AsyncExitStack()
    folder: Path = tmp_path_factory.mktemp("handsets")

    async def start() -> Desk:
        return Desk(await running.enter_async_context(rig(folder)), loop)

    yield asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    asyncio.run_coroutine_threadsafe(running.aclose(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Seat:
    """A person in front of the page; knows what the page asked for, and what went wrong in it."""

    def __init__(self, context: BrowserContext, desk: Desk) -> None:
        self.desk = desk
        self.page = context.new_page()
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda line: self.wrong.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def take(self, phone: str, *, chat: bool = True) -> Page:
        """With its chat open, or with the list of its chats."""
        number = f"/{self.desk.number}" if chat else ""
        self.page.goto(f"{self.desk.tools.identity.url}/_sandbox/#/{phone}{number}")
        if chat:
            expect(self.page.get_by_role("textbox", name="Message to the business")).to_be_visible()
            self.await_open(phone)
        else:
            expect(self.page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()
        return self.page

    def await_open(self, phone: str) -> None:
        is_open = lambda told: told["open_chat"] == self.desk.number  # noqa: E731
        self.desk.wait(self.desk.tools.eventually(f"/_sandbox/handsets/{phone}", is_open))

    def message(self, words: str) -> Locator:
        return self.page.locator("wa-message", has_text=words).first

    def write(self, words: str) -> None:
        box = self.page.get_by_role("textbox", name="Message to the business")
        box.fill(words)
        box.press("Enter")

    def choose(self, item: str, menu: str = "Phone menu") -> None:
        bar = self.page.locator("#phone")
        bar.get_by_role("button", name=menu).click()
        bar.get_by_role("menu", name=menu).get_by_text(item).click()


@pytest.fixture
def seat(chromium: Browser, desk: Desk) -> Iterator[Seat]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    seat = Seat(context, desk)
    yield seat
    context.close()
    assert seat.wrong == [], "the page reported errors"


def png(width: int = 64, height: int = 40) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((30, 140, 160)) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_every_type_of_message_arrives_in_the_open_chat(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    expect(page.get_by_role("heading", name="No message yet")).to_be_visible()
    image = desk.upload(png(), "image/png", "lamp.png")
    desk.send(phone, "text", {"body": "Your *lamp* is here"})
    desk.send(phone, "image", {"id": image, "caption": "The lamp"})
    desk.send(
        phone,
        "document",
        {"id": desk.upload(b"%PDF-1.4", "application/pdf", "bill.pdf"), "filename": "bill.pdf"},
    )
    desk.send(phone, "location", {"latitude": 52.5, "longitude": 13.4, "name": "Our shop"})
    card = {
        "name": {"formatted_name": "Ada Example", "first_name": "Ada"},
        "phones": [{"phone": "+15550009876"}],
    }
    desk.send(phone, "contacts", [card])
    desk.send(phone, "interactive", BUTTONS)
    desk.send(phone, "interactive", ROWS)
    desk.send(phone, "template", {"name": "hello_world", "language": {"code": "en_US"}})
    expect(page.locator("strong", has_text="lamp").first).to_be_visible()
    for label in (
        "image, caption The lamp",
        "document, bill.pdf",
        "location, Our shop",
        "contact, Ada Example",
    ):
        expect(page.get_by_role("article", name=re.compile(f"^{BUSINESS}, {label}"))).to_be_visible()
    for label in ("message with buttons", "message with a list", "template"):
        expect(page.get_by_role("article", name=re.compile(f"^{BUSINESS}, {label}"))).to_be_visible()
    shown = page.locator("wa-message img").first
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("naturalWidth", 64)
    expect(page.locator("#announcer")).to_contain_text(BUSINESS)


def test_what_is_written_reaches_the_business_line_breaks_and_all(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    box = page.get_by_role("textbox", name="Message to the business")
    box.press_sequentially("One")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.press("Enter")
    assert desk.message_from(phone, "text")["text"] == {"body": "One\ntwo"}
    expect(seat.message("two")).to_have_attribute("data-side", "mine")
    expect(box).to_have_value("")
    expect(page.get_by_text("open until tomorrow")).to_be_visible()


def test_a_tapped_button_and_a_chosen_row_are_answers_to_their_message(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    buttons, rows = desk.send(phone, "interactive", BUTTONS), desk.send(phone, "interactive", ROWS)
    page = seat.take(phone)
    page.get_by_role("button", name="Keep one").click()
    tapped = desk.message_from(phone, "interactive")
    assert tapped["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "yes", "title": "Keep one"},
    }
    assert tapped["context"]["id"] == buttons
    expect(page.get_by_role("article", name=re.compile("^You, button reply, Keep one"))).to_be_visible()
    page.get_by_role("button", name="Choose a time").click()
    sheet = page.get_by_role("dialog", name="Choose a time")
    sheet.get_by_text("17:00").click()
    if sheet.get_by_role("button", name="Send").count():
        sheet.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article", name=re.compile("^You, list reply, 17:00"))).to_be_visible()
    chosen = desk.answer_to(rows)
    assert chosen["interactive"]["list_reply"] == {"id": "t2", "title": "17:00"}


def test_a_reaction_and_a_quotation_name_the_message_they_are_about(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    wamid = desk.send(phone, "text", {"body": "How was it?"})
    page = seat.take(phone)
    seat.message("How was it?").hover()
    seat.message("How was it?").get_by_role("button", name="React").click()
    page.get_by_role("group", name="Choose a reaction").get_by_role("button").first.click()
    assert desk.message_from(phone, "reaction")["reaction"] == {"message_id": wamid, "emoji": "👍"}
    expect(page.locator(".wa-reactions")).to_contain_text("👍")
    seat.message("How was it?").get_by_role("button", name="Reply").click()
    seat.write("Very good")
    assert desk.message_from(phone, "text")["context"]["id"] == wamid
    expect(seat.message("Very good").get_by_role("button", name=re.compile("How was it"))).to_be_visible()


def test_sends_to_a_phone_that_blocked_the_business_fail_with_131026(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    seat.choose(f"Block {BUSINESS}")
    expect(page.locator(".pg-holder")).to_contain_text("business blocked")
    wamid = desk.send(phone, "text", {"body": "Are you there?"})
    desk.hears(wamid, "failed")
    failed = next(
        one for one in desk.tools.receiver.statuses if one["id"] == wamid and one["status"] == "failed"
    )
    assert failed["errors"][0]["code"] == 131026
    expect(page.locator(".pg-failed")).to_contain_text("Not delivered: 131026")
    expect(page.locator("wa-message")).to_have_count(0)
    seat.choose(f"Unblock {BUSINESS}")
    desk.send(phone, "text", {"body": "Welcome back"})
    expect(seat.message("Welcome back")).to_be_visible()


def test_what_is_sent_to_a_phone_that_is_off_arrives_when_it_is_back(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    seat.choose("Go offline")
    expect(page.get_by_text("This phone is offline.").last).to_be_visible()
    wamid = desk.send(phone, "text", {"body": "While you were away"})
    desk.hears(wamid, "sent")
    expect(seat.message("While you were away")).to_have_count(0)
    assert desk.tools.receiver.words_of(wamid) == ["sent"]
    seat.choose("Come back online")
    expect(seat.message("While you were away")).to_be_visible()
    desk.hears(wamid, "read")


def test_a_message_is_read_when_its_chat_is_opened_and_not_before(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    page.get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()
    closed = lambda told: told["open_chat"] is None  # noqa: E731
    desk.wait(desk.tools.eventually(f"/_sandbox/handsets/{phone}", closed))
    wamid = desk.send(phone, "text", {"body": "For later"})
    desk.hears(wamid, "delivered")
    chat = page.locator("#phone .pg-row", has_text=BUSINESS)
    expect(chat).to_contain_text("For later")
    expect(chat).to_contain_text("1 unread")
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    assert "read" not in desk.tools.receiver.words_of(wamid)
    chat.click()
    desk.hears(wamid, "read")
    expect(page.locator(".pg-unread-line")).to_be_visible()


def test_an_attached_picture_can_be_fetched_by_the_business(seat: Seat, desk: Desk) -> None:
    phone, picture = desk.new_phone(), png()
    page = seat.take(phone)
    with page.expect_file_chooser() as chooser:
        seat.choose("Photo or video", menu="Attach")
    chooser.value.set_files({"name": "cat.png", "mimeType": "image/png", "buffer": picture})
    expect(page.get_by_role("group", name="Attached files")).to_contain_text("cat.png")
    seat.write("Look")
    image = desk.message_from(phone, "image")["image"]
    assert image["caption"] == "Look" and image["mime_type"] == "image/png"
    assert desk.fetch(image["id"]) == picture
    expect(seat.message("Look").locator("img")).to_have_js_property("naturalWidth", 64)


@pytest.mark.parametrize(
    ("item", "button", "kind", "member"),
    [
        ("Location", "Send location", "location", ("latitude", 52.5163)),
        ("Contact", "Send contact", "contacts", None),
    ],
)
def test_a_place_and_a_card_are_sent_by_a_form(
    seat: Seat, desk: Desk, item: str, button: str, kind: str, member: tuple[str, float] | None
) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    seat.choose(item, menu="Attach")
    page.get_by_role("button", name=button).click()
    content = desk.message_from(phone, kind)[kind]
    if member:
        assert content[member[0]] == member[1]
    else:
        assert content[0]["phones"][0]["wa_id"] == "15550009876"


def test_hostile_words_stay_words_everywhere(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    desk.act("rename", phone, name="<b onclick=x>Eve</b>")
    desk.send(phone, "text", {"body": evil})
    page = seat.take(phone)
    seat.write(evil)
    expect(page.locator("wa-message")).to_have_count(2)
    expect(page.locator("wa-message").last).to_contain_text("onerror")
    expect(page.locator(".pg-holder")).to_contain_text("<b onclick=x>Eve</b>")
    page.locator("wa-message").first.locator(".wa-text").click()
    expect(page.locator("#panel-message pre").first).to_contain_text("onerror")
    assert page.locator("wa-message img, #phones b, .pg-holder b, #inspector img, body script").count() == 0
    assert "owned" not in page.title()


def test_a_link_is_shown_before_it_is_opened(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    desk.send(phone, "text", {"body": "See https://shop.example/lamps?id=1 now"})
    page = seat.take(phone)
    page.locator("wa-message").get_by_role("link", name="https://shop.example/lamps?id=1").click()
    dialog = page.get_by_role("dialog", name="Open link")
    expect(dialog.locator(".pg-address")).to_have_text("https://shop.example/lamps?id=1")
    link = dialog.get_by_role("link", name="Open")
    assert "noopener" in (link.get_attribute("rel") or "")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_seven_tabs_stay_in_step(seat: Seat, desk: Desk) -> None:
    """A browser keeps six connections to one origin: a stream for each tab would hang the seventh."""
    phone = desk.new_phone()
    seat.take(phone)
    others = [Seat(seat.page.context, desk) for _ in range(6)]
    for other in others:
        other.take(phone)
    seat.write("From the first tab")
    desk.send(phone, "text", {"body": "From the business"})
    for one in (others[0], others[-1]):
        expect(one.message("From the first tab")).to_be_visible()
        expect(one.message("From the business")).to_be_visible()


def test_a_chat_stays_open_here_when_another_tab_that_shows_it_is_closed(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    seat.take(phone)
    other = Seat(seat.page.context, desk)
    other.take(phone)
    seat.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    other.page.close()
    desk.hears(desk.send(phone), "read")
    seat.await_open(phone)
    wamid = desk.send(phone, "text", {"body": "After the other tab"})
    expect(seat.message("After the other tab")).to_be_visible()
    desk.hears(wamid, "read")


def test_a_phone_that_nobody_holds_says_that_it_reads_by_itself(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    desk.send(phone)
    seat.take(phone, chat=False)
    expect(seat.page.get_by_text("reads what arrives by itself")).to_be_visible()
    seat.take(phone)
    seat.take(phone, chat=False)
    expect(seat.page.get_by_text("read once its chat is opened")).to_be_visible()


def test_the_list_finds_adds_and_remembers_phones(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    desk.act("rename", phone, name="Zoe Sample")
    page = seat.take(phone, chat=False)
    page.get_by_role("searchbox", name="Search phones").fill("zoe")
    expect(page.locator("#phones .pg-row")).to_have_count(1)
    page.get_by_role("button", name="Add a phone", exact=True).click()
    dialog = page.get_by_role("dialog", name="Add a phone")
    dialog.get_by_label("Phone number").fill("12")
    dialog.get_by_role("button", name="Add phone").click()
    expect(dialog.get_by_role("alert")).to_contain_text("7 to 15 digits")
    added = desk.new_phone()
    dialog.get_by_label("Phone number").fill(f"+{added}")
    dialog.get_by_label("Name").fill("Yan Example")
    dialog.get_by_role("button", name="Add phone").click()
    expect(page).to_have_url(re.compile(f"#/{added}/{desk.number}$"))
    assert desk.get(f"/_sandbox/handsets/{added}")["name"] == "Yan Example"
    page.get_by_role("searchbox", name="Search phones").fill("yan")
    expect(page.locator("#phones .pg-row")).to_have_count(1)


def test_the_inspector_shows_bodies_and_webhooks_and_repeats_them(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    wamid = desk.send(phone, "text", {"body": "Look inside"})
    page = seat.take(phone)
    desk.hears(wamid, "read")
    seat.message("Look inside").locator(".wa-text").click()
    expect(page.get_by_role("tabpanel")).to_contain_text('"messaging_product": "whatsapp"')
    page.get_by_role("tab", name="Webhooks").click()
    hook = page.locator(".pg-hooks details", has_text="status · delivered")
    if hook.count() == 0:
        hook = page.locator(".pg-hooks details", has_text="status · read")
    hook.first.locator("summary").click()
    expect(hook.first).to_contain_text("sha256=")
    posts = desk.tools.receiver.posts
    hook.first.get_by_role("button", name="Repeat").click()
    desk.wait(desk.tools.receiver.wait_for(lambda got: got.posts > posts))
    expect(page.get_by_text("Posted again: 200.")).to_be_visible()


def test_rules_and_faults_are_set_on_the_page(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    page = seat.take(phone)
    page.get_by_role("tab", name="Rules").click()
    page.get_by_role("switch", name="Pair rate").check()
    pair_limited = lambda rules: rules["pair_limit"] is True  # noqa: E731
    desk.wait(desk.tools.eventually("/_sandbox/rules", pair_limited))
    page.get_by_role("switch", name="Pair rate").uncheck()
    page.get_by_role("button", name="Webhook fault…").click()
    page.get_by_label("What happens").select_option("duplicate")
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator(".pg-fault-list")).to_contain_text("duplicate")
    page.get_by_role("button", name="Remove this fault").click()
    expect(page.locator(".pg-fault-list")).not_to_contain_text("duplicate")
    desk.wait(desk.tools.eventually("/_sandbox/rules", lambda rules: not pair_limited(rules)))


def test_a_phone_is_used_by_keyboard_alone(seat: Seat, desk: Desk) -> None:
    phone = desk.new_phone()
    desk.act("rename", phone, name="Kay Board")
    desk.send(phone, "interactive", BUTTONS)
    page = seat.take(phone, chat=False)
    page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    page.keyboard.press("Escape")
    expect(shortcuts).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("kay")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"#/{phone}/{desk.number}$"))
    expect(page.locator("wa-message")).to_have_count(1)
    page.keyboard.press("m")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert desk.message_from(phone, "interactive")["interactive"]["button_reply"]["id"] == "yes"
    page.locator("wa-message").last.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("r")
    page.keyboard.type("Typed")
    page.keyboard.press("Enter")
    assert "context" in desk.message_from(phone, "text")


def test_a_phone_changes_its_number_and_the_page_follows(seat: Seat, desk: Desk) -> None:
    phone, new = desk.new_phone(), desk.new_phone()
    page = seat.take(phone)
    seat.write("Before")
    seat.choose("Change number…")
    page.get_by_label("New number").fill(f"+{new}")
    page.get_by_role("button", name="Change number").click()
    expect(page).to_have_url(re.compile(f"#/{new}/{desk.number}$"))
    expect(seat.message("Before")).to_be_visible()
    assert desk.message_from(phone, "system")["system"]["wa_id"] == new


def test_no_serious_accessibility_fault_in_either_theme_at_either_width(
    context: BrowserContext, desk: Desk
) -> None:
    phone = desk.new_phone()
    desk.act("send", phone, type="text", text={"body": "Hi"})
    desk.send(phone, "text", {"body": "Hello"})
    desk.send(phone, "interactive", BUTTONS)
    desk.act("offline", desk.new_phone())
    seat = Seat(context, desk)
    page = seat.take(phone)
    expect(page.locator("wa-message")).to_have_count(3)
    seat.message("Hello").locator(".wa-text").click()
    faults = _faults(page)
    page.keyboard.press("w")
    expect(page.locator(".pg-hooks li").first).to_be_visible()
    faults += _faults(page, "#inspector")
    page.get_by_role("tab", name="Rules").click()
    expect(page.get_by_role("switch").first).to_be_visible()
    faults += _faults(page, "#inspector")
    if page.viewport_size and page.viewport_size["width"] < 720:
        for button in ("Back to the phone", "Close the chat", "All phones"):
            page.get_by_role("button", name=button).click()
        faults += _faults(page, "#phones")
    assert faults == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0


def _faults(page: Page, part: str = "html") -> list[str]:
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in Axe().run(page, part).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_the_page_is_small_and_asks_nobody_else(seat: Seat, desk: Desk) -> None:
    """What the browser loads, as it stands in the tree; on the wire it is a third of that."""
    seat.take(desk.new_phone())
    assert [url for url in seat.asked if not url.startswith(desk.tools.identity.url)] == []
    folders = (files("trunkline.sandbox").joinpath("page"), ui.files())
    sources = [one for folder in folders for one in folder.iterdir() if one.name.endswith((".js", ".css"))]
    lengths = {one.name: len(one.read_text("utf-8").splitlines()) for one in sources}
    assert {name: lines for name, lines in lengths.items() if lines > 500} == {}
    assert sum(len(one.read_bytes()) for one in sources) < 256_000


def test_the_files_of_the_page_come_under_a_strict_policy_and_only_once(desk: Desk) -> None:
    async def look() -> None:
        page = await desk.tools.call("GET", "/_sandbox/", token=None)
        assert page.status == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        for directive in (
            "default-src 'self'",
            "require-trusted-types-for 'script'",
            "frame-ancestors 'none'",
        ):
            assert directive in policy
        assert "unsafe" not in policy and page.headers["x-content-type-options"] == "nosniff"
        url = desk.tools.identity.url + "/_sandbox/page/main.js"
        asking = desk.tools.client.get(url).header("if-none-match", "")
        first = await asking.build().send()
        assert first.headers["content-type"] == "text/javascript; charset=utf-8"
        again = desk.tools.client.get(url).header("if-none-match", first.headers["etag"])
        assert (await again.build().send()).status == 304
        for path in ("page/..%2Fadmin%2Fpage.py", "page/index.html", "ui/__init__.py", "page/none.js"):
            assert (await desk.tools.call("GET", f"/_sandbox/{path}")).status == 404

    desk.wait(look())
