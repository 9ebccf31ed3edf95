"""Decides what is missing, doubled or changed on the way back: from the sandbox to the customer's endpoint.

In come what the sandbox posted, what the gateway's store holds and what the receiver wrote down; out goes a
verdict. Pure; it knows nothing of how the run was made.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.chaos.status_cases import Fact, outcome

Row = Mapping[str, Any]

BESIDE = {"message.submitted", "message.unknown"}
"""Events of a message that come of its send and not of its statuses."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """`written`: what people wrote, `told`: which statuses the sandbox posted of which send."""

    history: Sequence[Row] = ()
    written: Sequence[Row] = ()
    told: Sequence[Row] = ()
    messages: Sequence[Row] = ()
    inbound: Sequence[Row] = ()
    events: Sequence[Row] = ()
    """In the order of their ids."""
    deliveries: Sequence[Row] = ()
    received: Sequence[Row] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, and the ids that prove the bad ones."""

    written: int
    statuses: int
    events: int
    posts: int
    repeated: int
    """Events that came to the receiver more than once."""
    answers: Mapping[str, int]
    kills: Mapping[str, int]
    missing_messages: Sequence[str] = ()
    """What somebody wrote, without exactly one event."""
    missing_statuses: Sequence[str] = ()
    """A message whose events are not those of its statuses, each once."""
    unaccounted: Sequence[str] = ()
    """Sends and messages of the sandbox that lead to no row of the store, or to several."""
    gaps: Sequence[str] = ()
    """Objects whose events are not numbered 1, 2, 3 … in the order of their ids."""
    undelivered: Sequence[str] = ()
    invented: Sequence[str] = ()
    """What came to the receiver and is no event of the log, or names another id in its body."""
    changed: Sequence[str] = ()
    """Came again with another body."""
    unsigned: Sequence[str] = ()
    left_waiting: Sequence[str] = ()

    def faults_found(self) -> list[str]:
        names = (
            "missing_messages", "missing_statuses", "unaccounted", "gaps", "undelivered", "invented",
            "changed", "unsigned", "left_waiting",
        )  # fmt: skip
        return [f"{len(getattr(self, name))} {name}" for name in names if getattr(self, name)]

    def is_clean(self) -> bool:
        return not self.faults_found()


def check(evidence: Evidence) -> Verdict:
    came = Counter(row["id"] for row in evidence.received)
    known = {event["id"] for event in evidence.events}
    return Verdict(
        written=len(evidence.written),
        statuses=sum(len(row["statuses"]) for row in evidence.told),
        events=len(evidence.events),
        posts=len(evidence.received),
        repeated=sum(count > 1 for count in came.values()),
        answers=Counter(row["answer"] for row in evidence.received),
        kills=Counter(line["point"] or "at random" for line in evidence.history if line["what"] == "kill"),
        missing_messages=_missing_messages(evidence),
        missing_statuses=_missing_statuses(evidence),
        unaccounted=_unaccounted(evidence),
        gaps=_gaps(evidence.events),
        undelivered=[event["id"] for event in evidence.events if event["id"] not in came],
        invented=[row["id"] for row in evidence.received if row["id"] not in known or _names_another(row)],
        changed=_changed(evidence.received),
        unsigned=[row["id"] for row in evidence.received if not row["is_signed"]],
        left_waiting=[row["event_id"] for row in evidence.deliveries if row["state"] != "delivered"],
    )


def _names_another(row: Row) -> bool:
    return bool(row["body_id"] != row["id"])


def _types(events: Sequence[Row]) -> dict[str, Counter[str]]:
    """Object → how many events of each type."""
    types: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        types[event["object_id"]][event["type"]] += 1
    return types


def _missing_messages(evidence: Evidence) -> list[str]:
    types, kept = _types(evidence.events), {row["provider_id"]: row["id"] for row in evidence.inbound}
    return [
        row["wamid"]
        for row in evidence.written
        if types[kept.get(row["wamid"], "")] != {"message.received": 1}
    ]


def _missing_statuses(evidence: Evidence) -> list[str]:
    types = _types(evidence.events)
    sent = {row["provider_id"]: row["id"] for row in evidence.messages if row["provider_id"]}
    wrong = []
    for row in evidence.told:
        found = types[sent.get(row["wamid"], "")]
        expected = outcome([Fact(status, n, has_token=True) for n, status in enumerate(row["statuses"])])
        seen = {kind: count for kind, count in found.items() if kind not in BESIDE}
        if seen != dict.fromkeys(expected.types - BESIDE, 1) or found["message.submitted"] != 1:
            wrong.append(f"{row['wamid']}: {dict(found)}, told {row['statuses']}")
    return wrong


def _unaccounted(evidence: Evidence) -> list[str]:
    kept = Counter(row["provider_id"] for row in evidence.inbound)
    sent = Counter(row["provider_id"] for row in evidence.messages)
    return [row["wamid"] for row in evidence.written if kept[row["wamid"]] != 1] + [
        row["wamid"] for row in evidence.told if sent[row["wamid"]] != 1
    ]


def _gaps(events: Sequence[Row]) -> list[str]:
    last: Counter[str] = Counter()
    bad = {}
    for event in events:
        last[event["object_id"]] += 1
        if event["sequence"] != last[event["object_id"]]:
            bad[event["object_id"]] = event["sequence"]
    return [f"{object_id} at {sequence}" for object_id, sequence in bad.items()]


def _changed(received: Sequence[Row]) -> list[str]:
    bodies: dict[str, set[str]] = defaultdict(set)
    for row in received:
        bodies[row["id"]].add(row.get("sha256", ""))
    return [webhook_id for webhook_id, found in bodies.items() if len(found) > 1]
