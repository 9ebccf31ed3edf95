"""CHUNKS: the recipients of one number whose turn has come are made into messages, some at a time.

What a chunk needs is read first and its messages are composed; then one transaction locks the campaign,
which must still be running and as it was, marks the recipients as created and stores the messages. A
recipient who is not ready any more by then gets none. So nobody gets two, whoever dies when, and whoever else
does the same.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from trunkline.campaigns import actions
from trunkline.campaigns.composing import Composer, Skipped
from trunkline.campaigns.stop_rules import bodies
from trunkline.campaigns.turns_now import Gate
from trunkline.campaigns.verdicts import last_said
from trunkline.failpoints import reach
from trunkline.model.campaign import CampaignState, Reason, Run
from trunkline.model.message import Priority
from trunkline.model.opt_out import stops
from trunkline.outbound import accept
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime
from trunkline.short_links.shorten import Tracking, shorten_many, tracking
from trunkline.store import (
    Tx,
    campaigns,
    contacts,
    leases,
    messages,
    recipients,
    suppressions,
    verdict_facts,
)
from trunkline.store.campaigns import CampaignRow
from trunkline.store.contract import Rank, comes_first
from trunkline.store.messages import NewMessage
from trunkline.store.numbers import NumberRow
from trunkline.store.recipients import NO_PLACE, DueRecipient

_BREATH = 25
"""Messages composed before others get their turn."""


class Chunk(msgspec.Struct, frozen=True):
    """What one transaction is to write."""

    account_id: str
    campaign_id: str
    version: int
    """Of the campaign's row, as it was when this was composed."""
    number_id: str
    last: tuple[int, int] | None
    """(turn, place) up to which everybody is in it."""
    made: Sequence[tuple[NewMessage, int]]
    """Each with its recipient's place."""
    skipped: Sequence[Skipped]
    postponed: Sequence[tuple[int, int]]
    """(place, when) of those who get another turn."""
    tracking: Tracking | None
    is_canary: bool
    elsewhere: bool
    """Another process sends for the number."""
    now: int


class _Found(NamedTuple):
    """What is read for a chunk."""

    due: Sequence[DueRecipient]
    told_off: Mapping[str, Reason]
    """Addresses that must not be written to."""


class Made(msgspec.Struct, frozen=True):
    """What a chunk has written."""

    messages: Sequence[NewMessage] = ()
    is_current: bool = True
    """False, and nothing was written: it was stopped, or changed, or stopped and resumed meanwhile."""


