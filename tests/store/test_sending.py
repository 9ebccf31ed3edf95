"""The transactions around a send, and the facts after it, on both engines."""

from collections.abc import Sequence

import msgspec

from tests.factories import ACCOUNT, HOUR, NOW, NUMBER, make_message
from tests.store.conftest import Opened
from trunkline.channels.contract import StatusFact
from trunkline.inbound.duplicate import Duplicate
from trunkline.inbound.statuses import Report, Settled, apply_reports
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.store import attempts, leases, messages, settlement, status_facts
from trunkline.store.attempts import Intent, Outcome
from trunkline.store.messages import MessageRow, NewMessage


def queue(db: Opened, *new: NewMessage) -> int:
    """Store these messages; the epoch of the number's owner."""
    db.write(lambda tx: messages.insert_many(tx, new))
    return db.write(lambda tx: leases.take(tx, ACCOUNT, NUMBER, "me", is_alone=True))


def intend(db: Opened, epoch: int, *new: NewMessage, now: int = NOW) -> list[int | None]:
    intents = [Intent(ACCOUNT, message.id, NUMBER, message.recipient, epoch, now) for message in new]
    return db.write(lambda tx: attempts.open_intents(tx, intents))


def outcome(message: NewMessage, state: State, **more: object) -> Outcome:
    taken = state is State.SUBMITTED
    values: dict[str, object] = {
        "account_id": ACCOUNT,
        "message_id": message.id,
        "n": 1,
        "outcome": "taken" if taken else "ambiguous",
        "is_open": state is State.UNKNOWN,
        "finished_at": NOW + 10,
        "state": state,
        "due_at": NOW,
        "provider_id": f"wamid.{message.id}" if taken else None,
        "submitted_at": NOW + 10 if taken else None,
    }
    return Outcome(**(values | more))  # type: ignore[arg-type]


def record(db: Opened, *outcomes: Outcome) -> list[bool]:
    return db.write(lambda tx: settlement.record_outcomes(tx, outcomes))


def tell(db: Opened, *reports: Report) -> list[Settled]:
    return db.write(lambda tx: apply_reports(tx, reports, NOW + 500)).settled


def report(
    message: NewMessage, status: str, at: int, *, evidence: bool = False, provider_id: str | None = None
) -> Report:
    fact = StatusFact(provider_id or f"wamid.{message.id}", status, at, "1000")
    return Report(ACCOUNT, NUMBER, fact, (message.id, 1) if evidence else None, at)


def row(db: Opened, message: NewMessage) -> MessageRow:
    found = db.read(lambda tx: messages.get(tx, ACCOUNT, message.id))
    assert found is not None
    return found


def open_lanes(db: Opened) -> Sequence[str]:
    return [a.recipient for a in db.read(lambda tx: attempts.open_of_number(tx, ACCOUNT, NUMBER))]


def test_an_intent_moves_the_message_to_sending_and_opens_the_attempt(db: Opened) -> None:
    message = make_message()
    epoch = queue(db, message)
    assert intend(db, epoch, message) == [1]
    assert row(db, message).state is State.SENDING or row(db, message).state == "sending"
    assert open_lanes(db) == [message.recipient]


def test_an_intent_of_a_former_owner_is_refused(db: Opened) -> None:
    message = make_message()
    old = queue(db, message)
    db.write(lambda tx: leases.take(tx, ACCOUNT, NUMBER, "another", is_alone=True))
    assert intend(db, old, message) == [None]
    assert row(db, message).state == "queued"


def test_a_canceled_or_expired_message_gets_no_intent(db: Opened) -> None:
    canceled, expired = make_message("15550000001"), make_message("15550000002")
    epoch = queue(db, canceled, expired)
    assert db.write(lambda tx: messages.cancel(tx, ACCOUNT, canceled.id, NOW))
    assert intend(db, epoch, canceled) == [None]
    assert intend(db, epoch, expired, now=NOW + HOUR) == [None]
    young = ids.first_id(ids.MESSAGE, 0)
    assert db.write(lambda tx: messages.expire(tx, ACCOUNT, NUMBER, young, NOW + HOUR)) == 0
    assert db.write(lambda tx: messages.expire(tx, ACCOUNT, NUMBER, "msg_~", NOW + HOUR - 1)) == 0
    assert db.write(lambda tx: messages.expire(tx, ACCOUNT, NUMBER, "msg_~", NOW + HOUR)) == 1
    assert [row(db, canceled).state, row(db, expired).state] == ["canceled", "expired"]


