"""Business numbers: the one that every sandbox has, and those that were added.

What a number is and how far it is registered stands in one value, so that a change is a changed copy that is
put on the shelf. `graph/registration.py` makes the steps, the send path asks `refusal_of`.
"""

import secrets
from typing import Any

import msgspec
from phonenumbers import PhoneNumberFormat, format_number, parse
from phonenumbers.phonenumberutil import NumberParseException

from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity


class BusinessNumber(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number that a business sends from."""

    id: str
    """Its phone number id."""
    digits: str
    verified_name: str
    quality_rating: str = "GREEN"
    code_verification_status: str = "VERIFIED"
    name_status: str = "APPROVED"
    new_name: str | None = None
    """Asked for by `new_display_name`; it is shown after the number was registered again."""
    new_name_status: str = "NONE"
    new_name_decided_at: int = 0
    name_changes: tuple[int, ...] = ()
    """Moments of the changes that were asked for."""
    throughput: str = "STANDARD"
    standing: str = ""
    """FLAGGED, RESTRICTED, …; empty when nothing is wrong."""
    registered: bool = True
    registered_at: int = 0
    pin: str | None = None
    """The two-step code; None until one was set."""
    attempts: tuple[int, ...] = ()
    """Moments of registrations and deregistrations."""
    wrong_pins: int = 0
    wrong_pin_at: int = 0
    code: str | None = None
    """What the owner of the number was sent to prove that it is theirs."""
    code_expires_at: int = 0
    wrong_codes: int = 0
    username: str | None = None
    official: bool = False
    settings: dict[str, Any] = {}
    """What `/settings` was given, by feature."""


async def add_first_number(numbers: Shelf[BusinessNumber], identity: Identity, name: str) -> None:
    """The number of the identity, unless an earlier start put it there."""
    if identity.phone_number_id not in numbers:
        first = BusinessNumber(
            id=identity.phone_number_id, digits=identity.display_phone_number, verified_name=name
        )
        await numbers.put(first.id, first)


def refusal_of(number: BusinessNumber) -> int | None:
    """The code with which a send from this number is refused, or None: 133010 when it is not registered."""
    if not number.registered:
        return 133010
    return 131031 if number.standing == "BANNED" else None


def status_of(number: BusinessNumber) -> str:
    """`status` of the node."""
    if number.standing:
        return number.standing
    if number.registered:
        return "CONNECTED"
    return "PENDING" if number.registered_at == 0 else "DISCONNECTED"


def owner_of(numbers: Shelf[BusinessNumber], digits: str) -> BusinessNumber | None:
    return next((number for number in numbers.values() if number.digits == digits), None)


def new_phone_number_id(numbers: Shelf[BusinessNumber]) -> str:
    while (id_ := str(10**14 + secrets.randbelow(9 * 10**14))) in numbers:
        pass
    return id_


def new_digits(numbers: Shelf[BusinessNumber]) -> str:
    """A free number of the range that the first one is from."""
    while owner_of(numbers, digits := f"15558{secrets.randbelow(10**6):06d}") is not None:
        pass
    return digits


def display_of(digits: str) -> str:
    """`15550001234` → `+1 555-000-1234`, as Graph writes it outside webhooks."""
    try:
        return format_number(parse(f"+{digits}"), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return f"+{digits}"
