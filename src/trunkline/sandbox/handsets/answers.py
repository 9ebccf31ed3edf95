"""Answers that belong to a message: a tapped button, a chosen row, a form that was filled in.

Each looks the message up, checks that it offers this answer, and writes what WhatsApp would send.
"""

from typing import Any

import msgspec

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.handsets.people import Person
from trunkline.sandbox.handsets.phone import Phone
from trunkline.sandbox.params import Param


class Answers:
    """The actions `tap`, `choose`, `fill`, `order` and `share_location`."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def tap(self, person: Person, number: str, action: Param) -> str | None:
        """A reply button or a quick reply, by its place, id or title. Other buttons write nothing."""
        wamid = action.text("message_id")
        taken, body = await self._phone.find_send(wamid, number)
        if taken.type == "template":
            button = _pick(self._template_buttons(body), action, ("index", "payload", "text"))
            if button.get("type") != "quick_reply":
                return None
            content = {"payload": button.get("payload") or button["text"], "text": button["text"]}
            return await self._answer(person, number, wamid, "button", content)
        replies = _replies_of(_action_of(body))
        if not replies:
            raise invalid("The message has no buttons that can be tapped.")
        numbered = [{**reply, "index": place} for place, reply in enumerate(replies)]
        chosen = _pick(numbered, action, ("index", "id", "title"))
        reply = {"id": chosen["id"], "title": chosen["title"]}
        return await self._interactive(person, number, wamid, "button_reply", reply)

    async def choose(self, person: Person, number: str, action: Param) -> str:
        """A row of a list, by its id or title."""
        wamid, wanted = action.text("message_id"), action.text("row")
        _, body = await self._phone.find_send(wamid, number)
        rows = [row for section in _action_of(body).get("sections", []) for row in section.get("rows", [])]
        row = next((row for row in rows if wanted in (row.get("id"), row.get("title"))), None)
        if row is None:
            offered = ", ".join(str(row.get("id")) for row in rows) or "none"
            raise invalid(f"The message has no such row; it has: {offered}.")
        reply = {name: row[name] for name in ("id", "title", "description") if row.get(name)}
        return await self._interactive(person, number, wamid, "list_reply", reply)

    async def fill(self, person: Person, number: str, action: Param) -> str:
        """The answer to a flow or an address form: `response` is what the person filled in."""
        wamid = action.text("message_id")
        _, body = await self._phone.find_send(wamid, number)
        response = action.object("response").members
        asked = _action_of(body)
        name = "address_message" if asked.get("name") == "address_message" else "flow"
        if name == "flow":
            token = _flow_token(body, asked)
            response = {"flow_token": token, **response}
        reply = {"name": name, "body": "Sent", "response_json": msgspec.json.encode(response).decode()}
        return await self._interactive(person, number, wamid, "nfm_reply", reply)

    async def order(self, person: Person, number: str, action: Param) -> str:
        """A cart: `items` as in Meta's `product_items`; the catalog is that of the message."""
        context, catalog = None, action.text_if_any("catalog_id") or "catalog"
        if (wamid := action.text_if_any("message_id")) is not None:
            _, body = await self._phone.find_send(wamid, number)
            context = await self._phone.quote(wamid, number)
            catalog = str(_action_of(body).get("catalog_id") or catalog)
        items = [
            {"quantity": 1, "item_price": 0, "currency": "USD", **item.members}
            for item in action.objects("items", 1, 500)
        ]
        content = {"catalog_id": catalog, "text": action.text_if_any("text") or "", "product_items": items}
        checked = self._phone.compose("order", Param({"order": content}, ""))
        return await self._phone.write(person, number, "order", checked, context)

    async def share_location(self, person: Person, number: str, action: Param) -> str:
        """The answer to a request for the location."""
        wamid = action.text("message_id")
        await self._phone.find_send(wamid, number)
        members = ("latitude", "longitude", "name", "address")
        place = {name: action.members[name] for name in members if action.has(name)}
        content = self._phone.compose("location", Param({"location": place}, ""))
        return await self._answer(person, number, wamid, "location", content)

    async def _interactive(
        self, person: Person, number: str, wamid: str, kind: str, reply: dict[str, Any]
    ) -> str:
        return await self._answer(person, number, wamid, "interactive", {"type": kind, kind: reply})

    async def _answer(self, person: Person, number: str, wamid: str, kind: str, content: Any) -> str:
        context = await self._phone.quote(wamid, number)
        return await self._phone.write(person, number, kind, content, context)

    def _template_buttons(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        rendered: dict[str, Any] = self._phone.runtime.templates.render(body.get("template") or {})
        buttons = list(rendered.get("buttons") or [])
        for card in rendered.get("cards") or []:
            buttons += card.get("buttons") or []
        if not buttons:
            raise invalid("The template has no buttons.")
        return buttons


def _action_of(body: dict[str, Any]) -> dict[str, Any]:
    action = (body.get("interactive") or {}).get("action")
    return action if isinstance(action, dict) else {}


def _replies_of(action: dict[str, Any]) -> list[dict[str, Any]]:
    """Below the message, or on the cards of a carousel, from left to right."""
    holders = [action, *(card.get("action") or {} for card in action.get("cards") or [])]
    buttons = [button for holder in holders for button in holder.get("buttons") or []]
    return [button.get("reply") or button.get("quick_reply") or {} for button in buttons]


def _flow_token(body: dict[str, Any], asked: dict[str, Any]) -> str:
    """Of an interactive flow; else of the flow button of a template."""
    parameters = asked.get("parameters") or {}
    for component in (body.get("template") or {}).get("components") or []:
        for parameter in component.get("parameters") or []:
            if parameter.get("type") == "action":
                parameters = parameter.get("action") or {}
    return str(parameters.get("flow_token") or "unused")


def _pick(offered: list[dict[str, Any]], action: Param, keys: tuple[str, ...]) -> dict[str, Any]:
    """The first that has what the action names; `title` and `text` mean the same."""
    for key in keys:
        wanted = action.members.get(key)
        if wanted is None and key in ("text", "title"):
            wanted = action.members.get("title", action.members.get("text"))
        if wanted is None:
            continue
        for item in offered:
            if str(item.get(key)) == str(wanted):
                return item
        names = ", ".join(str(item.get(keys[-1])) for item in offered)
        raise invalid(f"The message has no button whose {key} is {wanted!r:.80}; it has: {names}.")
    raise invalid(f"Name the button by {', '.join(keys)}.")
