"""Faults put into the product on purpose, to prove that the simulator finds such ones.

Each replaces one guard by its absence, for the rest of the process:
`python -m tests.simulation --mutation NAME`.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from trunkline import hooks, leasing
from trunkline.inbound import statuses
from trunkline.model.message import State
from trunkline.outbound import ownership
from trunkline.outbound.lanes import Lanes
from trunkline.store import idempotency, leases, settlement


def queue_again_at_take_over() -> None:
    """What a dead process left open is sent again, rather than doubted."""
    ownership._never_left = lambda *_: True


def believe_empty_marks() -> None:
    """Nothing left where the marks say nothing, though they are not to be had."""
    ownership.marked_by = lambda *_: set()


def forget_blocked_lanes() -> None:
    """A doubt of an earlier run does not keep its lane from going on."""
    Lanes.block = lambda *_: None  # type: ignore[method-assign]


def send_without_lease() -> None:
    """Neither the end of its lease nor the epoch stops an old owner, and nobody tells it of a new one."""

    class AnyEpoch:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    async def fence(tx: Any, numbers: Any) -> dict[str, Any]:
        return {number_id: AnyEpoch() for _, number_id in numbers}

    async def renew(tx: Any, held: Any) -> set[str]:
        return {lease.thing for lease in held}

    leases.fence = fence  # type: ignore[assignment]
    leases.TABLE.renew = renew  # type: ignore[method-assign]
    leasing.Owned.holds = lambda self: True  # type: ignore[method-assign]


def go_back_to_older_statuses() -> None:
    """The last status told is the one shown."""
    shown = {"sent": State.SENT, "delivered": State.DELIVERED, "read": State.READ, "failed": State.FAILED}
    joined = statuses.merge

    def merge(progress: Any, status: str, at: int, error: str | None = None) -> Any:
        merged = joined(progress, status, at, error)
        return msgspec.structs.replace(merged, state=shown.get(status, merged.state))

    statuses.merge = settlement.merge = merge


def answer_hooks_too_early() -> None:
    """A post counts as kept although the store refused it."""
    post = hooks.HookReceiver.post

    async def answer(self: Any, *arguments: Any) -> Any:
        return 200, (await post(self, *arguments))[1]

    hooks.HookReceiver.post = answer  # type: ignore[method-assign]


def forget_keys() -> None:
    """A repeated request is taken for a new one."""

    async def remember_many(tx: Any, answers: Any) -> list[bool]:
        return [True for _ in answers]

    idempotency.remember_many = remember_many


MUTATIONS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        queue_again_at_take_over,
        believe_empty_marks,
        forget_blocked_lanes,
        send_without_lease,
        go_back_to_older_statuses,
        answer_hooks_too_early,
        forget_keys,
    )
}
