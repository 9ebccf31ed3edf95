"""Readiness: whether work moves. Asked by load balancers, so it tells names of troubles and nothing else.

The store is asked by a write. What was sent and what came in is judged by what waits longest: a message that
nothing slows, a post that nobody took up. A long line behind a number's pace is no trouble.
"""

import asyncio
from pathlib import Path

import msgspec

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.runtime import Runtime
from trunkline.store import StoreUnavailable, Tx, inbox
from trunkline.store.ballast import free_bytes
from trunkline.store.probe import probe

PROBE_SECONDS = 2.0
STUCK_MS = 60_000
LEAST_FREE_BYTES = 64 * 1024 * 1024


class Ready(msgspec.Struct, omit_defaults=True):
    """Whether this process can do its work, and if not, the reasons."""

    status: str
    reasons: list[str] = []
    """Of `REASONS_NOT_READY`."""


REASONS_NOT_READY = {
    "store_broken": "The disk failed or the database is damaged; the process is about to end.",
    "disk_short": "The disk is full or nearly so: new messages and providers' posts are refused.",
    "store_write": "A write was not synced within 2 seconds.",
    "sending_stuck": "A message has been due for 60 seconds, nothing slows it, and it was not sent.",
    "inbox_waits": "A provider's post has waited for 60 seconds to be applied.",
}


async def readyz(api: Api, request: Request, caller: Caller) -> Response:
    if api.examining is None or api.examining.done():
        api.examining = asyncio.create_task(
            examine(api)
        )  # for all who ask meanwhile: anybody may, and it writes
    reasons = await asyncio.shield(api.examining)
    if reasons:
        return as_json(Ready("not_ready", reasons), 503)
    return as_json(Ready("ready"))


async def examine(api: Api) -> list[str]:
    runtime = api.runtime
    load = runtime.store.load
    if load.broken is not None:
        return ["store_broken"]
    reasons = []
    if load.is_short or _disk_is_short(runtime):
        reasons.append("disk_short")
    if not await _takes_writes(runtime):
        return [*reasons, "store_write"]
    now = runtime.clock.now()
    if api.dispatcher.standing_ms() > STUCK_MS:
        reasons.append("sending_stuck")
    if await _oldest_post_at(runtime, now) < now - STUCK_MS:
        reasons.append("inbox_waits")
    return reasons


async def _takes_writes(runtime: Runtime) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await probe(runtime.store, runtime.process_id)
    except (StoreUnavailable, TimeoutError):
        return False
    return True


def _disk_is_short(runtime: Runtime) -> bool:
    try:
        return free_bytes(Path(runtime.settings.data)) < LEAST_FREE_BYTES
    except OSError:
        return True


async def _oldest_post_at(runtime: Runtime, now: int) -> int:
    """When the post came that waits longest; now when none does, or nobody can say."""

    async def work(tx: Tx) -> int:
        found = [await inbox.oldest_open_at(tx, account_id) for account_id in runtime.directory.accounts]
        return min((at for at in found if at is not None), default=now)

    try:
        return await runtime.store.read(work)
    except StoreUnavailable:
        return now  # the store itself has just been judged
