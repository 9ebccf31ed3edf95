"""The display name of a number: asked for, reviewed, and shown after the number was registered again."""

import msgspec

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.runtime import Runtime

DAY = 86_400_000
_MOST_CHANGES = 10
_WITHIN = 30 * DAY
_SHOWN_WITHIN = 14 * DAY
DECISIONS = ("APPROVED", "REJECTED", "DEFERRED")


async def ask_for(runtime: Runtime, number: BusinessNumber, name: str) -> None:
    """Put a name to review. It is approved at once, unless `names_by_hand` leaves it to a person."""
    now = runtime.clock.now()
    recent = tuple(at for at in number.name_changes if at > now - _WITHIN)
    if len(name.strip()) < 2:
        raise invalid("Param new_display_name must be at least 2 characters long.")
    if len(recent) >= _MOST_CHANGES:
        raise GraphError(100, details="The display name was changed 10 times in the last 30 days.")
    number = msgspec.structs.replace(
        number, new_name=name, new_name_status="PENDING_REVIEW", name_changes=(*recent, now)
    )
    await runtime.numbers.put(number.id, number)
    if not runtime.switches.names_by_hand:
        await decide(runtime, number, "APPROVED")


async def decide(runtime: Runtime, number: BusinessNumber, decision: str, reason: str = "NONE") -> None:
    """End the review of the name that was asked for, and tell the business."""
    status = {"APPROVED": "APPROVED", "REJECTED": "DECLINED"}.get(decision, "PENDING_REVIEW")
    decided = msgspec.structs.replace(number, new_name_status=status, new_name_decided_at=runtime.clock.now())
    await runtime.numbers.put(number.id, decided)
    value = {
        "display_phone_number": number.digits,
        "decision": decision,
        "requested_verified_name": number.new_name or number.verified_name,
        "rejection_reason": reason,
    }
    await runtime.webhooks.announce("phone_number_name_update", value)


def take_over(number: BusinessNumber, now: int) -> BusinessNumber:
    """What a registration does to the name: an approved one is shown, if it did not lie for too long."""
    if number.new_name is None or number.new_name_status != "APPROVED":
        return number
    if now - number.new_name_decided_at > _SHOWN_WITHIN:
        return msgspec.structs.replace(number, new_name_status="EXPIRED")
    return msgspec.structs.replace(
        number, verified_name=number.new_name, name_status="APPROVED", new_name=None, new_name_status="NONE"
    )
