"""Definitions of templates to submit, and what a test does with them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.sandbox.rig import Receiver, Rig, rig

STATUS = "message_template_status_update"
BODY = {"type": "BODY", "text": "Thank you for your order, it is on its way."}
BODY_2 = {
    "type": "BODY",
    "text": "Hi {{1}}, your order {{2}} is on its way to you.",
    "example": {"body_text": [["Ada", "A-1"]]},
}
NAMED_BODY = {
    "type": "BODY",
    "text": "Hi {{first_name}}, your order {{order_id}} is on its way to you.",
    "example": {
        "body_text_named_params": [
            {"param_name": "first_name", "example": "Ada"},
            {"param_name": "order_id", "example": "A-1"},
        ]
    },
}
REPLY = {"type": "QUICK_REPLY", "text": "Thanks"}
URL = {
    "type": "URL",
    "text": "Track",
    "url": "https://shop.example/{{1}}",
    "example": ["https://shop.example/1"],
}
PHONE_BUTTON = {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550001234"}
CODE = {"type": "COPY_CODE", "example": "LAMP25"}
IMAGE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
ONE_TAP = {
    "type": "OTP",
    "otp_type": "ONE_TAP",
    "supported_apps": [{"package_name": "com.example.app", "signature_hash": "K8a/AINcGX7"}],
}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}}


def header(text: str, *examples: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "HEADER", "format": "TEXT", "text": text}
    return part | ({"example": {"header_text": list(examples)}} if examples else {})


def body(text: str, *examples: str) -> dict[str, Any]:
    return {
        "type": "BODY",
        "text": text,
        **({"example": {"body_text": [list(examples)]}} if examples else {}),
    }


def buttons(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(items)}


def card(*items: dict[str, Any], text: str = "A lamp.", **head: Any) -> dict[str, Any]:
    return {"components": [{**IMAGE, **head}, body(text), buttons(*(items or (REPLY,)))]}


def carousel(*cards: dict[str, Any]) -> dict[str, Any]:
    return {"type": "CAROUSEL", "cards": list(cards)}


def draft(*components: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A definition of a utility template; `members` are changed or, when None, left out."""
    whole = {
        "name": "parcel_update",
        "language": "en_US",
        "category": "UTILITY",
        "components": list(components) or [BODY],
        **members,
    }
    return {key: value for key, value in whole.items() if value is not None}


def login(*items: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An authentication template with these buttons."""
    parts = [{"type": "BODY", "add_security_recommendation": True}, buttons(*(items or (OTP,)))]
    return draft(*parts, **{"name": "login_code", "category": "AUTHENTICATION", **members})


@contextlib.asynccontextmanager
async def account(folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """A sandbox whose account-level webhooks come to the receiver; reviews take no time."""
    async with rig(folder, **{"review_seconds": 0.0, **settings}) as tools:
        await hear(tools)
        yield tools


async def hear(tools: Rig) -> None:
    callback = {"override_callback_uri": tools.receiver.url, "verify_token": tools.receiver.verify_token}
    response = await tools.call("POST", f"/{tools.identity.waba_id}/subscribed_apps", callback)
    assert response.status == 200, await response.text()


async def ask(tools: Rig, method: str, path: str, given: Any = None) -> Any:
    """The answer, which has to be a 200."""
    response = await tools.call(method, path, given)
    answer = await response.json()
    assert response.status == 200, answer
    return answer


async def refusal(tools: Rig, method: str, path: str, given: Any = None) -> dict[str, Any]:
    """The error of a call that has to be refused with a 4xx."""
    response = await tools.call(method, path, given)
    answer = await response.json()
    assert 400 <= response.status < 500, answer
    return {"status": response.status, **answer["error"]}


def edge(tools: Rig, rest: str = "") -> str:
    return f"/{tools.identity.waba_id}/message_templates{rest}"


async def submit(tools: Rig, definition: dict[str, Any]) -> str:
    return str((await ask(tools, "POST", edge(tools), definition))["id"])


async def approved(tools: Rig, definition: dict[str, Any]) -> str:
    id_ = await submit(tools, definition)
    await tools.eventually(f"/{id_}?fields=status", lambda node: node["status"] == "APPROVED")
    return id_


async def review(tools: Rig, id_: str, status: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = await ask(
        tools, "POST", f"/_sandbox/templates/{id_}/review", {"status": status, **more}
    )
    return found


async def field_of(tools: Rig, id_: str, name: str) -> Any:
    return (await ask(tools, "GET", f"/{id_}?fields={name}")).get(name)


async def sample_id(tools: Rig, name: str) -> str:
    return str((await ask(tools, "GET", edge(tools, f"?name={name}")))["data"][0]["id"])


def events_of(receiver: Receiver, id_: str) -> list[str]:
    return [fact["event"] for fact in receiver.facts_of(STATUS) if fact["message_template_id"] == int(id_)]


def template(name: str, *components: dict[str, Any], language: str = "en_US") -> dict[str, Any]:
    """Members of a send."""
    content = {"name": name, "language": {"code": language}, "components": list(components)}
    return {"type": "template", "text": None, "template": content}


def texts(type_: str, *values: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [{"type": "text", "text": value} for value in values]
    for parameter, name in zip(parameters, names, strict=False):
        parameter["parameter_name"] = name
    return {"type": type_, "parameters": parameters}


def media(kind: str) -> dict[str, Any]:
    link = {"link": f"https://shop.example/a.{kind}"}
    return {"type": "header", "parameters": [{"type": kind, kind: link}]}


def button(kind: str, index: int, type_: str = "", value: Any = None) -> dict[str, Any]:
    parameters = [{"type": type_, type_: value}] if type_ else []
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": parameters}
