"""Decides from a run's files whether campaigns kept their word: one message a recipient at most, nothing
sent while paused or after a cancel, and the same sums in store, ledger, totals and report.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tests.chaos.check import check_folder
from tests.chaos.checker import NEVER_SENT
from tests.chaos.history import ATTEMPTS, HISTORY, LEDGER, read_lines
from trunkline.model.evidence import read_token

Row = Mapping[str, Any]
SLOWEST_PAUSE_SECONDS = 2.0


class CampaignVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, and the faults found, each a sentence."""

    taken: int
    created: Mapping[str, int]
    """Campaign → recipients with a message."""
    states: Mapping[str, int]
    kills: int
    pauses: int
    slowest_pause_seconds: float
    exposed: int
    faults: list[str]

    def is_clean(self) -> bool:
        return not self.faults


def check_campaigns(folder: Path, people: int) -> CampaignVerdict:
    recipients = list(read_lines(folder / "recipients.jsonl"))
    messages = {row["id"]: row for row in read_lines(folder / "sent.jsonl")}
    ledger = Counter(filter(None, (_message_of(row) for row in read_lines(folder / LEDGER))))
    history = list(read_lines(folder / HISTORY))
    told = msgspec.json.decode((folder / "told.json").read_bytes())
    general = check_folder(folder)
    faults = list(general.faults_found())
    for campaign_id in told:
        mine = [row for row in recipients if row["campaign_id"] == campaign_id]
        own = {key: row for key, row in messages.items() if row["campaign_id"] == campaign_id}
        faults += _recipients(mine, own, people)
        faults += _ledger(own, ledger)
        faults += _sums(mine, own, ledger, told[campaign_id])
    faults += _stopped(history, list(read_lines(folder / ATTEMPTS)), messages)
    pauses = [line["seconds"] for line in history if line["what"] == "paused"]
    if pauses and max(pauses) > SLOWEST_PAUSE_SECONDS:
        faults.append(f"a pause took {max(pauses):.1f} s")
    return CampaignVerdict(
        taken=sum(ledger.values()),
        created=Counter(row["campaign_id"] for row in recipients if row["state"] == "created"),
        states=Counter(row["state"] for row in messages.values()),
        kills=sum(line["what"] == "kill" for line in history),
        pauses=len(pauses),
        slowest_pause_seconds=round(max(pauses, default=0.0), 3),
        exposed=general.exposed,
        faults=faults,
    )


def _message_of(row: Row) -> str | None:
    token = row["callback_data"] or ""
    mac = bytes.fromhex(token.rpartition(".")[2]) if token.startswith("g1.") else b""
    named = read_token(token, lambda _: mac)
    return named[0] if named else None


def _recipients(mine: list[Row], own: Mapping[str, Row], people: int) -> list[str]:
    """Every person is there once, and has a message of their own exactly when they are `created`."""
    states = Counter(row["state"] for row in mine)
    faults = []
    if len({row["address"] for row in mine}) != people or len(mine) != people:
        faults.append(f"{len(mine)} recipients of {people}")
    if states["ready"]:
        faults.append(f"{states['ready']} recipients are still ready")
    created = {row["message_id"]: row["address"] for row in mine if row["state"] == "created"}
    if any((row["message_id"] is not None) != (row["state"] == "created") for row in mine):
        faults.append("somebody has a message without being created, or the other way round")
    if created != {key: row["recipient"] for key, row in own.items()}:
        faults.append("the messages are not those of the recipients")
    return faults


def _ledger(own: Mapping[str, Row], ledger: Mapping[str, int]) -> list[str]:
    got = Counter(own[key]["recipient"] for key in own for _ in range(ledger.get(key, 0)))
    doubled = [address for address, count in got.items() if count > 1]
    never = [key for key, row in own.items() if row["state"] in NEVER_SENT and ledger.get(key, 0)]
    faults = [f"{len(doubled)} people got it twice, such as {doubled[0]}"] if doubled else []
    return faults + ([f"{len(never)} canceled messages were sent"] if never else [])


def _sums(mine: list[Row], own: Mapping[str, Row], ledger: Mapping[str, int], told: Row) -> list[str]:
    """Totals and report say what store and ledger say."""
    states = Counter(row["state"] for row in mine)
    kept = Counter(row["state"] for row in own.values())
    taken = sum(ledger.get(key, 0) for key in own)
    totals, funnel = told["totals"], told["report"]["funnel"]
    pairs = {
        "totals.created": (totals["created"], states["created"]),
        "totals.canceled": (totals["canceled"], states["canceled"]),
        "totals.messages": (totals["messages"], dict(kept)),
        "report.messages": (funnel["messages"], len(own)),
        "report.accepted": (funnel["accepted"], taken),
        "report.delivered": (funnel["delivered"], kept["delivered"] + kept["read"]),
        "report.canceled": (funnel["canceled"], kept["canceled"] + states["canceled"]),
        "ledger": (taken, sum(row["submitted_at"] is not None for row in own.values())),
    }
    return [f"{name}: {said} and not {is_so}" for name, (said, is_so) in pairs.items() if said != is_so]


def _stopped(history: list[Row], attempts: list[Row], messages: Mapping[str, Row]) -> list[str]:
    """No intent between a pause and its resume, and none after a cancel: all clocks are one machine's."""
    faults = []
    resumes = [line for line in history if line["what"] == "resumed"]
    for line in history:
        if line["what"] not in ("paused", "canceled"):
            continue
        later = [one["at"] for one in resumes if one["at"] >= line["at"]]
        until = min(later, default=float("inf")) if line["what"] == "paused" else float("inf")
        late = [
            one["message_id"]
            for one in attempts
            if line["at"] < one["started_at"] < until
            and messages[one["message_id"]]["campaign_id"] == line["campaign_id"]
        ]
        if late:
            faults.append(f"{len(late)} sends began while it was {line['what']}, such as {late[0]}")
    return faults
