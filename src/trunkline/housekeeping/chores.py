"""Runs the chores, each in a loop of its own: a round of steps with a breath between, then a pause.

Where several processes share a database, `is_mine` says which of them does a chore; it is asked at each step.
Two that do the same chore for a moment harm nothing: every step is one transaction of rows that are due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from trunkline.housekeeping import (
    campaigns,
    content,
    events,
    expire,
    holds,
    inbound,
    inbox,
    media,
    messages,
    parked_facts,
    processes,
    provider_files,
    prune,
    short_links,
    templates,
    tier_uses,
)
from trunkline.loops import for_ever
from trunkline.runtime import Runtime

BREATH_SECONDS = 0.02
"""Real time: what else there is to write comes first."""


class Chore(NamedTuple):
    name: str
    every_seconds: float
    step: Callable[[Runtime], Awaitable[int]]
    """Does some of the rows that are due; how many, 0 when the round is over."""


def _chore(module: Any) -> Chore:
    return Chore(module.NAME, module.EVERY_SECONDS, module.step)


CHORES: Sequence[Chore] = [
    _chore(module)
    for module in (
        expire,
        prune,
        content,
        campaigns,
        media,
        messages,
        inbound,
        holds,
        events,
        inbox,
        parked_facts,
        processes,
        provider_files,
        short_links,
        templates,
        tier_uses,
    )
]


def start(
    runtime: Runtime, is_mine: Callable[[str], bool], more: Sequence[Chore] = ()
) -> list["asyncio.Task[None]"]:
    """All chores, and `more` that belong to other parts; each task is stopped by canceling it."""
    return [
        asyncio.create_task(
            for_ever(
                runtime.clock, f"chore {chore.name}", _round_of(runtime, chore, is_mine), chore.every_seconds
            )
        )
        for chore in (*CHORES, *more)
    ]


def _round_of(
    runtime: Runtime, chore: Chore, is_mine: Callable[[str], bool]
) -> Callable[[], Awaitable[None]]:
    return lambda: do_round(runtime, chore, is_mine)


async def do_round(runtime: Runtime, chore: Chore, is_mine: Callable[[str], bool]) -> None:
    began = runtime.clock.monotonic()
    while is_mine(chore.name):
        done = await chore.step(runtime)
        if not done:
            _count_round(runtime, chore, began)
            return
        runtime.tally.count(f"chore_rows_total {chore.name}", done)
        await asyncio.sleep(BREATH_SECONDS)


def _count_round(runtime: Runtime, chore: Chore, began: float) -> None:
    runtime.tally.count(f"chore_rounds_total {chore.name}")
    took = runtime.clock.monotonic() - began
    runtime.tally.count(f"chore_milliseconds_total {chore.name}", int(took * 1000))
