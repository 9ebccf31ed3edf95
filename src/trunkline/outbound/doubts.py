"""DOUBT: settle sends of which nobody knows whether the provider took them (docs/states.md, R1 to R4).

In come a number's open attempts with an ambiguous outcome and whatever bears on them; out go the lanes that
may go on, and the messages that are sent again. R1 is the statuses' own business (`inbound/statuses.py`).
Nothing here guesses: a rule whose conditions do not all hold leaves the doubt alone.
"""

from collections.abc import Awaitable, Callable

import msgspec

from trunkline.inbound.watch import GAP_SECONDS, HOOKS
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, doubts, numbers, processes, settlement, watches
from trunkline.store.contract import Conflict, T
from trunkline.store.doubts import Doubt, LaneDoubt
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow

SECOND = 1_000
MINUTE = 60 * SECOND
CLOCKS_DIFFER_MS = 2 * SECOND
"""How much earlier than our own clock the provider's may say that something happened."""

MACHINES_DIFFER_MS = 5 * SECOND
"""The same between processes of ours on one database."""

LOOK_SECONDS = 30.0
"""How often absence, policy and life are looked into: each takes minutes at least."""

RECENT_MS = 10 * MINUTE
"""In between only facts that came lately are looked at."""

ABSENT_MS = 300 * SECOND
QUIET_MS = 15 * MINUTE
ENOUGH = 3
"""So many later messages with a status show that statuses come."""

OVERDUE_MS = MINUTE
"""A message that was taken so long ago and has no status shows that they do not."""

UNREAD_MS = 5 * SECOND
"""A post that waits longer may hold the status that is missed."""

RESOLVE, NEVER_RESEND, RESEND_AFTER = "resolve", "never_resend", "resend_after"
POLICIES = (RESOLVE, NEVER_RESEND, RESEND_AFTER)


EVERY_SECONDS = 2.0
"""How often its owner settles a number's doubts."""

GIVE_UP_SECONDS = 60.0
"""How often doubts are given up whose number has no owner."""


class End(msgspec.Struct, frozen=True):
    """A doubt that ended. `again` goes to the front of its lane; without it the lane is only freed."""

    message_id: str
    recipient: str
    again: Waiting | None
    is_evident: bool = False
    """The provider told of it."""


async def settle(runtime: Runtime, row: NumberRow) -> list[End]:
    """One round over a number's doubts, by its owner. What can not be had now is left to the next round."""
    monotonic, now = runtime.clock.monotonic(), runtime.clock.now()
    if monotonic < runtime.looked.get(row.id, monotonic):
        return await _by_lane(runtime, row, now - RECENT_MS)
    runtime.looked[row.id] = monotonic + LOOK_SECONDS
    await _adopt_strays(runtime, row, now - RECENT_MS)
    known = await runtime.store.read(lambda tx: doubts.of_number(tx, row.account_id, row.id))
    if not known:
        return []
    ended = await _by_lane(runtime, row, known[0].started_at - CLOCKS_DIFFER_MS)
    rest = [doubt for doubt in known if doubt.message_id not in {end.message_id for end in ended}]
    return ended + await _by_time(runtime, row, rest)


async def give_up(runtime: Runtime) -> None:
    """R4 for numbers that nobody owns any more: removed ones, and a sandbox's that is switched off."""
    for account_id in list(runtime.directory.accounts):
        await _give_up_account(runtime, account_id)


async def _give_up_account(runtime: Runtime, account_id: str) -> None:
    known = await runtime.store.read(lambda tx: numbers.digits_by_id(tx, account_id))
    for number_id in known:
        if number_id not in runtime.directory.numbers:
            await _give_up_number(runtime, account_id, number_id)


async def _give_up_number(runtime: Runtime, account_id: str, number_id: str) -> None:
    known = await runtime.store.read(lambda tx: doubts.of_number(tx, account_id, number_id))
    for doubt in known:
        if doubt.expires_at <= runtime.clock.now():
            await _end_life(runtime, account_id, doubt)


