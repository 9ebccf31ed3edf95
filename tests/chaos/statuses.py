"""Any multiset of statuses in any order and any pieces: one state, one set of events, no gap in sequences.

    python -m tests.chaos.statuses --cases 100000 --engine sqlite --folder F --minutes 14

Cases (`status_cases.py`) go through the product as a provider would bring them: posts of many statuses of
many messages, kept in the inbox, applied by the processor, while answers of sends are recorded beside them.
What the store then holds is compared with what the multiset alone says. A run goes on where it was cut off
(exit code 75 while there is more to do). No process is started and nothing is sent.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench.machine import describe
from tests.chaos.ending import keep_result
from tests.chaos.scene import database
from tests.chaos.status_cases import ANSWER, Case, Fact, Outcome, draw, outcome
from tests.flow.rig import Rig, rig
from trunkline.channels.whatsapp_cloud import webhooks
from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.model.evidence import make_token
from trunkline.model.message import State
from trunkline.store import attempts, events, inbox, leases, settlement
from trunkline.store.attempts import Intent
from trunkline.store.events import EventRow
from trunkline.store.messages import MessageRow, NewMessage

MORE_TO_DO = 75
ROUND = 250
"""Cases under way at the same time."""
MOST_IN_POST = 300
_DONE = "done.json"
_EPOCH_MS = 1_795_366_800_000


class Done(msgspec.Struct, kw_only=True):
    """Counts of a run, of all its pieces."""

    cases: int = 0
    facts: int = 0
    posts: int = 0
    events: int = 0
    seconds: float = 0
    answers: dict[str, int] = {}
    """Where the answer of the send came."""
    states: dict[str, int] = {}
    wrong: list[str] = []


class Sent(NamedTuple):
    """A case, and the message that it is played on."""

    case: Case
    message: NewMessage
    token: str

    @property
    def provider_id(self) -> str:
        return f"wamid.{self.message.id}"


async def play(folder: Path, url: str, cases: Iterable[Sequence[Case]], done: Done) -> None:
    """One store for all rounds."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    async with rig(folder, url) as running:
        running.provider.parse = webhooks.parse  # type: ignore[method-assign]
        processor = Processor(running.runtime, lambda *_: None)
        await processor.start()
        epoch = await running.store.write(
            lambda tx: leases.take(tx, running.account_id, running.number_id, "me", is_alone=True)
        )
        try:
            for drawn in cases:
                await _Round(running, processor, done).play(drawn, epoch)
        finally:
            await processor.stop()


class _Round:
    """Cases that go step by step together, so that each step's posts and answers share transactions."""

    def __init__(self, running: Rig, processor: Processor, done: Done) -> None:
        self._rig = running
        self._processor = processor
        self._done = done
        self._chance = random.Random(done.cases)

    async def play(self, cases: Sequence[Case], epoch: int) -> None:
        started = time.monotonic()
        after = await self._rig.store.read(lambda tx: events.last_id(tx, self._rig.account_id))
        sent = await self._send(cases, epoch)
        for n in range(max(len(one.case.steps) for one in sent)):
            await self._step([(one, one.case.steps[n]) for one in sent if n < len(one.case.steps)])
        told = await self._told(after)
        for one in sent:
            self._judge(one, await self._rig.row(one.message), told[one.message.id])
        self._done.cases += len(cases)
        self._done.seconds += time.monotonic() - started

    async def _send(self, cases: Sequence[Case], epoch: int) -> list[Sent]:
        """Their messages, with the intents committed and nothing known of what became of them."""
        first, vault = self._done.cases, self._rig.runtime.vault
        new = [self._rig.message(f"1555{first + n:07d}") for n in range(len(cases))]
        intents = [
            Intent(m.account_id, m.id, m.number_id, m.recipient, epoch, self._rig.runtime.clock.now())
            for m in new
        ]
        await self._rig.keep(*new)
        begun = await self._rig.store.write(lambda tx: attempts.open_intents(tx, intents))
        assert begun == [1] * len(new)
        pairs = zip(cases, new, strict=True)
        return [Sent(case, message, make_token(message.id, 1, vault.evidence_mac)) for case, message in pairs]

    async def _step(self, steps: list[tuple[Sent, Any]]) -> None:
        """In the same moment: the store decides what comes first."""
        self._chance.shuffle(steps)
        answered = [one for one, step in steps if step == ANSWER]
        told = [(one, fact) for one, step in steps if step != ANSWER for fact in step]
        bodies = []
        while told:
            size = self._chance.randint(1, MOST_IN_POST)
            bodies.append(_body(told[:size]))
            del told[:size]
        self._done.posts += len(bodies)
        await asyncio.gather(*map(self._post, bodies), *map(self._answer, answered))
        while await self._are_open():  # noqa: ASYNC110
            await asyncio.sleep(0.002)

    async def _are_open(self) -> bool:
        account_id = self._rig.account_id
        return bool(await self._rig.store.read(lambda tx: inbox.open_posts(tx, account_id, "", 1)))

    async def _post(self, body: bytes) -> None:
        post = await receive(self._rig.runtime, self._rig.account_id, "whatsapp_cloud", body)
        if post is not None:  # else these very bytes were there before
            self._processor.hand_over(post)

    async def _answer(self, one: Sent) -> None:
        now, is_taken = self._rig.runtime.clock.now(), one.case.is_answered
        came = attempts.Outcome(
            account_id=one.message.account_id,
            message_id=one.message.id,
            n=1,
            outcome="taken" if is_taken else "ambiguous",
            is_open=not is_taken,
            finished_at=now,
            state=State.SUBMITTED if is_taken else State.UNKNOWN,
            due_at=now,
            provider_id=one.provider_id if is_taken else None,
            submitted_at=now if is_taken else None,
        )
        await self._rig.store.batch(settlement.record_outcomes, came)

    async def _told(self, after: str) -> dict[str, list[EventRow]]:
        told: dict[str, list[EventRow]] = defaultdict(list)
        while page := await self._page(after):
            for event in page:
                told[event.object_id].append(event)
            after = page[-1].id
        return told

    async def _page(self, after: str) -> list[EventRow]:
        return await self._rig.store.read(lambda tx: events.after(tx, self._rig.account_id, after, 5000))

    def _judge(self, one: Sent, row: MessageRow, told: Sequence[EventRow]) -> None:
        expected, done = outcome(one.case.facts), self._done
        done.facts += len(one.case.facts)
        done.events += len(told)
        _count(done.answers, _place(one.case))
        _count(done.states, str(row.state))
        if wrong := _wrong(one.case, expected, row, told):
            done.wrong.append(f"case {done.cases}: {wrong}: {one.case}")


