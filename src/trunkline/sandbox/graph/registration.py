"""From a number that was added to one that sends: the code, the registration, the two-step PIN.

Meta does not publish how many wrong PINs are too many or too fast; the limits here are in the table of
approximations.
"""

import secrets
from typing import Any

import msgspec

from trunkline.sandbox.errors import GraphError, known_error
from trunkline.sandbox.graph import display_names
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.graph.numbers import number_of, pin_of, tier_of
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
CODE_LIVES = 10 * _MINUTE
_MOST_WRONG_CODES = 5
_BUDGET = 10
_BUDGET_HOURS = 72
_FREE_GUESSES = 2
_SLOW_GUESSES = _MINUTE
_MOST_GUESSES = 5
_LOCKED_FOR = 12 * _HOUR
_DELETED_FOR = 5 * _MINUTE
REGIONS = ("au", "id", "in", "jp", "sg", "kr", "de", "ch", "gb", "br", "bh", "za", "ae", "ca")


def part(runtime: Runtime) -> Part:
    steps = _Registration(runtime)
    return Part(
        routes={
            ("number", "request_code", "POST"): steps.request_code,
            ("number", "verify_code", "POST"): steps.verify_code,
            ("number", "register", "POST"): steps.register,
            ("number", "deregister", "POST"): steps.deregister,
        }
    )


class _Registration:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._numbers = runtime.numbers
        self._clock = runtime.clock

    async def request_code(self, call: Call) -> dict[str, Any]:
        number, params = number_of(self._runtime, call), Param(call.params, "")
        params.word("code_method", ("sms", "voice"))
        params.text("language", 16)
        if number.code_verification_status == "VERIFIED":
            raise GraphError(
                136024, "(#136024) Request code error", details="The number is already verified."
            )
        await self._put(
            number,
            code=f"{secrets.randbelow(10**6):06d}",
            code_expires_at=self._clock.now() + CODE_LIVES,
            wrong_codes=0,
        )
        return {"success": True}

    async def verify_code(self, call: Call) -> dict[str, Any]:
        number, params = number_of(self._runtime, call), Param(call.params, "")
        given = str(params.need("code")).replace("-", "")
        if number.code is None:
            raise _wrong_code("No code was requested, or it was used already.")
        if number.code_expires_at <= self._clock.now():
            raise _wrong_code("The code has expired. Request a new one.")
        if given != number.code:
            wrong = number.wrong_codes + 1
            code = number.code if wrong < _MOST_WRONG_CODES else None
            await self._put(number, wrong_codes=wrong, code=code)
            raise _wrong_code("The code is not the one that was sent.")
        await self._put(number, code=None, code_verification_status="VERIFIED")
        return {"success": True, "id": number.id}

    async def register(self, call: Call) -> dict[str, Any]:
        number, params = number_of(self._runtime, call), Param(call.params, "")
        params.word("messaging_product", ("whatsapp",))
        pin = pin_of(params)
        settings = number.settings
        if params.has("data_localization_region"):
            region = params.word("data_localization_region", REGIONS)
            storage = {"status": "IN_COUNTRY_STORAGE_ENABLED", "data_localization_region": region.upper()}
            settings = {**settings, "storage_configuration": storage}
        if self._runtime.account.is_disabled or number.standing == "BANNED":
            raise known_error(131031)
        self._refuse_deleted(number)
        number = await self._spend(number)
        if number.code_verification_status != "VERIFIED":
            raise GraphError(133006, details="The phone number needs to be verified before registering.")
        await self._check_pin(number, pin)
        now = self._clock.now()
        await self._put(
            display_names.take_over(number, now),
            registered=True,
            registered_at=now,
            pin=pin,
            settings=settings,
            wrong_pins=0,
        )
        if not number.registered:
            await self._announce_onboarding(number)
        return {"success": True}

    async def deregister(self, call: Call) -> dict[str, Any]:
        number = number_of(self._runtime, call)
        if not number.registered:
            raise known_error(133010)
        number = await self._spend(number)
        await self._put(number, registered=False, registered_at=number.registered_at or 1)
        return {"success": True}

    def _refuse_deleted(self, number: BusinessNumber) -> None:
        deleted_at = self._runtime.account.facts.deleted.get(number.digits)
        if deleted_at is not None and self._clock.now() < deleted_at + _DELETED_FOR:
            raise GraphError(133015, details="The phone number was deleted a moment ago. Wait 5 minutes.")

    async def _spend(self, number: BusinessNumber) -> BusinessNumber:
        """Registrations and deregistrations share a budget, and attempts that fail count as well."""
        now = self._clock.now()
        recent = tuple(at for at in number.attempts if at > now - _BUDGET_HOURS * _HOUR)
        if len(recent) >= _BUDGET:
            hours = -(-(recent[0] + _BUDGET_HOURS * _HOUR - now) // _HOUR)
            raise GraphError(133016, details=f"Too many attempts. Try again in {hours} hours.")
        return await self._put(number, attempts=(*recent, now))

    async def _check_pin(self, number: BusinessNumber, pin: str) -> None:
        now, wrong = self._clock.now(), number.wrong_pins
        if number.pin is None:
            return
        if wrong >= _MOST_GUESSES:
            left = number.wrong_pin_at + _LOCKED_FOR - now
            if left > 0:
                raise GraphError(133008, details=f"Try again in {-(-left // 1000)} seconds.")
            wrong = 0
        if wrong > _FREE_GUESSES - 1 and (left := number.wrong_pin_at + _SLOW_GUESSES - now) > 0:
            raise GraphError(133009, details=f"Try again in {-(-left // 1000)} seconds.")
        if pin != number.pin:
            await self._put(number, wrong_pins=wrong + 1, wrong_pin_at=now)
            raise GraphError(133005, details="The PIN is not the one that was set.")

    async def _announce_onboarding(self, number: BusinessNumber) -> None:
        tier = tier_of(self._runtime)
        value = {
            "display_phone_number": number.digits,
            "event": "ONBOARDING",
            "current_limit": tier,
            "max_daily_conversations_per_business": tier,
        }
        await self._runtime.webhooks.announce("phone_number_quality_update", value)

    async def _put(self, number: BusinessNumber, **members: object) -> BusinessNumber:
        changed = msgspec.structs.replace(number, **members)
        await self._numbers.put(number.id, changed)
        return changed


def _wrong_code(details: str) -> GraphError:
    return GraphError(136025, "(#136025) Verify code error", details=details, status=400)
