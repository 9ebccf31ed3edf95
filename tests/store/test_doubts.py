"""How doubts end, on both engines: late answers, evidence, rules and decisions in any order."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import ACCOUNT, HOUR, NOW, NUMBER, make_message
from tests.store.conftest import Opened
from tests.store.test_sending import intend, open_lanes, outcome, queue, record, report, row, tell
from trunkline.channels.contract import StatusFact
from trunkline.inbound.duplicate import Duplicate
from trunkline.inbound.statuses import Report, apply_reports
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.store import attempts, doubts, messages, settlement
from trunkline.store.contract import Conflict
from trunkline.store.doubts import Candidate, Doubt, LaneDoubt
from trunkline.store.messages import NewMessage

LATER = NOW + 400_000


def in_doubt(db: Opened, message: NewMessage) -> int:
    """The epoch. The process that sent it stands still; another one has doubted its attempt."""
    epoch = queue(db, message)
    intend(db, epoch, message)
    take_over(db)
    return epoch


def take_over(db: Opened) -> None:
    left = db.read(lambda tx: attempts.open_of_number(tx, ACCOUNT, NUMBER))
    db.write(lambda tx: attempts.doubt(tx, ACCOUNT, left, "it stood still", NOW + 5))


def doubt_of(message: NewMessage, n: int = 1) -> Doubt:
    return Doubt(message.id, n, message.recipient, NOW, "text", message.expires_at)


def send_again(db: Opened, message: NewMessage, n: int = 1, by: str = "absence") -> Any:
    return db.write(lambda tx: doubts.send_again(tx, ACCOUNT, doubt_of(message, n), by, LATER))


def the_attempts(db: Opened, message: NewMessage) -> list[attempts.AttemptRow]:
    return list(db.read(lambda tx: attempts.of_message(tx, ACCOUNT, message.id)))


def late(message: NewMessage, kind: str, n: int = 1) -> Any:
    if kind == "taken":
        return outcome(message, State.SUBMITTED, n=n, finished_at=LATER)
    state = {"refused": State.FAILED, "not_sent": State.QUEUED, "ambiguous": State.UNKNOWN}[kind]
    return outcome(message, state, n=n, outcome=kind, finished_at=LATER)


@pytest.mark.parametrize(
    ("kind", "state"), [("taken", "submitted"), ("refused", "failed"), ("not_sent", "queued")]
)
def test_a_late_answer_that_is_certain_ends_the_doubt(db: Opened, kind: str, state: str) -> None:
    message = make_message()
    in_doubt(db, message)
    assert record(db, late(message, kind)) == [True]
    assert row(db, message).state == state
    assert open_lanes(db) == []
    [attempt] = the_attempts(db, message)
    assert (attempt.outcome, attempt.is_open) == (kind, 0)


def test_a_late_answer_that_is_ambiguous_opens_nothing_again(db: Opened) -> None:
    message = make_message()
    in_doubt(db, message)
    before = row(db, message)
    assert record(db, late(message, "ambiguous")) == [False]
    assert row(db, message) == before
    send_again(db, message)
    assert record(db, late(message, "ambiguous")) == [False]
    assert (row(db, message).state, open_lanes(db)) == ("queued", [])


def test_a_late_taken_holds_what_would_be_sent_again(db: Opened) -> None:
    message = make_message()
    epoch = in_doubt(db, message)
    assert send_again(db, message).id == message.id
    assert record(db, late(message, "refused")) == [False]
    assert record(db, late(message, "taken")) == [True]
    assert row(db, message).state == "submitted"
    assert intend(db, epoch, message) == [None]
    [attempt] = the_attempts(db, message)
    assert (attempt.outcome, attempt.settled_by) == ("taken", "absence")


def test_a_late_answer_of_an_attempt_before_the_last_moves_nothing(db: Opened) -> None:
    message = make_message()
    epoch = in_doubt(db, message)
    send_again(db, message)
    assert intend(db, epoch, message) == [2]
    assert record(db, late(message, "taken")) == [False]
    assert (row(db, message).state, open_lanes(db)) == ("sending", [message.recipient])


def test_a_rule_does_nothing_to_what_evidence_has_moved(db: Opened) -> None:
    message = make_message()
    in_doubt(db, message)
    tell(db, report(message, "sent", NOW + 9, evidence=True))
    assert send_again(db, message) is None
    assert db.write(lambda tx: doubts.give_up(tx, ACCOUNT, doubt_of(message), "life", LATER)) is False
    assert db.write(lambda tx: doubts.resend(tx, ACCOUNT, message.id, LATER, LATER + HOUR)) is False
    assert db.write(lambda tx: doubts.abandon(tx, ACCOUNT, message.id, LATER)) is False
    assert row(db, message).state == "sent"


def test_a_name_that_the_provider_gives_a_recipient_is_learnt_once(db: Opened) -> None:
    first, second, same = make_message("5511987654321"), make_message("5511987654321"), make_message("1555")
    epoch = queue(db, first, second, same)
    for message, called in ((first, "551187654321"), (second, "551187654321"), (same, "1555")):
        intend(db, epoch, message)
        record(db, outcome(message, State.SUBMITTED, provider_recipient=called))
    third = make_message("5511987654321")
    in_doubt(db, third)
    fact = StatusFact("wamid.x", "failed", NOW + 9, "1000", recipient="551187654321")
    tell(db, Report(ACCOUNT, NUMBER, fact, None, NOW + 9))
    [found] = db.read(lambda tx: doubts.in_told_lanes(tx, ACCOUNT, NUMBER, NOW))
    assert (found.message_id, found.recipient) == (third.id, "5511987654321")
    candidate = db.read(lambda tx: doubts.only_candidate(tx, ACCOUNT, NUMBER, found.recipient, NOW))
    assert candidate == Candidate("wamid.x", "551187654321", NOW + 9)


@pytest.mark.parametrize("first", ["caller", "life"])
def test_a_second_send_that_somebody_decided_is_no_fault_of_ours(db: Opened, first: str) -> None:
    message = make_message()
    epoch = in_doubt(db, message)
    if first == "life":
        assert db.write(lambda tx: doubts.give_up(tx, ACCOUNT, doubt_of(message), "life", LATER))
    assert db.write(lambda tx: doubts.resend(tx, ACCOUNT, message.id, LATER, LATER + HOUR))
    assert row(db, message).expires_at == (NOW + HOUR if NOW + HOUR > LATER else LATER + HOUR)
    assert intend(db, epoch, message) == [2]
    told = report(message, "sent", NOW + 9, evidence=True, provider_id="wamid.one")
    applied = db.write(lambda tx: apply_reports(tx, [told], LATER))
    assert applied.duplicates == [Duplicate(message.id, "wamid.one", by_decision=True)]
    assert row(db, message).state == "sent"
    old, new = the_attempts(db, message)
    assert (old.settled_by, new.is_open) == ("caller", 0)
    assert "wamid.one" in (old.detail or "")


def test_an_old_token_is_no_duplicate_when_the_newer_attempt_provably_never_left(db: Opened) -> None:
    message = make_message()
    epoch = in_doubt(db, message)
    send_again(db, message)
    intend(db, epoch, message)
    record(db, late(message, "not_sent", n=2))
    told = report(message, "sent", NOW + 9, evidence=True, provider_id="wamid.one")
    assert db.write(lambda tx: apply_reports(tx, [told], LATER)).duplicates == []
    assert row(db, message).state == "sent"


@pytest.mark.parametrize(
    ("by", "ends"), [("absence", ("canceled", "expired")), ("caller", ("unconfirmed",) * 2)]
)
def test_only_what_provably_never_left_is_called_canceled_or_expired(
    db: Opened, by: str, ends: tuple[str, str]
) -> None:
    one, two = make_message("15550000001"), make_message("15550000002")
    for message in (one, two):
        in_doubt(db, message)
        send_again(db, message, by=by)
    assert db.write(lambda tx: messages.cancel(tx, ACCOUNT, one.id, LATER))
    assert db.write(lambda tx: messages.expire(tx, ACCOUNT, NUMBER, "msg_~", NOW + HOUR)) == 1
    assert (row(db, one).state, row(db, two).state) == ends


Step = Callable[[Opened, int, NewMessage], Any]


def _answer(kind: str, n: int) -> Step:
    return lambda db, epoch, message: record(db, late(message, kind, n))


def _token(n: int) -> Step:
    def step(db: Opened, epoch: int, message: NewMessage) -> Any:
        fact = StatusFact(f"wamid.{message.id}.{n}", "sent", NOW + 9, "1000")
        return tell(db, Report(ACCOUNT, NUMBER, fact, (message.id, n), NOW + 9))

    return step


def _lane(db: Opened, epoch: int, message: NewMessage) -> Any:
    n = row(db, message).attempts
    doubt = LaneDoubt(message.id, n, message.recipient, NOW)
    candidate = Candidate(f"wamid.{message.id}.lane", message.recipient, NOW + 9)
    return db.write(lambda tx: settlement.bind_by_lane(tx, ACCOUNT, doubt, candidate, LATER))


def _absence(db: Opened, epoch: int, message: NewMessage) -> Any:
    return send_again(db, message, row(db, message).attempts)


def _life(db: Opened, epoch: int, message: NewMessage) -> Any:
    n = row(db, message).attempts
    return db.write(lambda tx: doubts.give_up(tx, ACCOUNT, doubt_of(message, n), "life", LATER))


STEPS: dict[str, Step] = {
    **{
        f"{kind} {n}": _answer(kind, n)
        for kind in ("taken", "refused", "not_sent", "ambiguous")
        for n in (1, 2)
    },
    "token 1": _token(1),
    "token 2": _token(2),
    "lane": _lane,
    "absence": _absence,
    "life": _life,
    "resend": lambda db, _, message: db.write(
        lambda tx: doubts.resend(tx, ACCOUNT, message.id, NOW, NOW + HOUR)
    ),
    "abandon": lambda db, _, message: db.write(lambda tx: doubts.abandon(tx, ACCOUNT, message.id, LATER)),
    "send": intend,
    "take over": lambda db, _, __: take_over(db),
}


@pytest.mark.parametrize("engine", ["sqlite"])
def test_in_any_order_a_lane_has_one_open_attempt_and_what_is_bound_never_goes_back(db: Opened) -> None:
    chance = random.Random(7)
    for _ in range(100):
        _run(db, [chance.choice(sorted(STEPS)) for _ in range(chance.randint(2, 8))])


def _run(db: Opened, steps: list[str]) -> None:
    message = make_message(ids.new_id("x"))
    epoch = in_doubt(db, message)
    bound = False
    for step in steps:
        if step.endswith("2") and len(the_attempts(db, message)) < 2:
            continue  # there is no such attempt of which anybody could tell
        with contextlib.suppress(Conflict):
            STEPS[step](db, epoch, message)
        now, tries = row(db, message), the_attempts(db, message)
        open_ones = [attempt for attempt in tries if attempt.is_open]
        assert len(open_ones) <= 1, steps
        assert bool(open_ones) == (now.state in ("sending", "unknown")), (steps, step, now.state)
        bound = bound or now.provider_id is not None
        if bound:
            assert now.provider_id is not None, (steps, step)
            assert now.state in ("submitted", "sent", "failed", "delivered", "read"), (steps, step, now.state)
