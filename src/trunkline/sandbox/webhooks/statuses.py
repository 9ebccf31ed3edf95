"""The life of a sent message as the sender will hear of it: pure functions of values.

`sending.py` makes a plan when a message is taken, the ledger keeps it, and `reporter.py` posts it step by
step, in the order of the plan whatever that order is. So a restart only has to know how far it came.
"""

import hashlib
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from trunkline.sandbox.errors import status_error

_CONVERSATION = 86_400_000

REGULAR = "regular"
FREE = "free_customer_service"
QUOTA = "service_quota"
"""Free as well, and told as such: one of the free service messages of a number's month."""
_SLOTS = {"sent": 0, "delivered": 1, "read": 2, "played": 2}


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One status webhook."""

    status: str
    due: int
    """Milliseconds after the send at which it may be posted."""
    stamp: int
    """Milliseconds after the send that its `timestamp` claims."""
    code: int = 0
    """Error code of a `failed` status."""
    details: str = ""
    """Of that error, where there is more to say than always."""


class Plan(msgspec.Struct, frozen=True, array_like=True):
    """Every status of one message, in the order in which they are posted."""

    steps: tuple[Step, ...]
    echo: bool = True
    """Whether the statuses carry the sender's `biz_opaque_callback_data`."""
    category: str = ""
    """What it is priced as; empty for service messages, and for templates of an older sandbox."""
    conversation: bool = False
    """Whether the statuses name a conversation: they do for sends through v23 and older."""
    free_until: int = 0
    """End of the free entry point window that it was sent in, in ms; 0: it was sent in none."""
    price: str = ""
    """REGULAR, FREE or QUOTA; empty in a free entry window, and for messages of an older sandbox."""


class Taken(msgspec.Struct):
    """A send that was taken: a row of the ledger."""

    wamid: str
    phone_number_id: str
    recipient: str
    """Phone digits, or the business-scoped user id it was sent to."""
    wa_id: str | None
    """The recipient as WhatsApp knows it; None for a send to a user id."""
    type: str
    callback_data: str | None
    taken_at: int
    plan: Plan
    reported: int = 0
    """Steps of the plan that are behind us."""
    id: int = 0
    """Its place in the ledger, given when it is written there."""
    released_at: int = 0
    """When the person came back for whom its next status had waited."""


@lru_cache(maxsize=256)
def build_plan(  # noqa: PLR0913 - the members of a plan
    words: tuple[str, ...],
    delays: tuple[float, float, float],
    later: float = 0.0,
    *,
    echo: bool = True,
    category: str = "",
    conversation: bool = False,
    free_until: int = 0,
    price: str = "",
) -> Plan:
    """`("sent", "failed:131026")` → its plan. Delays in seconds; out of order stays out of order."""
    steps: list[Step] = []
    due = 0
    for place, word in enumerate(words):
        status, _, code = word.partition(":")
        stamp = round((delays[_SLOTS.get(status, min(place, 2))] + later) * 1000)
        due = max(due, stamp)
        steps.append(Step(status, due, stamp, int(code or 0)))
    return Plan(tuple(steps), echo, category, conversation, free_until, price)


def with_details(plan: Plan, details: str) -> Plan:
    """The same plan with other words for its failure."""
    steps = (replace(step, details=details) if step.code else step for step in plan.steps)
    return replace(plan, steps=tuple(steps))


@lru_cache(maxsize=4096)
def user_id_of(digits: str, waba_id: str) -> str:
    """The business-scoped user id of a phone: always the same for one business, another for the next."""
    country = next(
        (
            COUNTRY_CODE_TO_REGION_CODE[int(digits[:length])][0]
            for length in (1, 2, 3)
            if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE
        ),
        "ZZ",
    )
    digest = hashlib.blake2b(f"{waba_id}:{digits}".encode(), digest_size=8).digest()
    return f"{country}.{int.from_bytes(digest, 'big'):020d}"


