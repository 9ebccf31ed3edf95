"""A template message as a phone shows it: texts filled in, buttons with what they do.

In: the `template` object of a send, and its definition when there is one. Out: the object `R` that
docs/sandbox.md describes under chats. Of an unknown template that much is shown as the send tells.
"""

from collections.abc import Callable
from typing import Any

from trunkline.sandbox.content.template_message import TemplateUse, read_template
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.definition import Template, is_otp, part_of
from trunkline.sandbox.templates.matching import card_shape, text_of, values_of
from trunkline.sandbox.templates.shape import Shape
from trunkline.sandbox.templates.variables import fill

_Parts = list[dict[str, Any]]
DescribeMedia = Callable[[dict[str, Any]], dict[str, Any] | None]
_MEDIA = {"document", "gif", "image", "video"}


def read_sent(template: dict[str, Any]) -> TemplateUse | None:
    """None for what was never a proper template message."""
    try:
        return read_template(Param({"template": template}, ""))
    except GraphError:
        return None


class Renderer:
    """Knows only how to describe media."""

    def __init__(self, describe_media: DescribeMedia) -> None:
        self._describe_media = describe_media

    def render(self, use: TemplateUse, template: Template, shape: Shape) -> dict[str, Any]:
        view: dict[str, Any] = {
            "name": use.name,
            "language": use.language,
            "category": template.category,
            **self._draw(shape, use.components),
        }
        if footer := part_of(template.components, "FOOTER").get("text"):
            view["footer"] = footer
        if shape.offer:
            view["limited_time_offer"] = {"text": shape.offer["text"], **_expiry(use.components)}
        if shape.cards:
            carousel = _part(use.components, "carousel")
            cards = carousel["cards"] if carousel else []
            view["cards"] = [
                self._draw(card_shape(shape, card["card_index"]), card["components"]) for card in cards
            ]
        return view

    def render_unknown(self, use: TemplateUse) -> dict[str, Any]:
        """The parameters as they stand in the send."""
        view: dict[str, Any] = {
            "name": use.name,
            "language": use.language,
            **self._draw_bare(use.components, use.name),
        }
        if offer := _expiry(use.components):
            view["limited_time_offer"] = {"text": "Limited-time offer", **offer}
        if (carousel := _part(use.components, "carousel")) is not None:
            view["cards"] = [
                self._draw_bare(card["components"], f"Card {card['card_index'] + 1}")
                for card in carousel["cards"]
            ]
        return view

    def _draw(self, shape: Shape, components: _Parts) -> dict[str, Any]:
        """Header, body and buttons of a template or of a card."""
        view: dict[str, Any] = {}
        parameters = _parameters(components, "header")
        if shape.header == "TEXT":
            values = values_of(shape.header_variables, parameters, named=shape.named)
            view["header"] = {"type": "text", "text": fill(shape.header_text, values)}
        elif shape.header is not None:
            view["header"] = self._header(parameters) or {"type": shape.header.lower()}
        if shape.body_text:
            parameters = _parameters(components, "body")
            values = values_of(shape.body_variables, parameters, named=shape.named)
            view["body"] = fill(shape.body_text, values)
        if shape.buttons:
            sent = {part["index"]: part["parameters"] for part in components if part["type"] == "button"}
            view["buttons"] = [
                _button(button, index, sent.get(index, [])) for index, button in enumerate(shape.buttons)
            ]
        return view

    def _draw_bare(self, components: _Parts, name: str) -> dict[str, Any]:
        view: dict[str, Any] = {}
        if header := self._header(_parameters(components, "header")):
            view["header"] = header
        view["body"] = "\n".join([name, *map(text_of, _parameters(components, "body"))])
        buttons = [_bare_button(part) for part in components if part["type"] == "button"]
        return view | ({"buttons": buttons} if buttons else {})

    def _header(self, parameters: _Parts) -> dict[str, Any] | None:
        if not parameters:
            return None
        kind = parameters[0]["type"]
        value = parameters[0].get(kind)
        if kind in _MEDIA and isinstance(value, dict):
            return {"type": kind, "media": {**value, **(self._describe_media(value) or {})}}
        if kind in {"location", "product"}:
            return {"type": kind, kind: value}
        return {"type": "text", "text": text_of(parameters[0])}


def _button(button: dict[str, Any], index: int, parameters: _Parts) -> dict[str, Any]:
    given = text_of(parameters[0]) if parameters and parameters[0]["type"] != "action" else None
    view: dict[str, Any] = {"type": button["type"].lower(), "text": button["text"], "index": index}
    match button["type"]:
        case "QUICK_REPLY" | "VOICE_CALL":
            view["payload"] = given or button["text"]
        case "URL" if is_otp(button):
            view |= {"type": "otp", "code": given or ""}
        case "URL":
            view["url"] = fill(button["url"], {} if given is None else {"1": given})
        case "COPY_CODE":
            view["code"] = given or button["example"][0]
        case "PHONE_NUMBER":
            view["phone_number"] = button["phone_number"]
    return view


def _bare_button(part: dict[str, Any]) -> dict[str, Any]:
    kind, index, parameters = part["sub_type"], part["index"], part["parameters"]
    given = text_of(parameters[0]) if parameters and parameters[0]["type"] != "action" else None
    text = f"{kind.replace('_', ' ').capitalize()} {index + 1}"
    view: dict[str, Any] = {"type": kind, "text": text, "index": index}
    if given is None:
        return view
    if kind == "copy_code":
        return view | {"code": given}
    # The beginning of the URL stands in the definition, which is not here.
    return view | {"payload": given} if kind != "url" else view | {"text": f"Link {given}"[:80]}


def _expiry(components: _Parts) -> dict[str, Any]:
    parameters = _parameters(components, "limited_time_offer")
    if not parameters:
        return {}
    return {"expiration_time_ms": int(parameters[0]["limited_time_offer"]["expiration_time_ms"])}


def _part(components: _Parts, type_: str) -> dict[str, Any] | None:
    return next((part for part in components if part["type"] == type_), None)


def _parameters(components: _Parts, type_: str) -> _Parts:
    part = _part(components, type_)
    found: _Parts = part["parameters"] if part else []
    return found
