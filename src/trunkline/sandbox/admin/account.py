"""`/_sandbox/account` and `/_sandbox/announce`: what Meta decides about the account, and tells of it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.account import RESTRICTIONS
from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.subscriptions import FIELDS

_OF_NUMBERS = {"messages", "calls", "user_preferences", "smb_message_echoes", "smb_app_state_sync", "history"}
"""Fields whose value stands beside a number's metadata: they are not of the account."""
_REVIEWS = ("APPROVED", "REJECTED", "PENDING", "DEFERRED")
_BANS = ("DISABLE", "REINSTATE", "SCHEDULE_FOR_DISABLE")


def account_routes(runtime: Runtime) -> list[Route]:
    admin = _Account(runtime)
    return [
        Route("/_sandbox/account", admin.get),
        Route("/_sandbox/account", admin.change, methods=["POST"]),
        Route("/_sandbox/announce", admin.announce, methods=["POST"]),
    ]


class _Account:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._account = runtime.account
        self._deeds: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "ban": self._ban,
            "restrict": self._restrict,
            "lift": self._lift,
            "violate": self._violate,
            "review": self._review,
            "limit": self._limit,
            "alert": self._alert,
        }

    async def get(self, request: Request) -> Response:
        facts = msgspec.structs.asdict(self._account.facts)
        more = {"waba_id": self._runtime.identity.waba_id, "tier": self._runtime.switches.tier}
        return as_json({**more, **facts})

    async def change(self, request: Request) -> Response:
        """`{"do": …}` with what that needs; the webhook goes out and the state changes together."""
        given = await read_object(request)
        deed = self._deeds.get(str(given.get("do")))
        if deed is None:
            raise HTTPException(400, f"do must be one of: {', '.join(self._deeds)}")
        await deed(given)
        return await self.get(request)

    async def announce(self, request: Request) -> Response:
        """The value is posted as it is; nothing else changes."""
        given = await read_object(request)
        field, value = given.get("field"), given.get("value")
        if field not in FIELDS or field in _OF_NUMBERS:
            known = ", ".join(name for name in FIELDS if name not in _OF_NUMBERS)
            raise HTTPException(400, f"field must be one of: {known}")
        if not isinstance(value, dict):
            raise HTTPException(400, "value must be a JSON object")
        await self._runtime.webhooks.announce(field, value)
        return as_json({"success": True})

    async def _ban(self, given: dict[str, Any]) -> None:
        state = _word(given, "state", _BANS)
        await self._account.change(ban="" if state == "REINSTATE" else state)
        day = f"{datetime.fromtimestamp(self._runtime.clock.now() / 1000, UTC):%B %d, %Y}"
        await self._tell("DISABLED_UPDATE", ban_info={"waba_ban_state": state, "waba_ban_date": day})

    async def _restrict(self, given: dict[str, Any]) -> None:
        """Until so many seconds from now, or until it is lifted."""
        kind = _word(given, "kind", RESTRICTIONS)
        seconds = _whole(given, "seconds")
        until = None if seconds is None else self._runtime.clock.now() + seconds * 1000
        await self._account.change(restrictions={**self._account.facts.restrictions, kind: until})
        info: dict[str, Any] = {"restriction_type": kind}
        info |= {} if until is None else {"expiration": until // 1000}
        await self._tell("ACCOUNT_RESTRICTION", restriction_info=[info])

    async def _lift(self, given: dict[str, Any]) -> None:
        """All restrictions end; Meta says nothing about it."""
        await self._account.change(restrictions={})

    async def _violate(self, given: dict[str, Any]) -> None:
        await self._tell(
            "ACCOUNT_VIOLATION", violation_info={"violation_type": str(given.get("type") or "SPAM")}
        )

    async def _review(self, given: dict[str, Any]) -> None:
        decision = _word(given, "decision", _REVIEWS)
        await self._account.change(review=decision)
        await self._runtime.webhooks.announce("account_review_update", {"decision": decision})

    async def _limit(self, given: dict[str, Any]) -> None:
        """A new tier, which counts from now on even where the sandbox was lenient. Null: no limit."""
        tier = _whole(given, "tier")
        most = _whole(given, "numbers")
        self._runtime.switches.tier = tier
        if most is not None:
            await self._account.change(most_numbers=most)
        name = "max_phone_numbers_per_business" if tier == 250 else "max_phone_numbers_per_waba"
        value = {
            "max_daily_conversations_per_business": -1 if tier is None else tier,
            name: self._account.facts.most_numbers,
        }
        await self._runtime.webhooks.announce("business_capability_update", value)

    async def _alert(self, given: dict[str, Any]) -> None:
        value = {
            "entity_type": str(given.get("entity_type") or "WABA"),
            "entity_id": str(given.get("entity_id") or self._runtime.identity.waba_id),
            "alert_info": {
                "alert_severity": str(given.get("severity") or "INFORMATIONAL"),
                "alert_status": str(given.get("status") or "ACTIVE"),
                "alert_type": str(given.get("type") or "OBA_APPROVED"),
                "alert_description": str(given.get("description") or ""),
            },
        }
        await self._runtime.webhooks.announce("account_alerts", value)

    async def _tell(self, event: str, **members: Any) -> None:
        await self._runtime.webhooks.announce("account_update", {"event": event, **members})


def _word(given: dict[str, Any], name: str, words: tuple[str, ...]) -> str:
    value = given.get(name)
    if not isinstance(value, str) or value.upper() not in words:
        raise HTTPException(400, f"{name} must be one of: {', '.join(words)}")
    return value.upper()


def _whole(given: dict[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is not None and (type(value) is not int or not 0 < value < 10**10):
        raise HTTPException(400, f"{name} must be a whole number above 0")
    return value
