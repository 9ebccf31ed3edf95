"""From checked messages to the answer: store, hand over to the dispatcher, answer. Once for each key.

The answer goes out only after the commit that holds the messages is synced. With an `Idempotency-Key` that
same commit holds the answer, so a repetition gets it again, also after a crash, and also when the request
would not pass any more (its time has come, its number is gone). What was refused leaves nothing behind.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response
from trunkline.errors import Problem, Refusal, shorten
from trunkline.failpoints import reach
from trunkline.model.message import State
from trunkline.outbound import accept
from trunkline.outbound.accept import Birth
from trunkline.store import idempotency
from trunkline.store.contract import Rank
from trunkline.store.idempotency import Answered
from trunkline.store.messages import NewMessage

_KEY = re.compile("[!-~]{1,255}")
_REPLAYED = {"Idempotency-Replayed": "true"}


class Plan(NamedTuple):
    """What a request wants stored, and its answer when that is done."""

    messages: Sequence[NewMessage]
    body: bytes


MakePlan = Callable[[], Awaitable[Plan]]
"""Checks the request; `Refusal` when it does not pass."""


async def carry_out(api: Api, request: Request, caller: Caller, value: Any, make_plan: MakePlan) -> Response:
    """`value` is the decoded body: what a repetition is recognised by."""
    key = request.headers.get("idempotency-key")
    if key is None:
        plan = await make_plan()
        await _store(api, plan, None)
        return Response(200, plan.body)
    if not _KEY.fullmatch(key):
        raise _bad_key(key)
    place, fingerprint = (caller.account_id, key), _fingerprint(request, value)
    running = api.running_keys.get(place)
    if running is not None:
        raise (
            _mismatch()
            if running != fingerprint
            else Refusal("request_in_flight", headers={"Retry-After": "1"})
        )
    api.running_keys[place] = fingerprint
    try:
        return await _carry_out_once(api, caller.account_id, key, fingerprint, make_plan)
    finally:
        del api.running_keys[place]


async def _carry_out_once(
    api: Api, account_id: str, key: str, fingerprint: bytes, make_plan: MakePlan
) -> Response:
    try:
        plan = await make_plan()
    except Refusal:
        first = await api.runtime.store.read(lambda tx: idempotency.recall(tx, account_id, key))
        if first is None:
            raise
        return _again(first, fingerprint)
    answer = Answered(account_id, key, fingerprint, 200, plan.body, api.runtime.clock.now())
    first = await _store(api, plan, answer)
    return Response(200, plan.body) if first is None else _again(first, fingerprint)


async def _store(api: Api, plan: Plan, answer: Answered | None) -> Answered | None:
    """None when the messages were stored and handed over, else the first answer to the same key."""
    if not plan.messages:
        return None
    birth = Birth(plan.messages, answer, _elsewhere(api, plan.messages))
    first = await api.runtime.store.batch(
        accept.store_births, birth, weight=len(plan.messages), rank=Rank.NEW
    )
    reach("C2")
    if first is None:
        waiting = [accept.as_waiting(message) for message in plan.messages if message.state is State.QUEUED]
        api.dispatcher.hand_over(waiting)
        api.runtime.tally.count("accepted_total", len(plan.messages))
    return first


def _elsewhere(api: Api, messages: Sequence[NewMessage]) -> list[str]:
    numbers = {message.number_id for message in messages if message.state is State.QUEUED}
    return [number_id for number_id in numbers if not api.dispatcher.owns(number_id)]


def _again(first: Answered, fingerprint: bytes) -> Response:
    if first.fingerprint != fingerprint:
        raise _mismatch()
    return Response(first.status, first.body, headers=_REPLAYED)


def _fingerprint(request: Request, value: Any) -> bytes:
    """The same for bodies that differ only in spaces or in the order of members."""
    canonical = msgspec.json.encode(value, order="deterministic")
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + canonical).digest()


def _mismatch() -> Refusal:
    return Refusal("idempotency_mismatch")


def _bad_key(key: str) -> Refusal:
    detail = "An idempotency key has 1 to 255 visible ASCII characters, without spaces."
    problem = Problem("Idempotency-Key:", "idempotency_key", detail, shorten(key), "for example a UUID")
    return Refusal("invalid_request", detail, problems=[problem])
