"""What a store is busy with when the plug is pulled, and what must be found afterwards.

Callers accept, open intents and record outcomes through the functions that the gateway uses, several at once,
so that they share commits. `Ledger` notes what was acknowledged; `compare` finds what of it is missing and
what is there by half. In goes a folder with a store, out come sentences about what is wrong.
"""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import apsw
import msgspec

from tests.factories import ACCOUNT, NOW, NUMBER, make_account, make_message, make_number
from trunkline.model.message import State
from trunkline.outbound.accept import Birth, store_births
from trunkline.store import (
    Store,
    StoreUnavailable,
    Tx,
    accounts,
    attempts,
    leases,
    numbers,
    settlement,
    sqlite,
)
from trunkline.store.attempts import Intent, Outcome
from trunkline.store.idempotency import Answered
from trunkline.store.messages import NewMessage
from trunkline.store.open import FILE_NAME


class Ledger:
    """What callers asked for, and what they were told."""

    def __init__(self) -> None:
        self.asked: dict[str, list[str]] = {}
        """Idempotency-Key → the ids of its messages."""
        self.accepted: set[str] = set()
        """Keys."""
        self.intended: set[str] = set()
        """Message ids."""
        self.settled: dict[str, str] = {}
        """Message id → provider id."""

    def acknowledged(self) -> int:
        return len(self.accepted) + len(self.intended) + len(self.settled)


async def prepare(store: Store) -> int:
    """The account and its number, if they are not there yet; a new epoch."""

    async def work(tx: Tx) -> int | None:
        if not await accounts.every(tx):
            await accounts.insert(tx, make_account())
            await numbers.insert(tx, make_number())
        return await leases.take(tx, ACCOUNT, NUMBER, "prc_power", is_alone=True)

    epoch = await store.write(work)
    assert epoch is not None
    return epoch


class Callers:
    """They work until the store refuses, or until there have been `rounds`."""

    def __init__(self, store: Store, epoch: int, ledger: Ledger, chance: random.Random) -> None:
        self._store = store
        self._epoch = epoch
        self._ledger = ledger
        self._chance = chance

    async def work(self, callers: int, rounds: int) -> None:
        await asyncio.gather(*(self._caller(rounds) for _ in range(callers)))

    async def _caller(self, rounds: int) -> None:
        try:
            for _ in range(rounds):
                messages = await self.accept()
                if self._chance.random() < 0.7:
                    await asyncio.gather(*(self._send(message) for message in messages))
        except StoreUnavailable:
            pass

    async def accept(self) -> list[NewMessage]:
        first = len(self._ledger.asked) * 10
        size = self._chance.choice((0, 200, 3000))
        messages = [
            make_message(f"1555{first + n:07}", content=f'"{"x" * size}"')
            for n in range(self._chance.randint(1, 5))
        ]
        key = f"key-{first}"
        self._ledger.asked[key] = [message.id for message in messages]
        answer = Answered(ACCOUNT, key, b"fingerprint", 200, key.encode(), NOW)
        await self._store.batch(store_births, Birth(messages, answer))
        self._ledger.accepted.add(key)
        return messages

    async def _send(self, message: NewMessage) -> None:
        intent = Intent(ACCOUNT, message.id, NUMBER, message.recipient, self._epoch, NOW)
        n = await self._store.batch(attempts.open_intents, intent)
        assert n == 1, "nobody else sends here"
        self._ledger.intended.add(message.id)
        if self._chance.random() < 0.7:
            await self._store.batch(settlement.record_outcomes, _taken(message, n))
            self._ledger.settled[message.id] = f"wamid.{message.id}"


def _taken(message: NewMessage, n: int) -> Outcome:
    return Outcome(
        account_id=ACCOUNT,
        message_id=message.id,
        n=n,
        outcome="taken",
        is_open=False,
        finished_at=NOW + 10,
        state=State.SUBMITTED,
        due_at=NOW,
        provider_id=f"wamid.{message.id}",
        submitted_at=NOW + 10,
    )


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a store. All empty: nothing."""

    broken: Sequence[str] = ()
    """What SQLite finds wrong with its file."""
    lost: Sequence[str] = ()
    """Acknowledged, and not there."""
    halves: Sequence[str] = ()
    """Things of which one transaction wrote all, and only a part is there."""

    def is_clean(self) -> bool:
        return not (self.broken or self.lost or self.halves)


def compare(folder: Path, ledger: Ledger) -> Findings:
    """The store in `folder`, as the next start finds it, against what callers know."""
    path = folder / FILE_NAME
    if not path.exists():
        return Findings(lost=["the whole store"] if ledger.acknowledged() else [])
    try:
        connection = sqlite.connect(path)
    except StoreUnavailable as error:
        return Findings(broken=[str(error)])
    try:
        broken = _broken(connection)
        if broken or not connection.table_exists(None, "attempts"):
            return Findings(broken=broken, lost=["every table"] if ledger.acknowledged() else [])
        return _missing(connection, ledger)
    finally:
        connection.close()


def _broken(connection: apsw.Connection) -> list[str]:
    try:
        words = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    except apsw.Error as error:
        return [str(error)]
    dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
    return [word for word in words if word != "ok"] + [f"dangling: {row}" for row in dangling]


def _missing(connection: apsw.Connection, ledger: Ledger) -> Findings:
    state = {row[0]: row[1:] for row in connection.execute("SELECT id, state, provider_id FROM messages")}
    tries = {row[0]: row[1] for row in connection.execute("SELECT message_id, outcome FROM attempts")}
    keys = {row[0] for row in connection.execute("SELECT key FROM idempotency_keys")}
    lost = [key for key in ledger.accepted if key not in keys]
    lost += [one for one in ledger.intended if one not in tries]
    lost += [one for one, wamid in ledger.settled.items() if state.get(one) != (State.SUBMITTED, wamid)]
    halves = [
        key
        for key, messages in ledger.asked.items()
        if not all((message in state) is (key in keys) for message in messages)
    ]
    for one, (word, _) in state.items():
        sending, submitted = one in tries and tries[one] is None, one in tries and tries[one] == "taken"
        if (word == State.SENDING) is not sending or (word == State.SUBMITTED) is not submitted:
            halves.append(one)
    return Findings(lost=lost, halves=halves)
