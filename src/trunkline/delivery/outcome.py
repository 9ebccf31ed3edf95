"""What is to be recorded of a post: lines for the log of tries, rows, lanes that go on, turns. Pure."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace as changed

from trunkline.delivery.backlog import Job
from trunkline.delivery.endpoints import event_of
from trunkline.delivery.health import Streak
from trunkline.delivery.post import Post, Reply
from trunkline.delivery.schedule import TRIES, next_try
from trunkline.store.deliveries import Attempt, Kept, Turn
from trunkline.store.endpoints import FAILING, GONE, EndpointRow

GONE_STATUS = 410
BUSY_STATUS = 429


class Outcome(NamedTuple):
    attempts: list[Attempt]
    kept: list[Kept]
    over: list[str]
    """Lanes of which a row is over."""


def of_reply(  # noqa: PLR0913, PLR0917 - who, what, what came of it
    endpoint: EndpointRow, jobs: Sequence[Job], post: Post, reply: Reply, now: int, chance: random.Random
) -> Outcome:
    outcome = "delivered" if reply.is_taken else "failed"
    attempts = [
        Attempt(
            event_id=job.event_id,
            post_id=post.id,
            at=reply.at,
            took_ms=int(reply.seconds * 1000),
            outcome=outcome,
            http_status=reply.http_status,
            detail=reply.detail,
            request=post.told() if n == 0 else None,
            answer=reply.answer if n == 0 else None,
        )
        for n, job in enumerate(jobs)
    ]
    if reply.is_taken:
        kept = [_kept(endpoint, job, "delivered", now, now) for job in jobs if job.row is not None]
    else:
        kept = [_tried(endpoint, job, reply, now, chance) for job in jobs]
    return Outcome(attempts, kept, _over(kept))


def of_unsendable(endpoint: EndpointRow, jobs: Sequence[Job], post_id: str, why: str, now: int) -> Outcome:
    """Another try would change nothing: they are dead, and can be replayed."""
    attempts = [
        Attempt(
            event_id=job.event_id,
            post_id=post_id,
            at=now,
            took_ms=0,
            outcome="failed",
            http_status=None,
            detail=why,
            request=None,
            answer=None,
        )
        for job in jobs
    ]
    kept = [_kept(endpoint, job, "dead", now, now) for job in jobs]
    return Outcome(attempts, kept, _over(kept))


def turn_of(endpoint: EndpointRow, reply: Reply, streak: Streak, now: int) -> Turn | None:
    """Whether the endpoint is in another state now."""
    if reply.is_taken:
        return _turn(endpoint, "active", None, "endpoint.recovered", now) if is_paused(endpoint) else None
    if reply.http_status == GONE_STATUS:
        return _turn(endpoint, "disabled", GONE, "endpoint.disabled", now)
    if endpoint.state == "active" and streak.is_hopeless(now):
        return _turn(endpoint, "paused", FAILING, "endpoint.paused", now)
    return None


def is_paused(endpoint: EndpointRow) -> bool:
    """Because it failed: it is probed."""
    return endpoint.state == "paused" and endpoint.state_reason == FAILING


def works(endpoint: EndpointRow) -> bool:
    """Whether anything goes to it at all."""
    return endpoint.state == "active" or is_paused(endpoint)


def _tried(endpoint: EndpointRow, job: Job, reply: Reply, now: int, chance: random.Random) -> Kept:
    """A probe of a paused endpoint is none of an event's tries: it only goes behind the others that wait."""
    kept = _kept(endpoint, job, "waiting", now, now)
    if is_paused(endpoint):
        return changed(
            kept, tries=kept.tries - 1, next_at=next_try(TRIES - 1, now, chance, reply.retry_after)
        )
    next_at = next_try(kept.tries, now, chance, reply.retry_after)
    return changed(kept, state="dead") if next_at is None else changed(kept, next_at=next_at)


def _kept(endpoint: EndpointRow, job: Job, state: str, next_at: int, now: int) -> Kept:
    row, event = job.row, job.event
    lane = row.lane if row else (event.lane if event and endpoint.is_ordered else None)
    tries = (row.tries if row else 0) + 1
    first_at = row.first_at if row else now
    return Kept(
        event_id=job.event_id, lane=lane, state=state, tries=tries, first_at=first_at, next_at=next_at
    )


def _over(kept: Sequence[Kept]) -> list[str]:
    return sorted({one.lane for one in kept if one.lane is not None and one.state != "waiting"})


def _turn(endpoint: EndpointRow, state: str, reason: str | None, type_: str, now: int) -> Turn:
    turned = changed(endpoint, state=state, state_reason=reason)
    return Turn(endpoint.url, state, reason, event_of(turned, type_, now))
