"""The checker of campaigns finds what it is there for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.chaos.campaign_checker import check_campaigns
from tests.chaos.history import ATTEMPTS, HISTORY, LEDGER, MESSAGES, write_lines
from trunkline.model import ids
from trunkline.model.evidence import make_token

CAMPAIGN = "cmp_1"
IDS = [ids.new_id(ids.MESSAGE) for _ in range(3)]
Files = dict[str, list[dict[str, Any]]]


def files() -> Files:
    """Three people: two got it, of the third the message was canceled."""
    states = ["read", "read", "canceled"]
    return {
        "recipients.jsonl": [
            {"campaign_id": CAMPAIGN, "n": n, "address": f"1555000000{n}", "state": "created", "reason": None,
             "message_id": one}
            for n, one in enumerate(IDS)
        ],
        "sent.jsonl": [
            {"id": one, "campaign_id": CAMPAIGN, "recipient": f"1555000000{n}", "state": state,
             "submitted_at": 1 if state == "read" else None}
            for n, (one, state) in enumerate(zip(IDS, states, strict=True))
        ],
        MESSAGES: [
            {"id": one, "number_id": "num_1", "recipient": f"1555000000{n}", "state": state,
             "provider_id": None}
            for n, (one, state) in enumerate(zip(IDS, states, strict=True))
        ],
        LEDGER: [ledger_row(n) for n in range(2)],
        ATTEMPTS: [attempt(one, 10) for one in IDS[:2]],
        HISTORY: [
            {"what": "paused", "at": 20, "campaign_id": CAMPAIGN, "seconds": 0.1},
            {"what": "resumed", "at": 30, "campaign_id": CAMPAIGN},
        ],
    }  # fmt: skip


def ledger_row(n: int) -> dict[str, Any]:
    token = make_token(IDS[n], 1, lambda _: b"12345678")
    return {"wamid": f"w{n}", "to": f"1555000000{n}", "callback_data": token}


def attempt(message_id: str, at: int) -> dict[str, Any]:
    return {
        "message_id": message_id, "n": 1, "number_id": "num_1", "epoch": 1, "is_open": 0, "started_at": at,
        "finished_at": at, "outcome": "taken", "detail": None, "settled_by": None, "settled_at": None,
    }  # fmt: skip


def told() -> dict[str, Any]:
    funnel = {"messages": 3, "accepted": 2, "delivered": 2, "canceled": 1}
    totals = {"created": 3, "canceled": 0, "messages": {"read": 2, "canceled": 1}}
    return {CAMPAIGN: {"totals": totals, "report": {"funnel": funnel}}}


def faults(folder: Path, kept: Mapping[str, list[dict[str, Any]]], said: dict[str, Any]) -> str:
    for name, rows in kept.items():
        write_lines(folder / name, rows)
    (folder / "told.json").write_bytes(msgspec.json.encode(said))
    return "; ".join(check_campaigns(folder, 3).faults)


def test_a_run_in_which_all_is_well_is_clean(tmp_path: Path) -> None:
    assert faults(tmp_path, files(), told()) == ""


def double(kept: Files, said: dict[str, Any]) -> None:
    kept[LEDGER].append(ledger_row(0))


def send_what_was_canceled(kept: Files, said: dict[str, Any]) -> None:
    kept[LEDGER].append(ledger_row(2))


def begin_while_paused(kept: Files, said: dict[str, Any]) -> None:
    kept[ATTEMPTS].append(attempt(IDS[1], 25))


def lose_a_recipient(kept: Files, said: dict[str, Any]) -> None:
    kept["recipients.jsonl"].pop()


def leave_one_ready(kept: Files, said: dict[str, Any]) -> None:
    kept["recipients.jsonl"][2] |= {"state": "ready", "message_id": None}


def report_wrongly(kept: Files, said: dict[str, Any]) -> None:
    said[CAMPAIGN]["report"]["funnel"]["accepted"] = 3


def count_wrongly(kept: Files, said: dict[str, Any]) -> None:
    said[CAMPAIGN]["totals"]["messages"]["read"] = 3


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (double, "got it twice"),
        (send_what_was_canceled, "canceled messages were sent"),
        (begin_while_paused, "while it was paused"),
        (lose_a_recipient, "2 recipients of 3"),
        (leave_one_ready, "still ready"),
        (report_wrongly, "report.accepted"),
        (count_wrongly, "totals.messages"),
    ],
)
def test_each_fault_is_found(spoil: Any, words: str, tmp_path: Path) -> None:
    kept, said = files(), told()
    spoil(kept, said)
    assert words in faults(tmp_path, kept, said)
