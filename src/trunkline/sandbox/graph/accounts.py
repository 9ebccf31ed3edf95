"""The WhatsApp business account as a node: its fields, its numbers, its subscribed app, its portfolio."""

import hashlib
from typing import Any

from trunkline.sandbox.account import ADD_NUMBER, business_id_of
from trunkline.sandbox.content.messages import normal_digits
from trunkline.sandbox.errors import GraphError, invalid, known_error
from trunkline.sandbox.graph.call import Call, Part, choose_fields
from trunkline.sandbox.graph.health import health_of
from trunkline.sandbox.graph.numbers import DEFAULT_FIELDS, describe_number, tier_of
from trunkline.sandbox.graph.overrides import override_callback
from trunkline.sandbox.graph.paging import page_of
from trunkline.sandbox.numbers import BusinessNumber, new_phone_number_id, owner_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.state import Identity

_DEFAULT_FIELDS = ("name", "timezone_id", "message_template_namespace")
_COUNTRY = "US"


def part(runtime: Runtime) -> Part:
    nodes = _Accounts(runtime)
    business = business_id_of(runtime.identity)
    return Part(
        kinds={
            "account": lambda node: node == runtime.identity.waba_id,
            "business": lambda node: node == business,
        },
        routes={
            ("account", "", "GET"): nodes.get,
            ("account", "", "POST"): nodes.change,
            ("account", "phone_numbers", "GET"): nodes.list_numbers,
            ("account", "phone_numbers", "POST"): nodes.add_number,
            ("account", "subscribed_apps", "GET"): nodes.list_apps,
            ("account", "subscribed_apps", "POST"): nodes.subscribe,
            ("account", "subscribed_apps", "DELETE"): nodes.unsubscribe,
            ("business", "", "GET"): nodes.get_business,
            ("business", "owned_whatsapp_business_accounts", "GET"): nodes.list_accounts,
        },
    )


def namespace_of(identity: Identity) -> str:
    """`message_template_namespace`: always the same for one account."""
    digest = hashlib.blake2b(f"namespace:{identity.waba_id}".encode(), digest_size=16).hexdigest()
    return "_".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))


class _Accounts:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def get(self, call: Call) -> dict[str, Any]:
        return choose_fields(self._describe(), call, _DEFAULT_FIELDS)

    async def change(self, call: Call) -> dict[str, Any]:
        """The one thing that can be set: insights into templates, for good."""
        params = Param(call.params, "")
        params.need("is_enabled_for_insights")
        params.flag_if_any("is_enabled_for_insights")
        if params.members["is_enabled_for_insights"] in (False, "false", "0"):
            raise GraphError(200006, details="Template insights cannot be disabled once they are enabled.")
        await self._runtime.account.change(insights=True)
        return {"id": call.node}

    async def list_numbers(self, call: Call) -> dict[str, Any]:
        numbers = self._runtime.numbers.values()
        rows = [choose_fields(describe_number(self._runtime, one), call, DEFAULT_FIELDS) for one in numbers]
        return page_of(rows, call, self._runtime.identity.url)

    async def add_number(self, call: Call) -> dict[str, Any]:
        """It belongs to nobody before `request_code`, `verify_code` and `register`."""
        params, numbers = Param(call.params, ""), self._runtime.numbers
        digits = _read_digits(params)
        name = params.text("verified_name", 75)
        if self._runtime.account.is_disabled:
            raise known_error(131031)
        if self._runtime.account.is_restricted(ADD_NUMBER):
            raise known_error(368)
        if owner_of(numbers, digits) is not None:
            raise invalid("The phone number is already in use by a WhatsApp business account.")
        if len(numbers) >= self._runtime.account.facts.most_numbers:
            message = "(#200) Phone number limit exceeded for this WhatsApp Business Account"
            raise GraphError(200, message, subcode=1349175)
        added = BusinessNumber(
            id=new_phone_number_id(numbers),
            digits=digits,
            verified_name=name,
            quality_rating="UNKNOWN",
            code_verification_status="NOT_VERIFIED",
            name_status="AVAILABLE_WITHOUT_REVIEW",
            registered=False,
        )
        await numbers.put(added.id, added)
        return {"id": added.id}

    async def list_apps(self, call: Call) -> dict[str, Any]:
        if not self._runtime.account.facts.subscribed:
            return {"data": []}
        app: dict[str, Any] = {
            "whatsapp_business_api_data": {
                "id": self._runtime.identity.app_id,
                "name": "Sandbox app",
                "link": "https://www.facebook.com/games/",
            }
        }
        if (url := self._runtime.state.callback_of(call.node)) is not None:
            app["override_callback_uri"] = url
        return {"data": [app]}

    async def subscribe(self, call: Call) -> dict[str, Any]:
        """Without an override, one that was set before goes."""
        params = Param(call.params, "")
        if params.has("override_callback_uri"):
            await override_callback(self._runtime, call.node, params)
        else:
            await self._runtime.state.remove_callback(call.node)
        await self._runtime.account.change(subscribed=True)
        self._runtime.webhooks.try_again()
        return {"success": True}

    async def unsubscribe(self, call: Call) -> dict[str, Any]:
        await self._runtime.state.remove_callback(call.node)
        await self._runtime.account.change(subscribed=False)
        self._runtime.webhooks.try_again()
        return {"success": True}

    async def get_business(self, call: Call) -> dict[str, Any]:
        facts = self._runtime.account.facts
        business = {
            "id": call.node,
            "name": facts.name,
            "verification_status": facts.verification,
            "primary_page": None,
            "whatsapp_business_manager_messaging_limit": tier_of(self._runtime),
            "health_status": health_of(self._runtime),
        }
        return choose_fields(business, call, ("name",))

    async def list_accounts(self, call: Call) -> dict[str, Any]:
        rows = [choose_fields(self._describe(), call, _DEFAULT_FIELDS)]
        return page_of(rows, call, self._runtime.identity.url)

    def _describe(self) -> dict[str, Any]:
        runtime, facts = self._runtime, self._runtime.account.facts
        business = {"name": facts.name, "id": business_id_of(runtime.identity)}
        return {
            "id": runtime.identity.waba_id,
            "name": facts.name,
            "currency": "USD",
            "timezone_id": "1",
            "message_template_namespace": namespace_of(runtime.identity),
            "status": {"DISABLE": "DISABLED", "SCHEDULE_FOR_DISABLE": "PENDING_DISABLE"}.get(
                facts.ban, "ACTIVE"
            ),
            "country": _COUNTRY,
            "primary_business_location": _COUNTRY,
            "business_verification_status": facts.verification,
            "account_review_status": facts.review,
            "ownership_type": "SELF",
            "on_behalf_of_business_info": None,
            "disable_marketing_messages_on_cloud_api": False,
            "owner_business": business,
            "owner_business_info": business,
            "marketing_messages_lite_api_status": "ONBOARDED",
            "marketing_messages_onboarding_status": "ONBOARDED",
            "is_enabled_for_insights": facts.insights,
            "whatsapp_business_manager_messaging_limit": tier_of(runtime),
            "health_status": health_of(runtime),
        }


def _read_digits(params: Param) -> str:
    """The number with or without the country code that stands beside it."""
    given = params.need("phone_number")
    code = normal_digits(str(params.members.get("cc") or ""))[:16]
    digits = normal_digits(str(given))[:32] if isinstance(given, str | int) else ""
    if code and not digits.startswith(code):
        digits = code + digits
    if not (digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15 and digits[0] != "0"):
        raise invalid("Param phone_number must be a valid phone number.")
    return digits
