"""Decides lost, doubled and out of order from what each side wrote down: callers and driver (history), the
gateway's store, the sandbox's ledger. Pure; it knows nothing of how the run was made.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from trunkline.model.evidence import read_token

Row = Mapping[str, Any]

VISIBLE_DOUBT = {"unknown", "unconfirmed"}
NEVER_SENT = {"canceled", "expired"}
WORKING = {"queued", "scheduled", "sending", "held"}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a run (`history.py`), read."""

    history: Sequence[Row] = ()
    messages: Sequence[Row] = ()
    attempts: Sequence[Row] = ()
    leases: Sequence[Row] = ()
    settled: Sequence[Row] = ()
    ledger: Sequence[Row] = ()


class Exposure(msgspec.Struct, kw_only=True):
    """Of all faults of one kind: how many, how many messages were in flight, and what became of those."""

    times: int = 0
    messages: int = 0
    became: dict[str, int] = msgspec.field(default_factory=dict)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, and the ids that prove the bad ones."""

    accepted: int
    taken: int
    states: Mapping[str, int]
    faults: Mapping[str, Exposure] = msgspec.field(default_factory=dict)
    exposed: int = 0
    """Messages whose attempt had no end yet when a process was killed or frozen."""
    settled: Mapping[str, int] = msgspec.field(default_factory=dict)
    slowest_settling_seconds: float = 0.0
    """From the arrival of a message's first status to the end of its doubt."""
    left_in_doubt: int = 0
    not_in_store: Sequence[str] = ()
    lost: Sequence[str] = ()
    doubled: Sequence[str] = ()
    disordered: Sequence[str] = ()
    """Messages that were taken after one that their caller had sent later to the same recipient."""
    unaccounted: Sequence[str] = ()
    """Ledger rows that do not lead to exactly one message."""
    unsettled: Sequence[str] = ()
    """Messages in doubt that the sandbox took, and reported on: the evidence is there and was not used."""
    stuck: Sequence[str] = ()
    """Messages that still work at the end, except those whose lane waits for a doubt before them."""
    shared_epochs: Sequence[str] = ()
    """A number and an epoch with two owners, or intents of an epoch after those of a later one."""

    def is_clean(self) -> bool:
        return not self.faults_found()

    def faults_found(self) -> list[str]:
        names = (
            "not_in_store",
            "lost",
            "doubled",
            "disordered",
            "unaccounted",
            "unsettled",
            "stuck",
            "shared_epochs",
        )
        return [f"{len(getattr(self, name))} {name}" for name in names if getattr(self, name)]


def check(evidence: Evidence) -> Verdict:
    messages = {message["id"]: message for message in evidence.messages}
    owners = [_owner(row) for row in evidence.ledger]
    taken = Counter(owner for owner in owners if owner)
    told = _told(evidence.history)
    faults = _exposures(evidence)
    states = Counter(message["state"] for message in evidence.messages)
    return Verdict(
        accepted=len(told),
        taken=len(evidence.ledger),
        states=states,
        faults=faults,
        exposed=sum(fault.messages for fault in faults.values()),
        settled=Counter(row["settled_by"] for row in evidence.settled),
        slowest_settling_seconds=_slowest(evidence.settled),
        left_in_doubt=sum(states[state] for state in VISIBLE_DOUBT),
        not_in_store=[message_id for message_id in told.values() if message_id not in messages],
        lost=[
            m["id"]
            for m in evidence.messages
            if m["id"] not in taken and m["state"] not in VISIBLE_DOUBT | NEVER_SENT | WORKING
        ],
        doubled=_doubled(evidence, taken),
        disordered=_disordered(told, messages, owners),
        unaccounted=[
            row["wamid"]
            for row, owner in zip(evidence.ledger, owners, strict=True)
            if owner not in messages or not _fits(messages[owner], row)
        ],
        unsettled=_unsettled(evidence, taken),
        stuck=_stuck(evidence.messages),
        shared_epochs=_shared_epochs(evidence),
    )


def _told(history: Iterable[Row]) -> dict[int, str]:
    """Number of a message, as its caller counts → the id that it was told."""
    told: dict[int, str] = {}
    for line in history:
        if line["what"] == "answered":
            told |= dict(enumerate(line["ids"], line["first"]))
    return told


def _owner(row: Row) -> str | None:
    """The message that a ledger row's token names; the token's MAC is the gateway's business, not ours."""
    token = row["callback_data"] or ""
    mac = bytes.fromhex(token.rpartition(".")[2]) if token.startswith("g1.") else b""
    named = read_token(token, lambda _: mac)
    return named[0] if named else None


def _fits(message: Row, row: Row) -> bool:
    bound = message["provider_id"]
    return message["recipient"] == row["to"].lstrip("+") and bound in (None, row["wamid"])