def build_status(
    taken: Taken, place: int, waba_id: str, profile: tuple[str, str | None], *, user_ids: bool
) -> dict[str, Any]:
    """The `value` members of the webhook for step `place`: `statuses`, and `contacts` where Meta has them.

    `profile` is the name and the username of the recipient; Meta tells the latter once it is delivered.
    """
    step = taken.plan.steps[place]
    user_id = _user_id(taken, waba_id) if user_ids or taken.wa_id is None else None
    status: dict[str, Any] = {
        "id": taken.wamid,
        "status": step.status,
        "timestamp": str(max(taken.taken_at + step.stamp, taken.released_at) // 1000),
    }
    if taken.wa_id is not None:
        status["recipient_id"] = taken.wa_id
    failed = step.status == "failed"
    if user_id is not None and not (failed and taken.wa_id is not None):
        status["recipient_user_id"] = user_id
    if taken.plan.echo and taken.callback_data is not None:
        status["biz_opaque_callback_data"] = taken.callback_data
    if failed:
        status["errors"] = [status_error(step.code, step.details)]
        # Of somebody who could not be reached Meta tells only the address that was sent to.
        address = {"wa_id": taken.wa_id} if taken.wa_id is not None else {"user_id": user_id}
        return {"contacts": [address], "statuses": [status]}
    if _is_priced(taken.plan, place):
        if taken.plan.conversation or taken.plan.free_until:
            status["conversation"] = _conversation(taken, step, waba_id)
        status["pricing"] = _pricing(taken.type, taken.plan)
    name, username = profile
    contact: dict[str, Any] = {"profile": {"name": name}}
    if username is not None and step.status != "sent":
        contact["profile"]["username"] = username
    contact |= {"wa_id": taken.wa_id} if taken.wa_id is not None else {}
    contact |= {"user_id": user_id} if user_id is not None else {}
    return {"contacts": [contact], "statuses": [status]}


def escape_as_graph(body: bytes) -> bytes:
    r"""The same JSON with `\/` for `/` and `\uXXXX` beyond ASCII: receivers must sign the raw bytes."""
    if not body.isascii():
        escaped = body.decode().encode("utf-16-be", "surrogatepass")
        units = (int.from_bytes(escaped[i : i + 2], "big") for i in range(0, len(escaped), 2))
        body = "".join(chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in units).encode()
    return body.replace(b"/", b"\\/")


def _user_id(taken: Taken, waba_id: str) -> str:
    return taken.recipient if taken.wa_id is None else user_id_of(taken.recipient, waba_id)


def _is_priced(plan: Plan, place: int) -> bool:
    """Meta puts the price on `sent` and on one of `delivered` and `read`: on the first that is posted."""
    status = plan.steps[place].status
    if status == "sent":
        return True
    return status in {"delivered", "read"} and not any(
        step.status in {"delivered", "read"} for step in plan.steps[:place] if step.status != status
    )


def price_type(kind: str, plan: Plan) -> str:
    """As Meta tells it: what is free, and why."""
    if plan.free_until:
        return "free_entry_point"
    if plan.price:
        return FREE if plan.price == QUOTA else plan.price
    return FREE if _category(kind, plan) == "service" else REGULAR


def _pricing(kind: str, plan: Plan) -> dict[str, Any]:
    """Templates and Direct Sends by their category, every other message as service."""
    type_ = price_type(kind, plan)
    category = _category(kind, plan)
    return {"billable": type_ == REGULAR, "pricing_model": "PMP", "category": category, "type": type_}


def _category(kind: str, plan: Plan) -> str:
    if plan.free_until:
        return "referral_conversion"
    return plan.category or ("utility" if kind == "template" else "service")


def _conversation(taken: Taken, step: Step, waba_id: str) -> dict[str, Any]:
    """One for each message, but one for all of a free entry point window. Only `sent` tells when it ends."""
    until, kind = taken.plan.free_until, taken.type
    about = f"{taken.phone_number_id}:{_user_id(taken, waba_id)}:{until}" if until else taken.wamid
    conversation: dict[str, Any] = {"id": hashlib.blake2b(about.encode(), digest_size=16).hexdigest()}
    if step.status == "sent":
        ends = until or taken.taken_at + step.stamp + _CONVERSATION
        conversation["expiration_timestamp"] = str(ends // 1000)
    return {**conversation, "origin": {"type": _category(kind, taken.plan).replace("-", "_")}}