def _wrong(case: Case, expected: Outcome, row: MessageRow, told: Sequence[EventRow]) -> str | None:
    kept = {status: getattr(row, f"{status}_at") for status in ("sent", "delivered", "read", "failed")}
    at = {status: (moment - _EPOCH_MS) // 1000 for status, moment in kept.items() if moment is not None}
    types = Counter(event.type for event in told)
    if not case.is_answered:
        types.pop("message.unknown", None)  # told only when the evidence came after
    if row.state != expected.state:
        return f"state {row.state}, not {expected.state}"
    if at != expected.at:
        return f"moments {at}, not {expected.at}"
    if ("failed" in at) != (row.error is not None) or (row.error and f"e{at['failed']}" not in row.error):
        return f"error {row.error}"
    if types != dict.fromkeys(expected.types, 1):
        return f"events {dict(types)}, not {sorted(expected.types)}"
    if [event.sequence for event in told] != list(range(1, len(told) + 1)):
        return f"sequences {[event.sequence for event in told]}"
    return None


def _place(case: Case) -> str:
    n = list(case.steps).index(ANSWER)
    place = "alone" if len(case.steps) == 1 else "before" if n == 0 else "between"
    place = "after" if n and n == len(case.steps) - 1 else place
    return place if case.is_answered else f"lost, {place}"


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _body(told: Sequence[tuple[Sent, Fact]]) -> bytes:
    """As Meta posts them."""
    statuses = [_status(one, fact) for one, fact in told]
    metadata = {"display_phone_number": "15550001000", "phone_number_id": "15550001000"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": statuses}
    changes = [{"field": "messages", "value": value}]
    return msgspec.json.encode(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    )


def _status(one: Sent, fact: Fact) -> dict[str, Any]:
    status: dict[str, Any] = {
        "id": one.provider_id,
        "status": fact.status,
        "timestamp": str(_EPOCH_MS // 1000 + fact.second),
        "recipient_id": one.message.recipient,
    }
    if fact.has_token:
        status["biz_opaque_callback_data"] = one.token
    if fact.status == "failed":
        status["errors"] = [{"code": 131026, "title": f"e{fact.second}"}]
    return status


def rounds(first: int, count: int, seed: int) -> Iterable[list[Case]]:
    """The same cases for the same numbers, however a run is cut into pieces."""
    for start in range(first, count, ROUND):
        yield [draw(random.Random(f"{seed} {n}")) for n in range(start, min(start + ROUND, count))]


def run(folder: Path, url: str, count: int, seed: int, minutes: float) -> Done:
    """Some more cases, and what is known after them."""
    path, until = folder / _DONE, time.monotonic() + minutes * 60
    done = msgspec.json.decode(path.read_bytes(), type=Done) if path.exists() else Done()
    chunk = 40 * ROUND  # then an empty store, so that the last case is as quick as the first
    while done.cases < count and not done.wrong and time.monotonic() < until:
        last = min(count, done.cases + chunk)
        with contextlib.ExitStack() as stack:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
            asyncio.run(play(data, url, rounds(done.cases, last, seed), done))
        path.write_bytes(msgspec.json.encode(done))
        print(f"{time.strftime('%H:%M:%S')} {done.cases} of {count}", file=sys.stderr, flush=True)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="kept; a later call goes on there")
    parser.add_argument("--minutes", type=float, default=14, help="of this piece")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-statuses-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        url = stack.enter_context(database(folder, options.engine))
        done = run(folder, url, options.cases, options.seed, options.minutes)
        if done.cases < options.cases and not done.wrong:
            print("more to do: start it again with the same folder", file=sys.stderr)
            return MORE_TO_DO
        return _tell(options, done, folder)


def _tell(options: argparse.Namespace, done: Done, folder: Path) -> int:
    name = f"statuses-{options.engine}"
    command = (
        f"python -m tests.chaos.statuses --cases {options.cases} --seed {options.seed}"
        f" --engine {options.engine}"
    )
    result = {
        "command": command,
        "machine": msgspec.to_builtins(describe(folder)),
        "seconds": round(done.seconds),
        "verdict": msgspec.to_builtins(done),
    }
    keep_result(name, result, keep=options.keep)
    print(f"{name}: {'NOT CLEAN' if done.wrong else 'clean'}; {done.cases} cases, {done.events} events")
    return 1 if done.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