def test_a_message_being_sent_can_not_be_canceled(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    assert not db.write(lambda tx: messages.cancel(tx, ACCOUNT, message.id, NOW))


def test_the_database_itself_refuses_a_second_open_attempt_in_a_lane(db: Opened) -> None:
    first, second = make_message("15550000001"), make_message("15550000001")
    epoch = queue(db, first, second)
    intend(db, epoch, first)
    results = db.together(db.store.write(lambda tx: attempts.open_intents(
        tx, [Intent(ACCOUNT, second.id, NUMBER, second.recipient, epoch, NOW)]
    )))  # fmt: skip
    assert isinstance(results[0], Exception)
    assert row(db, second).state == "queued"


def test_a_taken_message_carries_the_providers_id_and_frees_its_lane(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    assert record(db, outcome(message, State.SUBMITTED)) == [True]
    found = row(db, message)
    assert (found.state, found.provider_id, found.submitted_at) == (
        "submitted",
        f"wamid.{message.id}",
        NOW + 10,
    )
    assert open_lanes(db) == []


def test_a_doubtful_send_keeps_its_lane_until_its_token_comes_back(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    record(db, outcome(message, State.UNKNOWN))
    assert (row(db, message).state, open_lanes(db)) == ("unknown", [message.recipient])
    settled = tell(db, report(message, "delivered", NOW + 300, evidence=True))
    assert settled == [Settled(NUMBER, message.recipient, message.id)]
    found = row(db, message)
    assert (found.state, found.provider_id) == ("delivered", f"wamid.{message.id}")
    assert open_lanes(db) == []
    [attempt] = db.read(lambda tx: attempts.of_message(tx, ACCOUNT, message.id))
    assert (attempt.outcome, attempt.settled_by, attempt.is_open) == ("ambiguous", "token", 0)


def test_a_status_that_comes_before_the_answer_was_recorded_settles_the_send(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    assert len(tell(db, report(message, "sent", NOW + 5, evidence=True))) == 1
    assert record(db, outcome(message, State.SUBMITTED)) == [False]
    found = row(db, message)
    assert (found.state, found.provider_id, found.version) == ("sent", f"wamid.{message.id}", 2)
    assert open_lanes(db) == []
    [attempt] = db.read(lambda tx: attempts.of_message(tx, ACCOUNT, message.id))
    assert (attempt.outcome, attempt.settled_by, attempt.is_open) == ("taken", "token", 0)


def test_an_ambiguous_answer_after_the_status_does_not_open_the_doubt_again(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    tell(db, report(message, "sent", NOW + 5, evidence=True))
    assert record(db, outcome(message, State.UNKNOWN)) == [False]
    assert (row(db, message).state, open_lanes(db)) == ("sent", [])


def test_a_fact_without_a_token_that_came_too_early_waits_for_its_message(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    assert tell(db, report(message, "failed", NOW + 5)) == []
    assert row(db, message).state == "sending"
    record(db, outcome(message, State.SUBMITTED))
    assert row(db, message).state == "failed"
    [fact] = db.read(lambda tx: status_facts.of_message(tx, ACCOUNT, message.id))
    assert (fact.status, fact.at) == ("failed", NOW + 5)


def test_the_same_fact_many_times_is_one_fact(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    record(db, outcome(message, State.SUBMITTED))
    for _ in range(3):
        tell(db, *[report(message, "sent", NOW + 50)] * 3)
    assert len(db.read(lambda tx: status_facts.of_message(tx, ACCOUNT, message.id))) == 1
    assert row(db, message).version == 3  # intent, outcome, one fact


def test_a_second_provider_id_for_one_message_is_reported_once_and_moves_nothing(db: Opened) -> None:
    message = make_message()
    intend(db, queue(db, message), message)
    record(db, outcome(message, State.SUBMITTED))
    second = [
        report(message, status, NOW + 90, evidence=True, provider_id="wamid.other")
        for status in ("sent", "read")
    ]
    found = [db.write(lambda tx, r=r: apply_reports(tx, [r], NOW + 500)).duplicates for r in second]  # type: ignore[misc]
    assert found == [[Duplicate(message.id, "wamid.other", by_decision=False)], []]
    assert row(db, message).state == "submitted"


def test_a_token_of_a_message_that_is_not_this_accounts_moves_nothing(db: Opened) -> None:
    stranger = make_message()
    assert tell(db, report(stranger, "read", NOW, evidence=True)) == []
    assert db.read(lambda tx: messages.get(tx, ACCOUNT, stranger.id)) is None


def test_after_a_death_every_attempt_without_an_outcome_is_in_doubt(db: Opened) -> None:
    dead, known = make_message("15550000001"), make_message("15550000002")
    epoch = queue(db, dead, known)
    intend(db, epoch, dead, known)
    record(db, outcome(known, State.SUBMITTED))
    left = db.read(lambda tx: attempts.open_of_number(tx, ACCOUNT, NUMBER))
    db.write(lambda tx: attempts.doubt(tx, ACCOUNT, left, "died", NOW + 99))
    assert [row(db, dead).state, row(db, known).state] == ["unknown", "submitted"]
    assert open_lanes(db) == [dead.recipient]


def test_schedules_wake_when_they_are_due_and_not_before(db: Opened) -> None:
    later = make_message(state=State.SCHEDULED, due_at=NOW + 1000)
    queue(db, later)
    assert not db.read(lambda tx: messages.has_scheduled(tx, ACCOUNT, NUMBER, NOW + 999))
    assert db.write(lambda tx: messages.wake(tx, ACCOUNT, NUMBER, NOW + 999, 10)) == []
    assert db.read(lambda tx: messages.has_scheduled(tx, ACCOUNT, NUMBER, NOW + 1000))
    [woken] = db.write(lambda tx: messages.wake(tx, ACCOUNT, NUMBER, NOW + 1000, 10))
    assert woken.id == later.id
    waiting = db.read(lambda tx: messages.waiting(tx, ACCOUNT, NUMBER, 1, "", 10))
    assert waiting == [msgspec.structs.replace(woken)]


def test_a_batch_of_facts_of_many_messages_is_applied_together(db: Opened) -> None:
    new = [make_message(f"1555000{n:04}") for n in range(50)]
    intend(db, queue(db, *new), *new)
    record(db, *(outcome(message, State.SUBMITTED) for message in new))
    facts = [
        report(m, status, NOW + at)
        for m in new
        for status, at in (("read", 3), ("sent", 1), ("delivered", 2))
    ]
    tell(db, *facts)
    assert {row(db, message).state for message in new} == {"read"}
    assert row(db, new[7]).sent_at == NOW + 1
