"""The order and the words of a timeline, from rows alone."""

from typing import Any

import msgspec
import pytest

from tests.factories import ACCOUNT, NOW, NUMBER
from trunkline.api.timeline import tell
from trunkline.channels.contract import SendError
from trunkline.model.message import State
from trunkline.store.attempts import AttemptRow
from trunkline.store.messages import MessageRow
from trunkline.store.status_facts import FactRow

HOUR = 3_600_000
ID = "msg_01h455vb4pex5vsknk084sn02q"


def row(**changes: Any) -> MessageRow:
    values: dict[str, Any] = dict.fromkeys(MessageRow.__struct_fields__)
    values |= {"account_id": ACCOUNT, "id": ID, "number_id": NUMBER, "type": "text", "state": State.QUEUED}
    values |= {"created_at": NOW, "due_at": NOW, "expires_at": NOW + HOUR, "attempts": 0, "version": 0}
    return MessageRow(**(values | changes))


def attempt(n: int, outcome: str | None, started_at: int, **changes: Any) -> AttemptRow:
    values: dict[str, Any] = dict.fromkeys(AttemptRow.__struct_fields__)
    finished_at = started_at + 50 if outcome else None
    values |= {"n": n, "epoch": 1, "is_open": 0, "started_at": started_at, "outcome": outcome}
    return AttemptRow(**(values | {"finished_at": finished_at} | changes))


def fact(status: str, at: int) -> FactRow:
    return FactRow(ID, "wamid.1", status, at, None)


def refusal(effect: str) -> str:
    return msgspec.json.encode(
        SendError(131056, "Slow", "Too fast.", "sender", "Wait.", effect=effect)
    ).decode()


def states(message: MessageRow, attempts: list[AttemptRow], facts: list[FactRow]) -> list[str]:
    return [str(entry.state) for entry in tell(message, attempts, facts)]


def test_facts_of_the_second_in_which_it_was_taken_stand_behind_that() -> None:
    taken = attempt(1, "taken", NOW + 300)
    facts = [fact("delivered", NOW), fact("sent", NOW), fact("read", NOW + 9_000)]
    entries = tell(row(state=State.READ, attempts=1), [taken], facts)
    assert [entry.state for entry in entries] == [
        "queued",
        "sending",
        "submitted",
        "sent",
        "delivered",
        "read",
    ]
    assert [entry.at[17:23] for entry in entries] == [
        "00.000",
        "00.300",
        "00.350",
        "00.350",
        "00.350",
        "09.000",
    ]


def test_clocks_that_are_far_apart_are_shown_as_they_are() -> None:
    entries = tell(row(attempts=1), [attempt(1, "taken", NOW + 60_000)], [fact("sent", NOW)])
    assert entries[-1].at == entries[0].at


def test_a_word_that_we_do_not_know_yet_is_shown_as_it_is() -> None:
    assert states(row(attempts=1), [attempt(1, "taken", NOW)], [fact("warehoused", NOW)])[-1] == "warehoused"


@pytest.mark.parametrize(
    ("effect", "changes", "state"),
    [
        ("retry", {"state": State.QUEUED}, "queued"),
        ("delay_lane", {"state": State.QUEUED}, "queued"),
        ("hold_number", {"state": State.HELD}, "held"),
        ("fail", {"state": State.FAILED, "failed_at": NOW + 50}, "failed"),
        ("retry", {"state": State.FAILED, "failed_at": NOW + 50}, "failed"),
    ],
)
def test_a_refusal_leaves_it_where_its_effect_says(effect: str, changes: Any, state: str) -> None:
    refused = attempt(1, "refused", NOW, error=refusal(effect))
    assert states(row(attempts=1, **changes), [refused], []) == ["queued", "sending", state]


def test_an_attempt_under_way_has_no_outcome_yet() -> None:
    assert states(row(state=State.SENDING, attempts=1), [attempt(1, None, NOW, is_open=1)], []) == [
        "queued",
        "sending",
    ]


def test_a_doubt_that_a_status_ended_before_the_answer_was_read() -> None:
    settled = attempt(1, None, NOW, settled_by="token", settled_at=NOW + 900)
    shown = states(row(state=State.SENT, attempts=1), [settled], [fact("sent", NOW + 800)])
    assert shown == ["queued", "sending", "submitted", "sent"]


def test_a_read_mark_that_was_in_doubt_simply_goes_again() -> None:
    tries = [attempt(1, "ambiguous", NOW), attempt(2, "taken", NOW + 2_000)]
    shown = states(row(type="read", state=State.SUBMITTED, attempts=2), tries, [])
    assert shown == ["queued", "sending", "queued", "sending", "submitted"]


@pytest.mark.parametrize("state", [State.CANCELED, State.EXPIRED])
def test_an_end_before_the_send_is_the_last_entry(state: State) -> None:
    assert states(row(state=state, ended_at=NOW + 5), [], []) == ["queued", str(state)]


def test_a_scheduled_message_is_queued_when_its_time_comes_also_after_retries_moved_it() -> None:
    due = NOW + 10_000
    waiting = row(state=State.SCHEDULED, send_at=due, due_at=due, expires_at=due + HOUR)
    assert states(waiting, [], []) == ["scheduled"]
    tried = row(send_at=due, due_at=due + 99_000, expires_at=due + HOUR, attempts=1)
    entries = tell(tried, [attempt(1, "not_sent", due + 20)], [])
    assert [str(entry.state) for entry in entries] == ["scheduled", "queued", "sending", "queued"]
    assert entries[1].at[17:] == "10.000Z"
