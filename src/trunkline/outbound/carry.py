"""One message of a number: claim → do → record.

The intent is committed, the wire mark is put, the connector sends, the outcome is committed. A crash between
the first and the last leaves an open attempt, which the number's next owner finds. Nothing is ever sent again
on a guess; a fault of the store or of ours delays a message, or leaves it visibly in doubt.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from trunkline.channels.contract import Ambiguous, NotSent, Outcome, Outgoing, Refused, SendError, Taken
from trunkline.failpoints import reach
from trunkline.leasing import Owned
from trunkline.loops import STORE_RETRY_SECONDS, until_kept
from trunkline.model.evidence import make_token
from trunkline.model.message import State
from trunkline.model.window import needs_window
from trunkline.outbound.context import provider_id_of
from trunkline.outbound.governor import Governor
from trunkline.outbound.verdict import MAX_RETRIES, Verdict, judge
from trunkline.outbound.wire_marks import WireMarks
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, attempts, messages, settlement
from trunkline.store.attempts import AttemptRow, Intent
from trunkline.store.messages import Waiting


class IntentFault(Exception):
    """The store refused the intent: it knows what we do not, as an open attempt in this lane."""


class Carrier:
    """Of one number, for as long as this process owns it."""

    def __init__(  # noqa: PLR0913, PLR0917 - the wiring
        self,
        runtime: Runtime,
        connector: str,
        owned: Owned,
        marks: WireMarks,
        governor: Governor,
        hold: Callable[[str], Awaitable[None]],
        forget_files: Callable[[Waiting], Awaitable[None]],
    ) -> None:
        self._runtime = runtime
        self._governor = governor
        self._connector = runtime.connectors[connector]
        self._owned = owned
        self._marks = marks
        self._hold = hold
        self._forget_files = forget_files
        self.is_stopping = False
        """Nothing new is begun: an intent that the store does not take now is given up."""

    async def carry(self, message: Waiting) -> Verdict | None:
        """What became of it; None when it may not be sent now, or a status had settled it before.

        `IntentFault` when it was not even begun.
        """
        try:
            n = await self._open_intent(message)
        except Exception as fault:
            raise IntentFault from fault
        if n is None:
            self._governor.never_began(message)
            return None
        self._runtime.tally.count("attempts_total")
        reach("C6")
        if message.has_fallback:
            message = await self._as_it_goes(message)
        slot, outcome = await self._send(message, n)
        if isinstance(outcome, Refused) and outcome.error.effect == "renew_media":
            outcome = await self._renewed(message, n, outcome.error)
        verdict = await self._record(message, n, outcome)
        if slot is not None:  # not when this was canceled: then the attempt is still open
            self._marks.give_back(slot)
        return verdict

    async def _open_intent(self, message: Waiting) -> int | None:
        """The attempt's number once the intent is durable; None when the message may not be sent now.

        It was canceled, or its life ended, or another process owns the number, or its window is closed.
        """
        intent = Intent(
            account_id=message.account_id,
            message_id=message.id,
            number_id=message.number_id,
            recipient=message.recipient,
            epoch=self._owned.lease.epoch,
            now=self._runtime.clock.now(),
            window_policy=self._window_policy(message),
        )
        while True:
            try:
                return await self._runtime.store.batch(attempts.open_intents, intent)
            except StoreUnavailable as fault:
                if self.is_stopping:
                    return None
                log.warning("message %s waits for the store: %s", message.id, fault)
                await asyncio.sleep(STORE_RETRY_SECONDS)  # real time, as in loops.py

    def _window_policy(self, message: Waiting) -> str:
        """What becomes of it when its window is closed; empty where that need not be looked at."""
        if not needs_window(message.type):
            return ""
        row = self._runtime.directory.numbers.get(message.number_id)
        policy = row.window_policy if row is not None else ""
        return policy if policy != "advise" or message.has_fallback else ""

    async def _as_it_goes(self, message: Waiting) -> Waiting:
        """The intent may have put the fallback in its place."""
        store, key = self._runtime.store, (message.account_id, message.id)
        found = await until_kept(
            f"what message {message.id} says",
            lambda: store.read(lambda tx: messages.as_it_goes(tx, *key)),
        )
        return msgspec.structs.replace(found, files=message.files) if found else message

    async def _send(self, message: Waiting, n: int) -> tuple[int | None, Outcome]:
        """The slot of its wire mark, None when nothing can have left, and the outcome."""
        try:
            number = self._runtime.directory.opened(message.number_id)
            outgoing = await self._outgoing(message, n)
        except (StoreUnavailable, KeyError) as fault:  # the store is away, or the number was just removed
            return None, NotSent(f"not ready to be sent: {type(fault).__name__}")
        except Exception as fault:
            log.error("message %s: it can not be made ready", message.id, exc_info=fault)
            return None, NotSent(f"internal fault before sending: {type(fault).__name__}")
        if outgoing is None:
            return None, Refused(_NEVER_SENT)
        if not self._owned.holds():  # the store took long, or this process was frozen
            return None, NotSent("the lease of the number ran out before it was sent")
        try:
            slot = self._marks.put(message.id, n)
        except OSError as fault:
            return None, NotSent(f"the wire mark was not written: {fault}")
        reach("C7")
        try:
            return slot, await self._connector.send(number, outgoing)
        except Exception as fault:
            log.error("message %s: the connector failed", message.id, exc_info=fault)
            return slot, Ambiguous(f"internal fault while sending: {type(fault).__name__}")

    async def _outgoing(self, message: Waiting, n: int) -> Outgoing | None:
        """None when the message that it refers to can not be named to the provider."""
        context_id = message.context_id
        if context_id is not None:
            context_id = await provider_id_of(self._runtime, message.account_id, context_id)
            if not context_id and message.type in ("reaction", "read"):
                return None
        content = msgspec.json.decode(message.content)
        return Outgoing(
            recipient=message.recipient,
            recipient_kind=message.recipient_kind,
            type=message.type,
            content=self._connector.with_files(content, message.files) if message.files else content,
            context_id=context_id or None,
            token=make_token(message.id, n, self._runtime.vault.evidence_mac),
        )

    async def _renewed(self, message: Waiting, n: int, error: SendError) -> Outcome:
        """The provider does not know a file any more. What is known of it is forgotten before the outcome is
        recorded, so that nobody takes the same id again; once for each message."""
        former = await self._attempts(message) if n > 1 else []
        if not message.files or any(_asks_renewal(attempt.error) for attempt in former):
            return Refused(msgspec.structs.replace(error, effect="fail"))
        await self._forget_files(message)
        return Refused(error)

    async def _record(self, message: Waiting, n: int, outcome: Outcome) -> Verdict | None:
        """What was recorded, sooner or later; None when a status had settled the send before."""
        reach("C9")
        try:
            return await self._until_recorded(message, n, outcome)
        except Exception as fault:  # odd words in it, perhaps; that there is a doubt must be seen at least
            log.error("message %s: its outcome can not be stored", message.id, exc_info=fault)
            return await self._until_recorded(message, n, Ambiguous("internal fault while it was recorded"))

    async def _until_recorded(self, message: Waiting, n: int, outcome: Outcome) -> Verdict | None:
        tries = await self._tries(message, n) if isinstance(outcome, Refused) else n
        verdict = judge(outcome, message.type, tries, self._runtime.random)
        if verdict.hold_number is not None:
            # First: who sees a held message and releases its number must not be overtaken by this.
            await self._hold(verdict.reason or verdict.hold_number)
        now = self._runtime.clock.now()
        use = self._governor.use_of(message, verdict.outcome, now)
        row = _outcome_row(message, n, outcome, verdict, now)
        row = msgspec.structs.replace(row, tier_use=use) if use else row
        took = await until_kept(
            f"the outcome of message {message.id}",
            lambda: self._runtime.store.batch(settlement.record_outcomes, row),
        )
        reach("C10")
        self._runtime.tally.count(f"outcomes_total {verdict.outcome}")
        return verdict if took else None

    async def _tries(self, message: Waiting, n: int) -> int:
        """By which patience with a refusal ends: an outage in which nothing left must not use it up."""
        if n <= MAX_RETRIES:
            return n
        former = await self._attempts(message)
        return 1 + sum(attempt.outcome == "refused" for attempt in former)

    async def _attempts(self, message: Waiting) -> list[AttemptRow]:
        store, key = self._runtime.store, (message.account_id, message.id)
        return await until_kept(
            f"the attempts of message {message.id}",
            lambda: store.read(lambda tx: attempts.of_message(tx, *key)),
        )


def _asks_renewal(error: str | None) -> bool:
    return error is not None and msgspec.json.decode(error, type=SendError).effect == "renew_media"


_NEVER_SENT = SendError(
    code=0,
    title="The message it refers to was never sent",
    cause="The message of ours that it names has no id at the provider.",
    actor="sender",
    remedy="Refer to a message that was sent.",
)


def _outcome_row(message: Waiting, n: int, outcome: Outcome, verdict: Verdict, now: int) -> attempts.Outcome:
    taken = outcome if isinstance(outcome, Taken) else None
    return attempts.Outcome(
        account_id=message.account_id,
        message_id=message.id,
        n=n,
        outcome=verdict.outcome,
        is_open=verdict.is_open,
        finished_at=now,
        http_status=verdict.http_status,
        detail=verdict.detail,
        error=msgspec.json.encode(verdict.error).decode() if verdict.error else None,
        state=verdict.state,
        state_reason=verdict.reason,
        due_at=now + int(verdict.retry_seconds * 1000) if verdict.retry_seconds else message.due_at,
        provider_id=(taken.provider_id or None) if taken else None,
        provider_recipient=taken.recipient if taken else None,
        submitted_at=now if taken else None,
        failed_at=now if verdict.state is State.FAILED else None,
    )