class Cutter:
    """Of one running campaign."""

    def __init__(
        self, runtime: Runtime, dispatcher: Dispatcher, composer: Composer, row: CampaignRow
    ) -> None:
        self._runtime = runtime
        self._dispatcher = dispatcher
        self._composer = composer
        self._key = (row.account_id, row.id)
        self._definition = definition = actions.definition_of(row)
        self.gate = Gate(runtime, self._key, definition, row.started_at)
        self._tested: dict[str, tuple[int, int]] = {}
        """Number → how far the test is: behind it nobody need be looked at."""
        self._tracking = tracking(runtime, bodies(definition)) if definition.track_links else None

    async def cut(self, version: int, number: NumberRow, run: Run, count: int) -> Chunk:
        """The next recipients of a number, composed; nothing is written yet."""
        now = self._runtime.clock.now()
        found = await self._runtime.store.read(lambda tx: self._read(tx, number, run, now, count))
        made: list[tuple[NewMessage, int]] = []
        told_off = found.told_off
        skipped = [Skipped(one.n, told_off[one.address]) for one in found.due if one.address in told_off]
        sifted = await self.gate.sift(number, [one for one in found.due if one.address not in told_off])
        skipped += [Skipped(n, Reason.TOO_LATE) for n in sifted.late]
        for index, recipient in enumerate(sifted.go):
            if index % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
            one = await self._composer.compose(number, recipient, run.winner, now)
            skipped.append(one) if isinstance(one, Skipped) else made.append((one, recipient.n))
        last = found.due[-1] if found.due else None
        is_whole = len(made) + len(skipped) + len(sifted.later) == len(found.due)
        return Chunk(
            *self._key, version, number.id, (last.due_at, last.n) if last and is_whole else None,
            made, skipped, sifted.later, self._tracking,
            is_canary=run.canary_left is not None,
            elsewhere=not self._dispatcher.owns(number.id),
            now=now,
        )  # fmt: skip

    async def _read(self, tx: Tx, number: NumberRow, run: Run, now: int, count: int) -> "_Found":
        account_id = self._key[0]
        everybody = self._definition.winner is None or run.winner is not None
        after = None if everybody else self._tested.get(number.id)
        due = await recipients.due(
            tx, *self._key, number.id, now, count, everybody=everybody, after=after or NO_PLACE
        )
        standing = await suppressions.of_addresses(tx, account_id, [one.address for one in due])
        purpose = self._definition.purpose
        told_off = dict.fromkeys(await self._withdrew(tx, due), Reason.NO_CONSENT)
        told_off |= {
            one.address: Reason.OPTED_OUT for one in standing if stops(one.scope, purpose, Priority.BULK)
        }
        return _Found(due, told_off)

    async def _withdrew(self, tx: Tx, due: Sequence[DueRecipient]) -> list[str]:
        """Addresses of those who agreed when it was checked, and have taken it back."""
        if not self._definition.needs_consent or not due:
            return []
        others = await contacts.addresses_of(tx, self._key[0], [one.contact_id for one in due])
        of = {one.address: (one.address, *others[one.contact_id]) for one in due}
        every = {address for addresses in of.values() for address in addresses}
        said = await verdict_facts.consents(tx, self._key[0], every, self._definition.purpose)
        return [one for one, addresses in of.items() if last_said(addresses, said) == "withdrawn"]

    async def keep(self, chunk: Chunk) -> Made:
        """Written, and handed over to whoever sends."""
        weight = max(1, 2 * len(chunk.made) + len(chunk.skipped) + len(chunk.postponed))
        made = await self._runtime.store.batch(keep_chunks, chunk, weight=weight, rank=Rank.NEW)
        if made.is_current and chunk.last is not None:
            self._tested[chunk.number_id] = chunk.last
        self._dispatcher.hand_over([accept.as_waiting(one) for one in made.messages])
        self._runtime.tally.count("accepted_total", len(made.messages))
        return made


@comes_first
async def keep_chunks(tx: Tx, chunks: Sequence[Chunk]) -> list[Made]:
    return [await _keep(tx, chunk) for chunk in chunks]


async def _keep(tx: Tx, chunk: Chunk) -> Made:
    key = (chunk.account_id, chunk.campaign_id)
    # First, as whoever stops campaigns and messages does: the transaction may hold intents, too.
    await leases.fence(tx, {(chunk.account_id, chunk.number_id)})
    row = await campaigns.lock(tx, *key)
    if row is None or row.state is not CampaignState.RUNNING or row.version != chunk.version:
        return Made((), is_current=False)
    made, twice = await _once_each(tx, chunk)
    await recipients.postpone(tx, *key, chunk.postponed)
    await recipients.skip(tx, *key, [(one.n, one.reason, one.detail) for one in (*chunk.skipped, *twice)])
    ready = await recipients.created(tx, *key, [(message.id, n) for message, n in made])
    reach("C4")
    new = [message for message, n in made if n in ready]
    if chunk.tracking is not None:
        new = await shorten_many(tx, chunk.tracking, new)
    await messages.insert_many(tx, new)
    if chunk.is_canary:
        await _count_canary(tx, row, len(new), chunk.now)
    if chunk.elsewhere and new:
        await tx.tell(f"queued {new[0].number_id} {new[0].id}")
    return Made(new)


async def _once_each(tx: Tx, chunk: Chunk) -> tuple[list[tuple[NewMessage, int]], list[Skipped]]:
    """Two whom the check knew apart may have become one since, or been written down while they did."""
    everybody = {message.recipient for message, _ in chunk.made}
    seen = await recipients.written_to(tx, chunk.account_id, chunk.campaign_id, everybody)
    made: list[tuple[NewMessage, int]] = []
    twice = []
    for message, n in chunk.made:
        if message.recipient in seen:
            twice.append(Skipped(n, Reason.DUPLICATE))
        else:
            seen.add(message.recipient)
            made.append((message, n))
    return made, twice


async def _count_canary(tx: Tx, row: CampaignRow, count: int, now: int) -> None:
    run = actions.run_of(row)
    left = max(0, (run.canary_left or 0) - count)
    await actions.keep(tx, row, actions.with_run(row, msgspec.structs.replace(run, canary_left=left)), now)