# -- R2, the lane


async def _by_lane(runtime: Runtime, row: NumberRow, since: int) -> list[End]:
    """From a shared number others send, too: there an unknown provider id may be theirs."""
    if row.is_shared:
        return []
    told = await runtime.store.read(lambda tx: doubts.in_told_lanes(tx, row.account_id, row.id, since))
    ended = []
    for doubt in told:
        if await _bind_by_lane(runtime, row, doubt):
            log.info("message %s: settled by the lane of a status", doubt.message_id)
            runtime.tally.count("doubts_settled_total lane")
            ended.append(End(doubt.message_id, doubt.recipient, None, is_evident=True))
    return ended


async def _bind_by_lane(runtime: Runtime, row: NumberRow, doubt: LaneDoubt) -> bool:
    async def match(tx: Tx) -> doubts.Candidate | None:
        since = doubt.started_at - CLOCKS_DIFFER_MS
        found = await doubts.only_candidate(tx, row.account_id, row.id, doubt.recipient, since)
        if found is None or await doubts.has_rival(tx, row.account_id, row.id, doubt, found):
            return None
        return found

    async def work(tx: Tx) -> bool:
        candidate = await match(tx)
        return candidate is not None and await settlement.bind_by_lane(
            tx, row.account_id, doubt, candidate, runtime.clock.now()
        )

    if await runtime.store.read(match) is None:
        return False
    return bool(await _unless_moved(lambda: runtime.store.write(work)))


async def _adopt_strays(runtime: Runtime, row: NumberRow, since: int) -> None:
    """With several processes a fact may be kept for later while another one binds its message."""
    store = runtime.store
    strays = await store.read(lambda tx: doubts.strays(tx, row.account_id, row.id, since))
    if strays:
        await _unless_moved(lambda: store.write(lambda tx: settlement.apply_early_facts(tx, strays)))


# -- what time does


async def _by_time(runtime: Runtime, row: NumberRow, known: list[Doubt]) -> list[End]:
    """R4, the account's policy, and R3 for the oldest doubt that is left."""
    account, ended = runtime.directory.accounts[row.account_id], []
    left = []
    for doubt in known:
        if doubt.expires_at <= runtime.clock.now():
            end = await _end_life(runtime, row.account_id, doubt)
        elif _is_due(account.doubt_policy, account.resend_after_seconds, doubt, runtime.clock.now()):
            end = await _by_policy(runtime, row.account_id, doubt)
        else:
            left.append(doubt)
            continue
        if end is not None:
            ended.append(end)
    oldest = next((doubt for doubt in left if doubt.type != "read"), None)  # of read marks nothing is told
    if oldest is not None and account.doubt_policy != NEVER_RESEND:
        end = await _by_absence(runtime, row, oldest)
        ended += [end] if end is not None else []
    return ended


def _is_due(policy: str, after_seconds: int | None, doubt: Doubt, now: int) -> bool:
    """Whether the account wants it sent again by now, knowing that it may arrive twice."""
    return (
        policy == RESEND_AFTER
        and doubt.state_reason != "restored"
        and after_seconds is not None
        and now - doubt.started_at >= after_seconds * SECOND
    )


async def _by_policy(runtime: Runtime, account_id: str, doubt: Doubt) -> End | None:
    """Not before what the provider told is read: after a start the evidence may be here already."""

    async def is_read(tx: Tx) -> bool:
        return not await doubts.posts_wait(tx, account_id, runtime.clock.now() - UNREAD_MS)

    if not await runtime.store.read(is_read):
        return None
    return await _send_again(runtime, account_id, doubt, "policy", is_read)


async def _end_life(runtime: Runtime, account_id: str, doubt: Doubt) -> End | None:
    now = runtime.clock.now()

    async def work(tx: Tx) -> bool:
        return await doubts.give_up(tx, account_id, doubt, "life", now)

    if not await _unless_moved(lambda: runtime.store.write(work)):
        return None
    log.warning("message %s is unconfirmed: its life ended in doubt", doubt.message_id)
    runtime.tally.count("doubts_settled_total life")
    return End(doubt.message_id, doubt.recipient, None)


