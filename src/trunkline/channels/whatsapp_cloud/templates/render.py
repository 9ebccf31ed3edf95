"""A template as a phone shows it: the structure that the message renderer draws, and its text. Pure.

In come the provider's template and a message's content, or none: then gaps keep the samples of the
definition. The structure is the one that `ui/template.js` reads.
"""

from collections.abc import Mapping
from typing import Any

from trunkline.channels.template_contract import ProviderTemplate, Rendered
from trunkline.channels.whatsapp_cloud.templates.definition import (
    Button,
    Definition,
    Part,
    Wording,
    card_of,
    read,
    sample_of,
)
from trunkline.channels.whatsapp_cloud.templates.match_texts import text_of
from trunkline.channels.whatsapp_cloud.templates.sent import Sent, sent_of
from trunkline.channels.whatsapp_cloud.templates.variables import fill
from trunkline.shape import Findings

View = dict[str, Any]
_MEDIA = frozenset({"document", "gif", "image", "video"})


def render(template: ProviderTemplate, content: Mapping[str, Any] | None) -> Rendered:
    reading = read(template.definition)
    sent = None if content is None else _sent(content["template"].get("components", ()))
    view: View = {"name": template.name, "language": template.language, "category": template.category}
    view |= _draw(reading, sent, is_named=reading.is_named)
    if reading.footer:
        view["footer"] = reading.footer
    if reading.offer is not None:
        view["limited_time_offer"] = {"text": reading.offer, **_expiry(sent)}
    if reading.cards:
        view["cards"] = _cards(reading, sent)
    return Rendered("\n".join(_lines(view)), view)


def _sent(components: Any) -> Sent:
    return sent_of(components, "", Findings())


def _cards(reading: Definition, sent: Sent | None) -> list[View]:
    named = reading.is_named
    if sent is None:
        return [_draw(card, None, is_named=named) for card in reading.cards]
    given = [(card_of(reading, card["card_index"]), card) for card in sent.cards()]
    return [
        _draw(part, _sent(card.get("components", ())), is_named=named)
        for part, card in given
        if part is not None
    ]


def _draw(part: Part, sent: Sent | None, *, is_named: bool) -> View:
    """Header, body and buttons of a template or of a card."""
    view: View = {}
    if part.header_format == "TEXT":
        view["header"] = {"type": "text", "text": _filled("header", part.header, sent, is_named=is_named)}
    elif part.header_format is not None:
        view["header"] = _header(part, sent)
    if part.body.text:
        view["body"] = _filled("body", part.body, sent, is_named=is_named)
    if part.buttons:
        given = {} if sent is None else {button["index"]: button for _, button in sent.buttons}
        view["buttons"] = [
            _button(button, index, given.get(index)) for index, button in enumerate(part.buttons)
        ]
    return view


def _filled(what: str, wording: Wording, sent: Sent | None, *, is_named: bool) -> str:
    if sent is None:
        return fill(wording.text, wording.samples)
    parameters = [parameter for parameter in sent.parameters(what) if _is_text(parameter)]
    if is_named:
        values = {str(parameter.get("parameter_name")): text_of(parameter) for parameter in parameters}
    else:
        values = dict(zip(wording.names, map(text_of, parameters), strict=False))
    return fill(wording.text, values)


def _is_text(parameter: Mapping[str, Any]) -> bool:
    return parameter["type"] in ("text", "currency", "date_time")


def _header(part: Part, sent: Sent | None) -> View:
    kind = str(part.header_format).lower()
    parameters = sent.parameters("header") if sent is not None else ()
    if not parameters:
        is_link = part.header_sample is not None and part.header_sample.startswith("https://")
        is_shown = sent is None and is_link
        return {"type": kind, "media": {"link": part.header_sample}} if is_shown else {"type": kind}
    given = parameters[0]["type"]
    value = parameters[0][given]
    if given in _MEDIA:
        return {"type": given, "media": dict(value)}
    if given in ("location", "product"):
        return {"type": given, given: value}
    return {"type": "text", "text": text_of(parameters[0])}


def _button(button: Button, index: int, sent: Mapping[str, Any] | None) -> View:
    view: View = {"type": button.type.lower(), "text": button.text, "index": index}
    value = _given(sent)
    match button.type:
        case "QUICK_REPLY" | "VOICE_CALL":
            view["payload"] = value or button.text
        case "OTP":
            view["code"] = value or ""
        case "URL":
            sample = sample_of(button) if sent is None else None
            view["url"] = sample or fill(button.url, {} if value is None else {"1": value})
        case "COPY_CODE":
            view["code"] = value or sample_of(button) or ""
        case "PHONE_NUMBER":
            view["phone_number"] = str(button.given.get("phone_number") or "")
        case _:
            pass
    return view


def _given(sent: Mapping[str, Any] | None) -> str | None:
    """The text that the send gives for a button."""
    parameters = sent.get("parameters", ()) if sent is not None else ()
    values = [parameter[parameter["type"]] for parameter in parameters]
    return next((value for value in values if isinstance(value, str)), None)


def _expiry(sent: Sent | None) -> View:
    parameters = sent.parameters("limited_time_offer") if sent is not None else ()
    if not parameters:
        return {}
    return {"expiration_time_ms": int(parameters[0]["limited_time_offer"]["expiration_time_ms"])}


def _lines(view: View) -> list[str]:
    lines = []
    if header := view.get("header"):
        lines.append(header["text"] if header["type"] == "text" else f"[{header['type']}]")
    if offer := view.get("limited_time_offer"):
        lines.append(offer["text"])
    lines += [view[name] for name in ("body", "footer") if view.get(name)]
    lines += [f"[{button['text'] or button['type']}]" for button in view.get("buttons", ())]
    for place, card in enumerate(view.get("cards", ())):
        lines.append(f"Card {place}:")
        lines += [f"  {line}" for line in _lines(card)]
    return lines
