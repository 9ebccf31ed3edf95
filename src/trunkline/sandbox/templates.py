"""Template messages: their structure. Whether a template exists is asked by `rules.py` in strict mode."""

import re

from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.media import check_media
from trunkline.sandbox.params import Param

_NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,4})?", re.ASCII)
_COMPONENTS = ("body", "button", "carousel", "header", "limited_time_offer", "order_status")
_BUTTONS = (
    "catalog",
    "copy_code",
    "flow",
    "mpm",
    "order_details",
    "quick_reply",
    "request_contact_info",
    "url",
    "voice_call",
)
_PARAMETERS = (
    "action",
    "coupon_code",
    "currency",
    "date_time",
    "document",
    "gif",
    "image",
    "limited_time_offer",
    "location",
    "order_details",
    "order_status",
    "payload",
    "product",
    "text",
    "ttl_minutes",
    "video",
)


def check_template(envelope: Param) -> tuple[str, str, int]:
    """Name, language and number of body parameters."""
    template = envelope.object("template").only("name", "namespace", "language", "components")
    if not template.members.get("name"):
        raise GraphError(100, details="Parameter name is missing or empty")
    name = template.text("name")
    language = template.object("language").only("code", "policy")
    code = language.text("code")
    if language.has("policy"):
        language.word("policy", ("deterministic", "fallback"))
    if _NAME.fullmatch(name) is None or _LANGUAGE.fullmatch(code) is None:
        raise missing_template(name, code)
    return name, code, _check_components(template)


def missing_template(name: str, language: str) -> GraphError:
    return GraphError(132001, details=f"template name ({name}) does not exist in {language}")


def _check_components(holder: Param) -> int:
    """Answers how many parameters the body has."""
    in_body = 0
    for component in holder.objects("components"):
        kind = component.word("type", _COMPONENTS)
        component.only("type", "sub_type", "index", "parameters", "cards")
        if kind == "carousel":
            for card in component.objects("cards", 1, 10):
                card.only("card_index", "components")
                _check_components(card)
            continue
        if kind == "button":
            _check_button(component)
        parameters = component.objects("parameters")
        for place, parameter in enumerate(parameters):
            _check_parameter(parameter, kind, place)
        in_body += len(parameters) if kind == "body" else 0
    return in_body


def _check_button(button: Param) -> None:
    button.word("sub_type", _BUTTONS)
    index = button.need("index")
    if not str(index).isdecimal() or not 0 <= int(index) <= 9:
        raise GraphError(100, f"(#100) Param {button.path('index')} must be an integer between 0 and 9.")


def _check_parameter(parameter: Param, component: str, place: int) -> None:
    kind = parameter.word("type", _PARAMETERS)
    if kind in {"image", "video", "document", "gif"}:
        check_media(kind, "filename", "caption")(parameter)
    elif kind == "currency":
        currency = parameter.object("currency").only("fallback_value", "code", "amount_1000")
        currency.text("fallback_value")
        currency.text("code", 3)
        currency.need("amount_1000")
    elif kind == "date_time":
        parameter.object("date_time").text("fallback_value")
    elif kind == "location":
        parameter.object("location").need("latitude")
    elif kind in {"text", "payload", "coupon_code"} and not parameter.members.get(kind):
        where = "buttons" if component == "button" else component
        raise GraphError(
            131008, details=f"{where}: Parameter at index {place} of type {kind} requires a value"
        )
    elif kind == "text":
        parameter.text("text", 32_768)