def _stuck(messages: Iterable[Row]) -> list[str]:
    messages = list(messages)
    waiting = {(m["number_id"], m["recipient"]) for m in messages if m["state"] in VISIBLE_DOUBT}
    return [
        m["id"]
        for m in messages
        if m["state"] in WORKING
        and (m["state"] == "sending" or (m["number_id"], m["recipient"]) not in waiting)
    ]


def _unsettled(evidence: Evidence, taken: Mapping[str, int]) -> list[str]:
    silent = {to for line in evidence.history if line["what"] == "silent" for to in line["recipients"]}
    return [
        m["id"]
        for m in evidence.messages
        if m["state"] in VISIBLE_DOUBT and m["id"] in taken and m["recipient"] not in silent
    ]


def _doubled(evidence: Evidence, taken: Counter[str]) -> list[str]:
    """By token, and by recipient: nobody may have got more than was meant for them."""
    meant = Counter(message["recipient"] for message in evidence.messages)
    got = Counter(row["to"].lstrip("+") for row in evidence.ledger)
    return [message_id for message_id, count in taken.items() if count > 1] + [
        recipient for recipient, count in got.items() if count > meant[recipient]
    ]


def _disordered(
    told: Mapping[int, str], messages: Mapping[str, Row], owners: Sequence[str | None]
) -> list[str]:
    position: dict[str, int] = {}
    for index, owner in enumerate(owners):
        if owner is not None:
            position.setdefault(owner, index)
    latest: dict[tuple[str, str], int] = {}
    bad = []
    for _, message_id in sorted(told.items()):
        message, at = messages.get(message_id), position.get(message_id)
        if message is None or at is None:
            continue
        lane = (message["number_id"], message["recipient"])
        if at < latest.get(lane, -1):
            bad.append(message_id)
        latest[lane] = max(at, latest.get(lane, -1))
    return bad


def _exposures(evidence: Evidence) -> dict[str, Exposure]:
    """A message is exposed to a fault when it comes while one of its attempts has begun and not ended."""
    struck = sorted(
        (line["at"], line["point"] or line["what"], tuple(line.get("numbers", ())))
        for line in evidence.history
        if line["what"] in ("kill", "freeze") and not line.get("elsewhere")
    )
    found: dict[str, Exposure] = defaultdict(Exposure)
    for _, kind, _ in struck:
        found[kind].times += 1
    for line in evidence.history:
        if line["what"] == "kill" and line.get("elsewhere"):
            found[line["point"]].times += 1
    moments = [at for at, _, _ in struck]
    for attempt in evidence.attempts:
        first = bisect_left(moments, attempt["started_at"])
        for at, kind, numbers in struck[first:]:
            if at >= _end(attempt):
                break
            if numbers and attempt["number_id"] not in numbers:
                continue
            fault, fate = found[kind], _fate(attempt)
            fault.messages += 1
            fault.became[fate] = fault.became.get(fate, 0) + 1
            break  # its process is gone: later faults meet others
    return dict(found)


def _end(attempt: Row) -> float:
    known = [attempt[name] for name in ("finished_at", "settled_at") if attempt[name] is not None]
    return min(known, default=float("inf"))


def _fate(attempt: Row) -> str:
    if attempt["settled_by"]:
        return f"doubt ended by {attempt['settled_by']}"
    if attempt["is_open"]:
        return "still in doubt"
    return {"not_sent": "never left, queued again"}.get(attempt["outcome"], f"answer: {attempt['outcome']}")


def _slowest(settled: Iterable[Row]) -> float:
    waits = [row["settled_at"] - row["first_status_at"] for row in settled if row["first_status_at"]]
    return max(0, *waits) / 1000 if waits else 0.0


def _shared_epochs(evidence: Evidence) -> list[str]:
    owners: dict[tuple[str, int], set[str]] = defaultdict(set)
    seen = [line for line in evidence.history if line["what"] == "owner"]
    for row in [*seen, *evidence.leases]:
        owners[row["number_id"], row["epoch"]].add(row["owner"])
    shared = [f"{number} {epoch}" for (number, epoch), names in owners.items() if len(names) > 1]
    return shared + _overlapping(evidence.attempts)


def _overlapping(attempts: Iterable[Row]) -> list[str]:
    """Intents of an epoch end before those of the next begin: all clocks of a run are one machine's."""
    first: dict[tuple[str, int], int] = {}
    last: dict[tuple[str, int], int] = {}
    for attempt in attempts:
        key, at = (attempt["number_id"], attempt["epoch"]), attempt["started_at"]
        first[key] = min(at, first.get(key, at))
        last[key] = max(at, last.get(key, at))
    ordered = sorted(first)
    return [
        f"{number} {epoch} overlaps {later}"
        for (number, epoch), (other, later) in pairwise(ordered)
        if number == other and last[number, epoch] > first[other, later]
    ]
