"""A business number as a node: its fields, where its webhooks go, its PIN, its display name."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from trunkline.sandbox.account import system_user_id_of
from trunkline.sandbox.errors import GraphError, known_error, unknown_node
from trunkline.sandbox.graph import display_names
from trunkline.sandbox.graph.call import Call, Part, choose_fields
from trunkline.sandbox.graph.health import health_of
from trunkline.sandbox.graph.overrides import override_callback
from trunkline.sandbox.numbers import BusinessNumber, display_of, status_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

DEFAULT_FIELDS = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "last_onboarded_time",
    "webhook_configuration",
)
_TIERS = {None: "TIER_UNLIMITED", 50: "TIER_50", 250: "TIER_250", 1000: "TIER_1K", 2000: "TIER_2K"} | {
    10_000: "TIER_10K",
    100_000: "TIER_100K",
}


def part(runtime: Runtime) -> Part:
    nodes = _Numbers(runtime)
    return Part(
        kinds={"number": runtime.numbers.__contains__},
        routes={("number", "", "GET"): nodes.get, ("number", "", "POST"): nodes.change},
    )


def number_of(runtime: Runtime, call: Call) -> BusinessNumber:
    """The number that the call names."""
    number = runtime.numbers.get(call.node)
    if number is None:
        raise unknown_node(call.node, call.method)
    return number


_NEVER_SET = (
    "certificate",
    "new_certificate",
    "country_code",
    "country_dial_code",
    "eligibility_for_api_business_global_search",
)
"""Fields that clients ask for, and that have no value here."""


class _Numbers:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def get(self, call: Call) -> dict[str, Any]:
        number = number_of(self._runtime, call)
        return choose_fields(describe_number(self._runtime, number), call, DEFAULT_FIELDS)

    async def change(self, call: Call) -> dict[str, Any]:
        """One of three things; without any of them the callback is what is missed."""
        params = Param(call.params, "")
        number = number_of(self._runtime, call)
        if params.has("pin"):
            await self._set_pin(number, params)
        elif params.has("new_display_name"):
            await display_names.ask_for(self._runtime, number, params.text("new_display_name", 75))
        else:
            await override_callback(self._runtime, call.node, params.object("webhook_configuration"))
        return {"success": True}

    async def _set_pin(self, number: BusinessNumber, params: Param) -> None:
        pin = pin_of(params)
        if not number.registered:
            raise known_error(133010)
        changed = msgspec.structs.replace(number, pin=pin, wrong_pins=0)
        await self._runtime.numbers.put(number.id, changed)
        value = {
            "display_phone_number": number.digits,
            "event": "PIN_CHANGED",
            "requester": system_user_id_of(self._runtime.identity),
        }
        await self._runtime.webhooks.announce("security", value)


def pin_of(params: Param) -> str:
    """Six digits; an odd client sends them as a number."""
    pin = params.need("pin")
    text = f"{pin:06d}" if type(pin) is int and 0 <= pin < 10**6 else pin
    if not (isinstance(text, str) and len(text) == 6 and text.isascii() and text.isdecimal()):
        raise GraphError(100, "(#100) Invalid parameter", details="The pin must be exactly 6 digits.")
    return text


def describe_number(runtime: Runtime, number: BusinessNumber) -> dict[str, Any]:
    """The fields of the node, as `GET /{phone_number_id}` and the account's list give them."""
    status = status_of(number)
    return {
        "id": number.id,
        "display_phone_number": display_of(number.digits),
        "verified_name": number.verified_name,
        "quality_rating": number.quality_rating,
        "quality_score": {"score": number.quality_rating},
        "code_verification_status": number.code_verification_status,
        "name_status": number.name_status,
        "new_name_status": number.new_name_status,
        "new_display_name": number.new_name,
        "status": status,
        "account_mode": "SANDBOX",
        "is_official_business_account": number.official,
        "is_pin_enabled": number.pin is not None,
        "is_on_biz_app": False,
        "is_preverified_number": False,
        "platform_type": "CLOUD_API" if number.registered else "NOT_APPLICABLE",
        "host_platform": "CLOUD_API" if number.registered else "NOT_APPLICABLE",
        "throughput": {"level": number.throughput if number.registered else "NOT_APPLICABLE"},
        "messaging_limit_tier": tier_of(runtime),
        "whatsapp_business_manager_messaging_limit": tier_of(runtime),
        "last_onboarded_time": _graph_time(number.registered_at),
        "username": number.username,
        "search_visibility": "VISIBLE",
        **dict.fromkeys(_NEVER_SET),
        "health_status": health_of(runtime, number),
        "webhook_configuration": _webhooks_of(runtime, number),
    }


def tier_of(runtime: Runtime) -> str:
    """The portfolio's messaging limit in Graph's words; one that Meta does not have is written out."""
    tier = runtime.switches.tier
    return _TIERS.get(tier) or f"TIER_{tier}"


def _webhooks_of(runtime: Runtime, number: BusinessNumber) -> dict[str, str]:
    webhooks = {
        "phone_number": runtime.state.callback_of(number.id),
        "whatsapp_business_account": runtime.state.callback_of(runtime.identity.waba_id),
        "application": runtime.state.callback_of(runtime.identity.app_id),
    }
    return {level: url for level, url in webhooks.items() if url is not None}


def _graph_time(at: int) -> str | None:
    """`2026-11-22T17:00:00+0000`; None for a number that was never registered here."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S+0000}" if at else None