# -- R3, absence

Check = Callable[[Tx], Awaitable[bool]]


async def _by_absence(runtime: Runtime, row: NumberRow, doubt: Doubt) -> End | None:
    """`doubt` is the oldest of its number."""
    age = runtime.clock.now() - doubt.started_at
    if age < ABSENT_MS:
        return None

    async def is_absent(tx: Tx) -> bool:
        return await _could_be_told(tx, runtime, row, doubt) and await _others_are_told(
            tx, runtime, row, doubt, is_quiet=age >= QUIET_MS
        )

    if not await runtime.store.read(is_absent):
        return None
    if not await runtime.store.read(lambda tx: _enough_are_told(tx, runtime, row, doubt)) and not (
        await _is_subscribed(runtime, row)
    ):
        return None
    return await _send_again(runtime, row.account_id, doubt, "absence", is_absent)


async def _could_be_told(tx: Tx, runtime: Runtime, row: NumberRow, doubt: Doubt) -> bool:
    """Whether nothing stood in the way of a status, from the attempt until now, and none came unclaimed."""
    now, margin = runtime.clock.now(), MACHINES_DIFFER_MS if runtime.store.is_shared else 0
    watch = await watches.get(tx, HOOKS)
    if watch is None or watch.since > doubt.started_at - margin:
        return False
    if watch.seen_at < now - GAP_SECONDS * SECOND:
        return False
    since = doubt.started_at - CLOCKS_DIFFER_MS
    if await processes.died_since(tx, since):  # with a post in its hands, perhaps
        return False
    if await doubts.has_unclaimed(tx, row.account_id, row.id, since):
        return False
    return not await doubts.may_lack_posts(tx, row.account_id, doubt.started_at, now - UNREAD_MS)


async def _others_are_told(tx: Tx, runtime: Runtime, row: NumberRow, doubt: Doubt, *, is_quiet: bool) -> bool:
    """Whether the number's later sends have their statuses; where there were few, after a longer time."""
    later = await doubts.later(tx, row.account_id, row.id, doubt, runtime.clock.now() - OVERDUE_MS)
    return later.with_status >= ENOUGH or (is_quiet and later.silent == 0)


async def _enough_are_told(tx: Tx, runtime: Runtime, row: NumberRow, doubt: Doubt) -> bool:
    return await _others_are_told(tx, runtime, row, doubt, is_quiet=False)


async def _is_subscribed(runtime: Runtime, row: NumberRow) -> bool:
    """Asked now. An answer that can not be had is no yes."""
    account = runtime.directory.accounts[row.account_id]
    try:
        number = runtime.directory.opened(row.id)
    except KeyError:  # just removed
        return False
    path = f"/hooks/{row.connector}/{account.hook_key}"
    return await runtime.connectors[row.connector].is_subscribed(number, path) is True


# -- both ways to send again


async def _send_again(
    runtime: Runtime, account_id: str, doubt: Doubt, settled_by: str, may: Check
) -> End | None:
    """`may` is asked in the same transaction."""

    async def work(tx: Tx) -> Waiting | None:
        if not await may(tx):
            return None
        return await doubts.send_again(tx, account_id, doubt, settled_by, runtime.clock.now())

    again = await _unless_moved(lambda: runtime.store.write(work))
    if again is None:
        return None
    log.warning(
        "message %s is sent again: attempt %s was settled by %s", doubt.message_id, doubt.n, settled_by
    )
    runtime.tally.count(f"doubts_settled_total {settled_by}")
    return End(doubt.message_id, doubt.recipient, again)


async def _unless_moved(write: Callable[[], Awaitable[T]]) -> T | None:
    """None when evidence came at the same moment: nothing is left to do, or the next round does it."""
    try:
        return await write()
    except Conflict as fault:
        log.info("a doubt: %s", fault)
        return None
