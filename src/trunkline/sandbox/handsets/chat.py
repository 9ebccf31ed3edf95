"""A chat as JSON: what the handset page draws, and what tests read.

Messages of both sides in the order in which they were sent; reactions are folded into what they are about.
docs/sandbox.md describes the members.
"""

import heapq
from typing import Any

import msgspec

from trunkline.sandbox.clock import to_rfc3339
from trunkline.sandbox.errors import CODES, DETAILS
from trunkline.sandbox.handsets.inbox import Inbox, Received
from trunkline.sandbox.handsets.people import People, Person
from trunkline.sandbox.sends.ledger import Ledger
from trunkline.sandbox.webhooks.statuses import Taken

_MOST = 500
_WITH_MEDIA = ("image", "video", "audio", "document", "sticker")


class Chats:
    """Reads the ledger and the inbox; keeps nothing itself."""

    def __init__(self, people: People, ledger: Ledger, inbox: Inbox, views: "Views") -> None:
        self._people = people
        self._ledger = ledger
        self._inbox = inbox
        self._views = views

    async def list(self, address: str, phone_number_id: str, limit: int = _MOST) -> list[dict[str, Any]]:
        """The newest messages of a chat, oldest of them first. A phone that is off shows nothing new."""
        person = self._people.get(address)
        sent: list[dict[str, Any]] = []
        for known_as in self._people.addresses_of(person):
            rows = await self._ledger.list_chat(known_as, phone_number_id, limit)
            sent += [self._views.of_send(taken, body) for taken, body in rows if _arrived(person, taken)]
        received: list[dict[str, Any]] = []
        for phone in (person.address, *person.previous):
            rows_in = await self._inbox.list_chat(phone, phone_number_id, limit)
            received += [self._views.of_received(row) for row in rows_in]
        sent.sort(key=_at)
        received.sort(key=_at)
        return _fold_reactions(list(heapq.merge(sent, received, key=_at)))[-limit:]


class Views:
    """Single messages as JSON."""

    def __init__(self, media: Any, templates: Any) -> None:
        self._media = media
        self._templates = templates

    def body_of(self, body: bytes) -> dict[str, Any]:
        """Empty where bodies are not kept."""
        sent = msgspec.json.decode(body) if body else {}
        return sent if isinstance(sent, dict) else {}

    def of_send(self, taken: Taken, body: bytes) -> dict[str, Any]:
        """A message of the business."""
        sent = self.body_of(body)
        content = sent.get(taken.type)
        last = taken.plan.steps[taken.reported - 1] if taken.reported and taken.plan.steps else None
        view = _view(taken.wamid, "business", taken.type, content, taken.taken_at)
        context = sent.get("context")
        if isinstance(context, dict) and isinstance(context.get("message_id"), str):
            view["context"] = {"id": context["message_id"]}
        if last is not None:
            view["status"] = last.status
            view["error"] = _error(last.code, last.details) if last.code else None
        if taken.type == "template" and isinstance(content, dict):
            view["template"] = self._templates.render(content)
        if taken.type in _WITH_MEDIA and isinstance(content, dict):
            view["media"] = self._media.describe(content)
        return view

    def of_received(self, received: Received) -> dict[str, Any]:
        """A message of the person."""
        message = received.message
        kind = str(message.get("type"))
        content = message.get(kind)
        view = _view(received.wamid, "handset", kind, content, received.sent_at)
        view["status"] = "read" if received.read_at is not None else "delivered"
        if isinstance(context := message.get("context"), dict):
            view["context"] = context
        if kind in _WITH_MEDIA and isinstance(content, dict):
            view["media"] = self._media.describe(content)
        return view


def _view(wamid: str, side: str, kind: str, content: Any, at: int) -> dict[str, Any]:
    return {
        "id": wamid,
        "from": side,
        "type": kind,
        "content": content,
        "context": None,
        "at": to_rfc3339(at),
        "status": None,
        "error": None,
        "media": None,
        "reactions": [],
    }


def _arrived(person: Person, taken: Taken) -> bool:
    """What failed was never on the phone; what a phone that is off waits for is not there yet."""
    reported = [step.status for step in taken.plan.steps[: taken.reported]]
    if person.online:
        return not (reported and reported[-1] == "failed" and "delivered" not in reported)
    return "delivered" in reported or "read" in reported


def _error(code: int, details: str) -> dict[str, Any]:
    title = CODES[code].title if code in CODES else "Error"
    return {"code": code, "title": title, "details": details or DETAILS.get(code, title)}


def _at(view: dict[str, Any]) -> str:
    return str(view["at"])


def _fold_reactions(views: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_id = {view["id"]: view for view in views}
    shown = []
    for view in views:
        if view["type"] != "reaction" or not isinstance(view["content"], dict):
            shown.append(view)
            continue
        target = by_id.get(view["content"].get("message_id"))
        if target is not None:
            kept = [reaction for reaction in target["reactions"] if reaction["from"] != view["from"]]
            emoji = view["content"].get("emoji")
            target["reactions"] = [*kept, {"from": view["from"], "emoji": emoji}] if emoji else kept
    return shown
