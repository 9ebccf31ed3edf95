"""What analytics are made of: the parameters that all of them have, and the ledger's messages in groups."""

from typing import Any

import msgspec
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.call import Call
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.webhooks.statuses import Plan, price_type

_YEAR = 366 * 86_400_000
_plans = msgspec.json.Decoder(Plan)


class Period(msgspec.Struct, frozen=True):
    """From when to when, and in which steps; milliseconds."""

    start: int
    end: int
    granularity: str
    step: int

    def bounds(self, start: int) -> dict[str, int]:
        """Of a data point, in seconds."""
        return {"start": start // 1000, "end": (start + self.step) // 1000}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that share all of this."""

    start: int
    phone_number: str
    """Digits of the business number."""
    country: str
    is_template: bool
    category: str
    """What it is priced as, in upper case."""
    pricing_type: str
    """In upper case, as `pricing` tells it."""
    is_free_entry: bool
    """Sent in the window that an ad had opened."""
    sent: int
    delivered: int
    users: int

    @property
    def direction(self) -> str:
        return "BUSINESS_INITIATED" if self.is_template else "USER_INITIATED"

    @property
    def conversation_type(self) -> str:
        return "FREE_ENTRY_POINT" if self.is_free_entry else "REGULAR"

    @property
    def tier(self) -> str | None:
        return "0:MAX" if self.pricing_type == "REGULAR" else None


def read_period(call: Call, granularities: dict[str, int], now: int) -> Period:
    """`start` and `end` are seconds; `granularity` is one of the given."""
    start, end = read_moment(call, "start"), read_moment(call, "end")
    granularity = str(call.params.get("granularity") or "").upper()
    if granularity not in granularities:
        known = ", ".join(granularities)
        raise invalid(f'Param granularity must be one of {{{known}}} - got "{granularity[:32]}".')
    if start >= end:
        raise invalid("Param start must be before param end.")
    if start < now - _YEAR:
        raise invalid("Param start must be within the last year.")
    return Period(start, end, granularity, granularities[granularity])


def read_moment(call: Call, name: str) -> int:
    """Seconds, or a date as clients write it for templates; milliseconds come out."""
    given = call.params.get(name)
    if given is None:
        raise invalid(f"The parameter {name} is required.")
    text = str(given)[:20].strip("\"'")
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        raise invalid(f"Param {name} must be a Unix timestamp.")
    return int(text) * 1000


def read_list(call: Call, name: str) -> list[str]:
    """`["a","b"]`, `a,b` or a list; nothing given is an empty one."""
    given = call.params.get(name)
    if given is None:
        return []
    if isinstance(given, str):
        given = [item.strip(" \"'") for item in given.strip().removeprefix("[").removesuffix("]").split(",")]
    if not isinstance(given, list):
        raise invalid(f"Param {name} must be an array.")
    return [str(item)[:64] for item in given if item != ""]


async def read_groups(runtime: Runtime, period: Period) -> list[Group]:
    """Everything that was sent in the period, with how far it came."""
    await runtime.ledger.flush()
    step = period.step
    rows = await runtime.database.read("count_messages", (step, step, period.start, period.end))
    return [_group(runtime, row) for row in rows]


def read_progress(plan: bytes, reported: int) -> tuple[set[str], Plan]:
    """The statuses that a message has had, and all that it was to have."""
    read = _plans.decode(plan)
    return {step.status for step in read.steps[:reported]}, read


def _group(runtime: Runtime, row: tuple[Any, ...]) -> Group:
    start, phone_number_id, stem, type_, plan, reported, count, users = row
    statuses, read = read_progress(plan, reported)
    category = read.category
    is_template = type_ == "template" or bool(category)
    number = runtime.numbers.get(phone_number_id)
    return Group(
        start=start,
        phone_number=number.digits if number else phone_number_id,
        country=country_of(stem),
        is_template=is_template,
        category=(category or ("utility" if is_template else "service")).upper(),
        pricing_type=price_type("template" if is_template else type_, read).upper(),
        is_free_entry=bool(read.free_until),
        sent=count if "sent" in statuses else 0,
        delivered=count if statuses & {"delivered", "read", "played"} else 0,
        users=users,
    )


def country_of(stem: str) -> str:
    """From the first digits of a phone number, or the start of a user id. `+1` counts as the US."""
    if stem[2:3] == "." and stem[:2].isalpha():
        return stem[:2]
    for length in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(stem[:length])) if stem[:length].isdecimal() else None
        if regions:
            return str(regions[0])
    return "ZZ"
