"""`/_sandbox/numbers`: business numbers without Meta's ceremony, and what Meta decides about them."""

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.clock import VirtualClock
from trunkline.sandbox.content.messages import normal_digits
from trunkline.sandbox.graph import display_names
from trunkline.sandbox.graph.numbers import tier_of
from trunkline.sandbox.numbers import (
    BusinessNumber,
    display_of,
    new_digits,
    new_phone_number_id,
    owner_of,
    status_of,
)
from trunkline.sandbox.runtime import Runtime

_QUALITIES = {"GREEN": 3, "YELLOW": 2, "RED": 1, "UNKNOWN": 0}
_STANDINGS = ("", "FLAGGED", "RESTRICTED", "RATE_LIMITED", "BANNED")


def number_routes(runtime: Runtime) -> list[Route]:
    admin = _Numbers(runtime)
    one = "/_sandbox/numbers/{id}"
    return [
        Route("/_sandbox/numbers", admin.list),
        Route("/_sandbox/numbers", admin.add, methods=["POST"]),
        Route(one, admin.get),
        Route(one, admin.remove, methods=["DELETE"]),
        Route(f"{one}/quality", admin.rate, methods=["POST"]),
        Route(f"{one}/name", admin.decide_name, methods=["POST"]),
    ]


class _Numbers:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._numbers = runtime.numbers

    async def list(self, request: Request) -> Response:
        identity = self._runtime.identity
        rows = [_describe(number) for number in self._numbers.values()]
        told = {"waba_id": identity.waba_id, "sandbox_url": identity.url}
        return as_json({"data": rows, **told, "virtual_time": isinstance(self._runtime.clock, VirtualClock)})

    async def add(self, request: Request) -> Response:
        """One that is verified and registered at once."""
        given = await read_object(request)
        digits = normal_digits(_text(given, "digits") or new_digits(self._numbers))
        if not (digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15):
            raise HTTPException(400, "digits must be a phone number of 7 to 15 digits")
        if owner_of(self._numbers, digits) is not None:
            raise HTTPException(409, "a number with these digits exists already")
        name = _text(given, "name") or self._runtime.settings.verified_name
        number = BusinessNumber(id=new_phone_number_id(self._numbers), digits=digits, verified_name=name[:75])
        await self._numbers.put(number.id, number)
        return as_json(_describe(number), 201)

    async def get(self, request: Request) -> Response:
        """With what its owner would find on the telephone: the code, and the PIN."""
        number = self._find(request)
        code = number.code if number.code_expires_at > self._runtime.clock.now() else None
        more = {
            "code": code,
            "pin": number.pin,
            "status": status_of(number),
            "code_verification_status": number.code_verification_status,
            "quality_rating": number.quality_rating,
            "new_display_name": number.new_name,
            "new_name_status": number.new_name_status,
            "throughput": number.throughput,
        }
        return as_json({**_describe(number), **more})

    async def remove(self, request: Request) -> Response:
        """For five minutes the number cannot be registered again."""
        number = self._find(request)
        if number.id == self._runtime.identity.phone_number_id:
            raise HTTPException(400, "the first number belongs to the sandbox and stays")
        account = self._runtime.account
        deleted = {**account.facts.deleted, number.digits: self._runtime.clock.now()}
        await account.change(deleted=deleted)
        await self._runtime.state.remove_callback(number.id)
        await self._numbers.remove(number.id)
        return Response(status_code=204)

    async def rate(self, request: Request) -> Response:
        """Any of `quality`, `throughput` and `standing`; each change is told as Meta does."""
        number, given = self._find(request), await read_object(request)
        quality = _word(given, "quality", tuple(_QUALITIES)) or number.quality_rating
        throughput = _word(given, "throughput", ("STANDARD", "HIGH")) or number.throughput
        standing = _word(given, "standing", _STANDINGS)
        if not given.keys() & {"quality", "throughput", "standing"}:
            raise HTTPException(400, "one of these is needed: quality, throughput, standing")
        changed = msgspec.structs.replace(
            number,
            quality_rating=quality,
            throughput=throughput,
            standing=number.standing if standing is None else standing,
        )
        await self._numbers.put(number.id, changed)
        for event in _events(number, changed):
            tier = tier_of(self._runtime)
            value = {
                "display_phone_number": number.digits,
                "event": event,
                "current_limit": tier,
                "max_daily_conversations_per_business": tier,
            }
            await self._runtime.webhooks.announce("phone_number_quality_update", value)
        return as_json({**_describe(changed), "quality_rating": quality, "status": status_of(changed)})

    async def decide_name(self, request: Request) -> Response:
        number, given = self._find(request), await read_object(request)
        decision = _word(given, "decision", display_names.DECISIONS)
        if decision is None:
            raise HTTPException(400, f"decision must be one of: {', '.join(display_names.DECISIONS)}")
        if number.new_name is None or number.new_name_status != "PENDING_REVIEW":
            raise HTTPException(409, "no display name waits for a decision")
        await display_names.decide(self._runtime, number, decision, _text(given, "reason") or "NONE")
        return await self.get(request)

    def _find(self, request: Request) -> BusinessNumber:
        number = self._numbers.get(request.path_params["id"])
        if number is None:
            raise HTTPException(404, "no business number has that id")
        return number


def _describe(number: BusinessNumber) -> dict[str, Any]:
    return {
        "phone_number_id": number.id,
        "display_phone_number": display_of(number.digits),
        "digits": number.digits,
        "name": number.verified_name,
        "registered": number.registered,
    }


def _events(before: BusinessNumber, after: BusinessNumber) -> list[str]:
    """FLAGGED when the quality falls to red or the standing says so, UNFLAGGED when that is over."""
    events = []
    was, is_now = (one.quality_rating == "RED" or one.standing == "FLAGGED" for one in (before, after))
    if was != is_now:
        events.append("FLAGGED" if is_now else "UNFLAGGED")
    if _QUALITIES[before.quality_rating] < _QUALITIES[after.quality_rating]:
        events.append("UPGRADE")
    elif _QUALITIES[before.quality_rating] > _QUALITIES[after.quality_rating]:
        events.append("DOWNGRADE")
    if before.throughput != after.throughput and after.throughput == "HIGH":
        events.append("THROUGHPUT_UPGRADE")
    return events


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None or isinstance(value, str):
        return value
    raise HTTPException(400, f"{name} must be a string")


def _word(given: dict[str, Any], name: str, words: tuple[str, ...]) -> str | None:
    value = _text(given, name)
    if value is not None and value.upper() not in words:
        raise HTTPException(400, f"{name} must be one of: {', '.join(words)}")
    return value.upper() if value is not None else None
