"""What is set about a number: `/settings`, its username, and who holds its conversations."""

import re
from typing import Any

import msgspec

from trunkline.sandbox.errors import GraphError, invalid, known_error
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.graph.numbers import number_of
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

_FEATURES = ("calling", "user_identity_change", "payload_encryption", "storage_configuration")
_DEFAULTS: dict[str, Any] = {
    "calling": {
        "status": "DISABLED",
        "call_icon_visibility": "DEFAULT",
        "callback_permission_status": "DISABLED",
    },
    "payload_encryption": {"status": "DISABLED"},
    "storage_configuration": {"status": "DEFAULT"},
    "user_identity_change": {"enable_identity_key_check": False},
}
_USERNAME = re.compile(r"(?!www)(?=.*[a-z])(?!.*\.\.)[a-z0-9_][a-z0-9._]{1,33}[a-z0-9_]", re.ASCII)
_DOMAIN = re.compile(r".*\.(com|org|net|io|ai|info|biz)", re.ASCII)
_TAKEN = "taken"


def part(runtime: Runtime) -> Part:
    edges = _Edges(runtime)
    return Part(
        routes={
            ("number", "settings", "GET"): edges.get_settings,
            ("number", "settings", "POST"): edges.change_settings,
            ("number", "username", "GET"): edges.get_username,
            ("number", "username", "POST"): edges.take_username,
            ("number", "username", "DELETE"): edges.drop_username,
            ("number", "username_suggestions", "GET"): edges.suggest,
            ("number", "thread_control", "POST"): edges.control_thread,
        }
    )


class _Edges:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def get_settings(self, call: Call) -> dict[str, Any]:
        return {**_DEFAULTS, **number_of(self._runtime, call).settings}

    async def change_settings(self, call: Call) -> dict[str, Any]:
        """One feature in a call; its members are kept as they were given, over those that it had."""
        number, params = number_of(self._runtime, call), Param(call.params, "")
        given = [feature for feature in _FEATURES if params.has(feature)]
        if len(given) != 1:
            raise GraphError(
                100, details=f"Exactly one of these settings must be given: {', '.join(_FEATURES)}."
            )
        feature = params.object(given[0])
        _check_feature(given[0], feature)
        known = number.settings.get(given[0], _DEFAULTS[given[0]])
        settings = {**number.settings, given[0]: {**known, **feature.members}}
        await self._put(number, settings=settings)
        return {"success": True}

    async def get_username(self, call: Call) -> dict[str, Any]:
        username = number_of(self._runtime, call).username
        return {"username": username, "status": "approved"} if username else {}

    async def take_username(self, call: Call) -> dict[str, Any]:
        number, params = number_of(self._runtime, call), Param(call.params, "")
        username = params.text("username").lower()
        if not _USERNAME.fullmatch(username) or _DOMAIN.fullmatch(username):
            raise invalid("Param username is not a valid username.")
        if not number.registered:
            raise known_error(133010)
        if username.startswith(_TAKEN):
            raise GraphError(
                147001, "(#147001) Username is not available", details="Choose another username."
            )
        if self._runtime.account.facts.review != "APPROVED":
            details = "The business account has to be approved first."
            raise GraphError(147002, "(#147002) Account is not eligible for a username", details=details)
        await self._release(number, username, params)
        await self._put(number, username=username)
        await self._announce(number, username, "approved")
        return {"status": "approved"}

    async def drop_username(self, call: Call) -> dict[str, Any]:
        number = number_of(self._runtime, call)
        if number.username is not None:
            await self._put(number, username=None)
            await self._announce(number, number.username, "deleted")
        return {"success": True}

    async def suggest(self, call: Call) -> dict[str, Any]:
        name = number_of(self._runtime, call).verified_name.lower()
        stem = re.sub(r"[^a-z0-9]+", "_", name).strip("_")[:24] or "business"
        return {"data": [{"username_suggestions": [f"the_{stem}", f"{stem}_official", f"{stem}_team"]}]}

    async def control_thread(self, call: Call) -> dict[str, Any]:
        """The business is the only one here that could hold a conversation, so it always does."""
        params = Param(call.params, "")
        params.word("messaging_product", ("whatsapp",))
        params.word("action", ("pass", "release", "take"))
        if not (params.has("to") or params.has("recipient")):
            raise invalid("The parameter to is required.")
        return {"success": True}

    async def _release(self, number: BusinessNumber, username: str, params: Param) -> None:
        """Take the name from another number of the portfolio, if the caller wants that."""
        others = (one for one in self._runtime.numbers.values() if one.id != number.id)
        owner = next((one for one in others if one.username == username), None)
        if owner is None:
            return
        if params.members.get("transfer_action") != "force_transfer":
            details = "Another phone number of the portfolio has it: use force_transfer."
            raise GraphError(147005, "(#147005) Username belongs to another phone number", details=details)
        await self._put(owner, username=None)

    async def _announce(self, number: BusinessNumber, username: str, status: str) -> None:
        value = {"display_phone_number": number.digits, "username": username, "status": status}
        await self._runtime.webhooks.announce("business_username_update", value)

    async def _put(self, number: BusinessNumber, **members: object) -> None:
        await self._runtime.numbers.put(number.id, msgspec.structs.replace(number, **members))


def _check_feature(name: str, feature: Param) -> None:
    if name in {"calling", "payload_encryption"}:
        feature.word("status", ("enabled", "disabled"))
    elif name == "user_identity_change":
        feature.need("enable_identity_key_check")
        feature.flag_if_any("enable_identity_key_check")
