"""Format `meta` is read by a public client of the Cloud API: what Meta posts goes out to pywa as it came in.

Meta's posts are kept and told as events; the body for an endpoint, and its signature, go to pywa's own
webhook server, which has the endpoint's secret as the app's.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pywa
from pywa.types import (
    CallbackButton,
    CallbackSelection,
    FlowCompletion,
    Message,
    MessageStatus,
    PhoneNumberChange,
)
from pywa.types.message_status import MessageStatusType
from starlette.applications import Starlette

from tests.clients.pywa_desk import _HANDLERS, VERIFY_TOKEN, Inbox, _serving
from tests.flow.inbound_desk import ALICE, DIGITS, PHONE_NUMBER_ID, WABA, Desk, desk, envelope, person, value
from tests.unit.test_formats import CONNECTORS, NUMBER, of_ours
from tests.unit.test_signing import endpoint
from trunkline.delivery import formats, signing
from trunkline.store import events
from trunkline.store.events import EventRow

SECRET = signing.new_secret()
BEGAN = int(time.time()) - 60
FILE = {"sha256": "aGFzaA==", "id": "1001", "url": "https://lookaside.example.com/1001"}
ANSWERED = {"context": {"from": DIGITS, "id": "wamid.asked"}}
ROW = {"id": "size-s", "title": "Small", "description": "One cup"}
FORM = {"name": "flow", "body": "Sent", "response_json": '{"name": "Ada", "flow_token": "t-1"}'}
CARD = {"name": {"formatted_name": "Ada Example", "first_name": "Ada"}, "phones": [{"phone": "+15550004712"}]}
ITEM = {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 4.5, "currency": "USD"}
UNKNOWN = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
           "error_data": {"details": "Message type is currently not supported."}}  # fmt: skip

SAID: list[tuple[str, Any, dict[str, Any]]] = [
    ("text", {"body": "Good day \N{SMILING FACE WITH SMILING EYES}"}, {}),
    ("text", {"body": "A reply"}, ANSWERED),
    ("text", {"body": "Passed on"}, {"context": {"forwarded": True}}),
    ("image", FILE | {"mime_type": "image/png", "caption": "A picture"}, {}),
    ("video", FILE | {"mime_type": "video/mp4"}, {}),
    ("audio", FILE | {"mime_type": "audio/ogg; codecs=opus", "voice": True}, {}),
    ("document", FILE | {"mime_type": "application/pdf", "filename": "bill.pdf"}, {}),
    ("sticker", FILE | {"mime_type": "image/webp", "animated": False}, {}),
    ("location", {"latitude": 37.4847, "longitude": -122.1484, "name": "Park"}, {}),
    ("contacts", [CARD], {}),
    ("order", {"catalog_id": "194", "text": "Please", "product_items": [ITEM]}, {}),
    ("reaction", {"message_id": "wamid.asked", "emoji": "\N{HEAVY BLACK HEART}"}, {}),
    ("button", {"payload": "answer-yes", "text": "Yes"}, ANSWERED),
    ("interactive", {"type": "button_reply", "button_reply": {"id": "answer-no", "title": "No"}}, ANSWERED),
    ("interactive", {"type": "list_reply", "list_reply": ROW}, ANSWERED),
    ("interactive", {"type": "nfm_reply", "nfm_reply": FORM}, ANSWERED),
    ("unsupported", {"type": "poll_creation"}, {"errors": [UNKNOWN]}),
]  # fmt: skip


def posted() -> list[dict[str, Any]]:
    """A message of every type, as Meta posts it."""
    return [
        {
            "from": ALICE,
            "from_user_id": "US.1",
            "id": f"wamid.{n}",
            "timestamp": str(BEGAN + n),
            "type": type_,
        }
        | {type_: content}
        | more
        for n, (type_, content, more) in enumerate(SAID)
    ]


def moved() -> dict[str, Any]:
    """A change of number."""
    content = {"body": "User changed", "type": "user_changed_number", "wa_id": "15550002009"}
    content |= {"user_id": "US.9", "previous_user_id": "US.1"}
    message = {"from": ALICE, "from_user_id": "US.1", "id": "wamid.moved", "timestamp": str(BEGAN + 50)}
    return message | {"type": "system", "system": content}


class Told:
    """The body of one post of format `meta`, and what stands in it."""

    def __init__(self, made: Desk, rows: list[EventRow]) -> None:
        to = msgspec.structs.replace(endpoint(SECRET), format="meta", account_id=made.account_id)
        wanted = formats.wanted(to, made.runtime.connectors)
        rows = [row for row in rows if wanted(row)]
        self.body = formats.render(to, rows, made.runtime.directory.numbers, made.runtime.connectors)
        self.value: dict[str, Any] = json.loads(self.body)["entry"][0]["changes"][0]["value"]

    def headers(self) -> dict[str, str]:
        return signing.headers([SECRET], "evt_1", int(time.time()), self.body, "meta")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    """What Meta posted, told by us: messages of every type, and a change of number."""

    async def run() -> tuple[Told, Told]:
        async with desk(tmp_path_factory.mktemp("meta") / "data") as made:
            await made.write(*posted(), contacts=(person("Alice", user_id="US.1"),))
            await made.write(moved())
            rows = await made.store.read(lambda tx: events.after(tx, made.account_id, "", 1_000))
            received = [row for row in rows if row.type == "message.received"]
            return Told(made, received[:-1]), Told(made, received[-1:])

    return asyncio.run(run())


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """pywa's webhook server; it refuses what is not signed with the endpoint's secret."""
    app = Starlette()
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(httpx.Client(trust_env=False))
        client = pywa.WhatsApp(
            phone_id=PHONE_NUMBER_ID, token="none", app_secret=SECRET, session=session, server=app,
            webhook_endpoint="/hook", verify_token=VERIFY_TOKEN,
        )  # fmt: skip
        inbox = Inbox(stack.enter_context(_serving(app)) + "/hook")
        client.add_handlers(*(handler(inbox) for handler in _HANDLERS))
        yield inbox


def post(inbox: Inbox, body: bytes, headers: dict[str, str]) -> int:
    kind = {"content-type": "application/json"}
    return httpx.post(inbox.url, content=body, headers=headers | kind, trust_env=False).status_code


def test_what_meta_posted_comes_out_as_it_went_in(told: tuple[Told, Told]) -> None:
    messages, change = told
    assert messages.value["messages"] == posted()
    assert messages.value["contacts"] == [person("Alice", user_id="US.1")]
    assert messages.value["metadata"] == {"display_phone_number": DIGITS, "phone_number_id": PHONE_NUMBER_ID}
    assert json.loads(messages.body)["entry"][0]["id"] == WABA
    assert change.value["messages"] == [moved()]
    assert "contacts" not in change.value


def test_a_call_goes_out_as_it_came_in(tmp_path: Path) -> None:
    call = {"id": "wacid.1", "from": ALICE, "to": DIGITS, "event": "connect", "direction": "USER_INITIATED"}
    call |= {"timestamp": str(BEGAN), "session": {"sdp_type": "offer", "sdp": "v=0"}}
    said = value(calls=[call], contacts=[person()])

    async def run() -> Told:
        async with desk(tmp_path / "data") as made:
            await made.post(envelope(("calls", said)))
            return Told(made, await made.store.read(lambda tx: events.after(tx, made.account_id, "", 10)))

    told = json.loads(asyncio.run(run()).body)["entry"][0]["changes"]
    assert told == [{"field": "calls", "value": said}]


def test_pywa_reads_messages_of_every_type(told: tuple[Told, Told], inbox: Inbox) -> None:
    entry = json.loads(told[0].body)["entry"][0]
    value = entry["changes"][0]["value"]
    for message in value["messages"]:  # pywa reads the first of a post only
        changes = [{"field": "messages", "value": value | {"messages": [message]}}]
        body = json.dumps(
            {"object": "whatsapp_business_account", "entry": [entry | {"changes": changes}]}
        ).encode()
        headers = signing.headers([SECRET], "evt_1", int(time.time()), body, "meta")
        assert post(inbox, body, headers) == 200
    ids = [inbox.wait_for(lambda update, n=n: update.id == f"wamid.{n}") for n in range(len(SAID))]
    kinds = {CallbackButton: 2, CallbackSelection: 1, FlowCompletion: 1}
    assert {kind: sum(isinstance(one, kind) for one in ids) for kind in kinds} == kinds
    assert all(isinstance(one, Message) for one in ids if type(one) not in kinds)
    assert ids[0].text == "Good day \N{SMILING FACE WITH SMILING EYES}"
    assert (ids[0].from_user.wa_id, ids[0].from_user.name) == (ALICE, "Alice")
    assert ids[1].reply_to_message.id == "wamid.asked"
    assert (ids[6].document.filename, ids[8].location.name) == ("bill.pdf", "Park")
    assert ids[16].error.code == 131051


def test_pywa_reads_a_change_of_number(told: tuple[Told, Told], inbox: Inbox) -> None:
    assert post(inbox, told[1].body, told[1].headers()) == 200
    change = inbox.wait_for_a(PhoneNumberChange)
    assert (change.old_wa_id, change.new_wa_id) == (ALICE, "15550002009")


def test_pywa_refuses_a_post_that_was_touched(told: tuple[Told, Told], inbox: Inbox) -> None:
    assert post(inbox, told[1].body + b" ", told[1].headers()) == 403


def test_pywa_reads_statuses_with_our_ids(inbox: Inbox) -> None:
    numbers = {NUMBER.id: msgspec.structs.replace(NUMBER, phone_number_id=PHONE_NUMBER_ID)}
    to = msgspec.structs.replace(endpoint(SECRET), format="meta")
    for status in ("sent", "delivered", "read", "failed"):
        body = formats.render(to, [of_ours(status)], numbers, CONNECTORS)
        headers = signing.headers([SECRET], "evt_1", int(time.time()), body, "meta")
        assert post(inbox, body, headers) == 200
        update = inbox.wait_for_a(
            MessageStatus, lambda update, status=status: update.status == MessageStatusType(status)
        )
        assert (update.id, update.tracker, update.from_user.wa_id) == ("msg_1", "order 7", "15550002000")
