"""A message of a chat as lines of text, and what it offers a person to answer.

Pure. In: the JSON of a message as `GET /_sandbox/chats/…` has it (docs/sandbox.md).
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

Message = dict[str, Any]
_MEDIA = ("image", "video", "audio", "document", "sticker")
_FORMS = {
    "location_request_message": "Send location",
    "address_message": "Fill in the address",
    "catalog_message": "View catalog",
    "voice_call": "Call",
    "call_permission_request": "Allow calls",
}
"""What the button says of interactive messages whose button has no text of its own."""


def draw(message: Message) -> list[str]:
    """At least one line."""
    kind, content = message["type"], message.get("content")
    if message.get("template"):
        lines = list(_template(message["template"]))
    elif not isinstance(content, dict | list):
        lines = [f"[{kind}]"]  # bodies are not kept
    elif kind in _MEDIA:
        lines = [_media(kind, message), *_text(content, "caption")]
    else:
        lines = list(_DRAWN.get(kind, _raw)(content))
    for reaction in message.get("reactions") or []:
        lines.append(f"{reaction['emoji']} from the {reaction['from']}")
    return [line for text in lines for line in text.splitlines()] or [f"[{kind}]"]


def first_words(message: Message, most: int = 40) -> str:
    line = draw(message)[0]
    return line if len(line) <= most else f"{line[: most - 1]}…"


def has_buttons(message: Message) -> bool:
    template = message.get("template") or {}
    return bool(template.get("buttons") or template.get("cards") or _action(message).get("buttons"))


def has_rows(message: Message) -> bool:
    sections = _action(message).get("sections") or []
    return any("rows" in section for section in sections)


def has_form(message: Message) -> bool:
    template = message.get("template") or {}
    if any(button.get("type") == "flow" for button in template.get("buttons") or []):
        return True
    return _action(message).get("name") in ("flow", "address_message")


def asks_for_location(message: Message) -> bool:
    return bool(_kind(message) == "location_request_message")


def is_voice(message: Message) -> bool:
    return bool(message["type"] == "audio")


def _kind(message: Message) -> Any:
    content = message.get("content")
    return content.get("type") if message["type"] == "interactive" and isinstance(content, dict) else None


def _action(message: Message) -> dict[str, Any]:
    if _kind(message) is None:
        return {}
    action = message["content"].get("action")
    return action if isinstance(action, dict) else {}


def _template(template: dict[str, Any]) -> Iterator[str]:
    header = template.get("header") or {}
    if header.get("type") == "text":
        yield str(header.get("text"))
    elif header:
        yield f"[{header.get('type')}]{_link_of(header.get('media'))}"
    yield from _text(template, "body")
    yield from _text(template, "footer")
    if offer := template.get("limited_time_offer"):
        yield f"[offer: {offer.get('text')}]"
    for button in template.get("buttons") or []:
        leads_to = button.get("url") or button.get("phone_number") or button.get("code") or ""
        yield f"[{button.get('text')}] {leads_to}".rstrip()
    for place, card in enumerate(template.get("cards") or [], 1):
        yield f"card {place}:"
        yield from (f"  {line}" for line in _template(card))


def _media(kind: str, message: Message) -> str:
    media = message.get("media") or {}
    content = message["content"] if isinstance(message.get("content"), dict) else {}
    name = media.get("filename") or content.get("filename") or ""
    told = [name, media.get("mime_type"), _size(media.get("size"))]
    if kind == "audio" and content.get("voice"):
        kind = "voice note"
    facts = ", ".join(fact for fact in told if fact)
    return f"[{kind}{': ' if facts else ''}{facts}]{_link_of(media)}"


def _size(size: Any) -> str:
    if not isinstance(size, int):
        return ""
    return f"{size} bytes" if size < 10_000 else f"{size / 1000:,.0f} kB"


def _link_of(media: Any) -> str:
    """Only where anybody could open it; files of the sandbox are on its page."""
    url = media.get("url") or media.get("link") if isinstance(media, dict) else None
    return f" {url}" if isinstance(url, str) and url.startswith("http") else ""


def _text(content: Any, name: str) -> list[str]:
    value = content.get(name) if isinstance(content, dict) else None
    if isinstance(value, dict):
        value = value.get("text")
    return [value] if isinstance(value, str) and value else []


def _interactive(content: Any) -> Iterator[str]:
    kind = str(content.get("type"))
    if kind.endswith("_reply"):
        yield from _reply(kind, content.get(kind) or {})
        return
    header = content.get("header") or {}
    if header:
        media = header.get(str(header.get("type")))
        yield header.get("text") or f"[{header.get('type')}]{_link_of(media)}"
    yield from _text(content, "body")
    yield from _text(content, "footer")
    yield from _offers(kind, content.get("action") or {})


def _reply(kind: str, reply: dict[str, Any]) -> Iterator[str]:
    if kind == "nfm_reply":
        yield f"[form] {reply.get('response_json')}"
    elif "title" in reply:
        yield str(reply["title"])
    else:
        yield from _raw({kind: reply})


def _offers(kind: str, action: dict[str, Any]) -> Iterator[str]:
    parameters = action.get("parameters") or {}
    if buttons := action.get("buttons"):
        yield "  ".join(f"[{(button.get('reply') or {}).get('title')}]" for button in buttons)
    for section in action.get("sections") or []:
        yield from _section(section)
    for place, card in enumerate(action.get("cards") or [], 1):
        yield f"card {place}:"
        yield from (f"  {line}" for line in _interactive({"type": "card", **card}))
    if action.get("product_retailer_id"):
        yield f"[product {action['product_retailer_id']}]"
    label = parameters.get("display_text") or parameters.get("flow_cta") or _FORMS.get(kind)
    if label:
        yield f"[{label}] {parameters.get('url') or ''}".rstrip()


def _section(section: dict[str, Any]) -> Iterator[str]:
    yield from _text(section, "title")
    for row in section.get("rows") or []:
        description = f" · {row['description']}" if row.get("description") else ""
        yield f"  ({row.get('id')}) {row.get('title')}{description}"
    for product in section.get("product_items") or []:
        yield f"  [product {product.get('product_retailer_id')}]"


def _location(content: Any) -> Iterator[str]:
    named = [str(content[name]) for name in ("name", "address") if content.get(name)]
    yield ", ".join([f"[location] {content.get('latitude')}, {content.get('longitude')}", *named])


def _contacts(content: Any) -> Iterator[str]:
    for card in content:
        phones = ", ".join(str(phone.get("phone")) for phone in card.get("phones") or [])
        name = (card.get("name") or {}).get("formatted_name")
        yield f"[contact] {name} {phones}".rstrip()


def _order(content: Any) -> Iterator[str]:
    yield from _text(content, "text")
    for item in content.get("product_items") or []:
        price = f"{item.get('item_price')} {item.get('currency')}"
        yield f"[order] {item.get('quantity')} of {item.get('product_retailer_id')}, {price}"


def _raw(content: Any) -> Iterator[str]:
    yield json.dumps(content, ensure_ascii=False)


_DRAWN: dict[str, Callable[[Any], Iterator[str] | list[str]]] = {
    "text": lambda content: _text(content, "body"),
    "interactive": _interactive,
    "button": lambda content: _text(content, "text"),
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "system": lambda content: _text(content, "body"),
    "reaction": lambda content: [f"[reaction] {content.get('emoji') or 'taken back'}"],
}
