"""From checked messages to the answer: store, hand over to the dispatcher, answer. Once for each key.

The answer goes out only after the commit that holds the messages is synced. With an `Idempotency-Key` that
same commit holds the answer, so a repetition gets it again, also after a crash, and also when the request
would not pass any more (its time has come, its number is gone). What was refused leaves nothing behind.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from trunkline.api import once
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response
from trunkline.errors import Refusal
from trunkline.failpoints import reach
from trunkline.model.message import State
from trunkline.outbound import accept
from trunkline.outbound.accept import Birth
from trunkline.store import idempotency
from trunkline.store.contract import Rank
from trunkline.store.idempotency import Answered
from trunkline.store.messages import NewMessage


class Plan(NamedTuple):
    """What a request wants stored, and its answer when that is done."""

    messages: Sequence[NewMessage]
    body: bytes


MakePlan = Callable[[], Awaitable[Plan]]
"""Checks the request; `Refusal` when it does not pass."""


async def carry_out(api: Api, request: Request, caller: Caller, value: Any, make_plan: MakePlan) -> Response:
    """`value` is the decoded body: what a repetition is recognised by."""
    key = once.key_of(request)
    if key is None:
        plan = await make_plan()
        await _store(api, plan, None)
        return Response(200, plan.body)
    fingerprint = once.fingerprint(request, value)
    with once.running(api, caller.account_id, key, fingerprint):
        return await _carry_out_once(api, caller.account_id, key, fingerprint, make_plan)


async def _carry_out_once(
    api: Api, account_id: str, key: str, fingerprint: bytes, make_plan: MakePlan
) -> Response:
    try:
        plan = await make_plan()
    except Refusal:
        first = await api.runtime.store.read(lambda tx: idempotency.recall(tx, account_id, key))
        if first is None:
            raise
        return once.again(first, fingerprint)
    answer = Answered(account_id, key, fingerprint, 200, plan.body, api.runtime.clock.now())
    first = await _store(api, plan, answer)
    return Response(200, plan.body) if first is None else once.again(first, fingerprint)


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
