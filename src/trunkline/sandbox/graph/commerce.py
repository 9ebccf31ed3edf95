"""What a number shows and says by itself: the catalog and cart settings, greetings, commands and prompts."""

import hashlib
from typing import Any

import msgspec

from trunkline.sandbox.content.limits import check_length
from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.shelf import Shelf

_MOST_COMMANDS = 30
_MOST_PROMPTS = 4
_TRUE = (True, "true", "1")


class Commerce(msgspec.Struct, frozen=True, kw_only=True):
    """By phone number id."""

    is_cart_enabled: bool = True
    is_catalog_visible: bool = False


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    """By phone number id."""

    enable_welcome_message: bool = False
    commands: list[dict[str, str]] = []
    prompts: list[str] = []


def part(runtime: Runtime) -> Part:
    edges = _Edges(runtime)
    return Part(
        routes={
            ("number", "whatsapp_commerce_settings", "GET"): edges.get_commerce,
            ("number", "whatsapp_commerce_settings", "POST"): edges.set_commerce,
            ("number", "conversational_automation", "POST"): edges.set_automation,
        },
        fields={("number", "conversational_automation"): edges.get_automation},
    )


class _Edges:
    def __init__(self, runtime: Runtime) -> None:
        self._commerce = Shelf(runtime.database, "commerce", Commerce)
        self._automation = Shelf(runtime.database, "automation", Automation)

    async def get_commerce(self, call: Call) -> dict[str, Any]:
        settings = self._commerce.get(call.node) or Commerce()
        return {"data": [{**msgspec.structs.asdict(settings), "id": _id_of(call.node, "commerce")}]}

    async def set_commerce(self, call: Call) -> dict[str, Any]:
        """A member that is left out stays as it is."""
        params = Param(call.params, "")
        settings = self._commerce.get(call.node) or Commerce()
        for name in ("is_cart_enabled", "is_catalog_visible"):
            params.flag_if_any(name)
            if params.has(name):
                settings = msgspec.structs.replace(settings, **{name: params.members[name] in _TRUE})
        await self._commerce.put(call.node, settings)
        return {"success": True}

    async def get_automation(self, call: Call) -> dict[str, Any]:
        settings = self._automation.get(call.node)
        if settings is None:
            return {"data": []}
        return {**msgspec.structs.asdict(settings), "id": _id_of(call.node, "automation")}

    async def set_automation(self, call: Call) -> dict[str, Any]:
        """A member that is left out stays as it is; an empty list takes everything away."""
        params = Param(call.params, "")
        settings = self._automation.get(call.node) or Automation()
        params.flag_if_any("enable_welcome_message")
        changed: dict[str, Any] = {}
        if params.has("enable_welcome_message"):
            changed["enable_welcome_message"] = params.members["enable_welcome_message"] in _TRUE
        if params.has("commands"):
            changed["commands"] = [_command(item) for item in params.objects("commands", 0, _MOST_COMMANDS)]
        if params.has("prompts"):
            changed["prompts"] = _prompts(params)
        await self._automation.put(call.node, msgspec.structs.replace(settings, **changed))
        return {"success": True}


def _command(item: Param) -> dict[str, str]:
    item.only("command_name", "command_description")
    name, description = item.text("command_name"), item.text("command_description")
    check_length(name, "Command name", 32)
    check_length(description, "Command description", 256)
    return {"command_name": name, "command_description": description}


def _prompts(params: Param) -> list[str]:
    given = params.need("prompts")
    if not isinstance(given, list) or not all(isinstance(prompt, str) for prompt in given):
        raise invalid("Param prompts must be an array of strings.")
    if len(given) > _MOST_PROMPTS:
        raise invalid(f"Param prompts must have at most {_MOST_PROMPTS} elements.")
    for prompt in given:
        check_length(prompt, "Prompt", 80)
    return given


def _id_of(phone_number_id: str, what: str) -> str:
    """Graph names the settings by an id of their own; always the same one for a number."""
    digest = hashlib.blake2b(f"{what}:{phone_number_id}".encode(), digest_size=6).digest()
    return str(10**14 + int.from_bytes(digest, "big"))
