"""`python -m bench.posts`: one post of a provider with a thousand facts, beside a thousand posts of one.

A real store and processor in this process, no HTTP: what is measured is from a verified body until it is kept
(what the provider waits for), and until all of it is applied with its events. Statuses are of messages that
are known, people write for the first time. Best of some rounds, in seconds and as a ratio of the two ways.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench import machine, report
from bench.machine import Machine
from tests.flow.rig import Rig, rig
from trunkline.channels.whatsapp_cloud import webhooks
from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.model.message import State
from trunkline.store import events, inbox, messages
from trunkline.store.messages import NewMessage

FACTS = 1_000
"""The most that Meta puts into one post."""

DIGITS = "15550001000"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds."""

    kept: float
    """Until the last post may be answered 200."""
    applied: float


class PostsResult(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    measured_at: str
    command: str
    machine: Machine
    engine: str
    rounds: int
    best: dict[str, Way]
    ratios: dict[str, float]
    """Applied: one post of a thousand by a thousand posts of one."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.posts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--out", type=Path, help="file for the result; without it, it is only printed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name, _database(options.engine) as url:
        about = machine.describe(Path(name))
        best = asyncio.run(_measure(Path(name), url, options.rounds))
    result = PostsResult(
        case="posts",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(["python -m bench.posts", *sys.argv[1:]]),
        machine=about,
        engine=options.engine,
        rounds=options.rounds,
        best=best,
        ratios={
            kind: round(best[f"{kind}, one post"].applied / best[f"{kind}, a thousand posts"].applied, 3)
            for kind in ("statuses", "messages")
        },
    )
    for case, way in best.items():
        print(f"{case:28} kept after {way.kept:.3f} s, applied after {way.applied:.3f} s")
    print(f"one post takes of a thousand: {result.ratios}")
    if options.out:
        options.out.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    return 0


@contextlib.contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "sqlite":
        yield ""
        return
    from tests.postgres import running_postgres

    with running_postgres() as server:
        yield server.url()


async def _measure(folder: Path, url: str, rounds: int) -> dict[str, Way]:
    async with rig(folder, url) as running:
        running.provider.parse = webhooks.parse  # type: ignore[method-assign]
        processor = Processor(running.runtime, lambda *_: None)
        await processor.start()
        try:
            return await _Measurement(running, processor).run(rounds)
        finally:
            await processor.stop()


class _Measurement:
    def __init__(self, running: Rig, processor: Processor) -> None:
        self._rig = running
        self._processor = processor
        self._n = 0

    async def run(self, rounds: int) -> dict[str, Way]:
        """Each way has its turn in each round."""
        best: dict[str, Way] = {}
        kinds: dict[str, Callable[[], Awaitable[list[dict[str, Any]]]]] = {
            "statuses": self._statuses,
            "messages": self._messages,
        }
        for _ in range(rounds):
            for kind, make in kinds.items():
                for how, size in (("one post", FACTS), ("a thousand posts", 1)):
                    way, case = await self._take(kind, await make(), size), f"{kind}, {how}"
                    known = best.get(case, way)
                    best[case] = Way(kept=min(known.kept, way.kept), applied=min(known.applied, way.applied))
        return best

    async def _take(self, kind: str, facts: Sequence[dict[str, Any]], size: int) -> Way:
        bodies = [_body(kind, facts[n : n + size]) for n in range(0, FACTS, size)]
        account_id, store = self._rig.account_id, self._rig.store
        after = await store.read(lambda tx: events.last_id(tx, account_id))
        started = time.monotonic()
        await asyncio.gather(*map(self._post, bodies))
        kept = time.monotonic() - started
        while await store.read(lambda tx: inbox.open_posts(tx, account_id, "", 1)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        applied = time.monotonic() - started
        told = await store.read(lambda tx: events.after(tx, account_id, after, FACTS + 1))
        if len(told) != FACTS:
            raise RuntimeError(f"{len(told)} events of {FACTS} {kind}")
        return Way(kept=round(kept, 4), applied=round(applied, 4))

    async def _post(self, body: bytes) -> None:
        post = await receive(self._rig.runtime, self._rig.account_id, "whatsapp_cloud", body)
        assert post is not None
        self._processor.hand_over(post)

    async def _statuses(self) -> list[dict[str, Any]]:
        now = self._rig.runtime.clock.now()
        sent = [self._rig.message(self._address()) for _ in range(FACTS)]
        await self._rig.store.write(lambda tx: _keep_sent(tx, sent, now))
        return [
            {
                "id": f"wamid.{message.id}",
                "status": "sent",
                "timestamp": str(now // 1000),
                "recipient_id": message.recipient,
            }
            for message in sent
        ]

    async def _messages(self) -> list[dict[str, Any]]:
        now = self._rig.runtime.clock.now()
        return [
            {
                "id": f"wamid.in.{address}",
                "from": address,
                "timestamp": str(now // 1000),
                "type": "text",
                "text": {"body": "Where is my parcel?"},
            }
            for address in (self._address() for _ in range(FACTS))
        ]

    def _address(self) -> str:
        self._n += 1
        return f"1555{self._n:07d}"


async def _keep_sent(tx: Any, sent: Sequence[NewMessage], now: int) -> None:
    """As they are after their sends."""
    await messages.insert_many(tx, sent)
    rows = await messages.progress_many(tx, [(message.account_id, message.id) for message in sent])
    taken = [
        msgspec.structs.replace(row, state=State.SUBMITTED, provider_id=f"wamid.{row.id}", submitted_at=now)
        for row in rows
    ]
    await messages.advance_many(tx, sent[0].account_id, taken)


def _body(kind: str, facts: Sequence[dict[str, Any]]) -> bytes:
    """One change a fact, as Meta batches them."""
    metadata = {"display_phone_number": DIGITS, "phone_number_id": DIGITS}
    changes = []
    for fact in facts:
        value = {"messaging_product": "whatsapp", "metadata": metadata, kind: [fact]}
        if kind == "messages":
            value["contacts"] = [{"wa_id": fact["from"], "profile": {"name": "Somebody"}}]
        changes.append({"field": "messages", "value": value})
    return msgspec.json.encode(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    )


if __name__ == "__main__":
    report.RESULTS.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
