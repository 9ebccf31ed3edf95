"""Proof that the checker can say no."""

from typing import Any

from tests.chaos.checker import Evidence, check
from trunkline.model.evidence import make_token

FIRST, SECOND = "msg_01h455vb4pex5vsknk084sn02q", "msg_01h455vb4pex5vsknk084sn02r"


def message(
    message_id: str, to: str, state: str = "read", provider_id: str | None = "wamid.1"
) -> dict[str, Any]:
    return {"id": message_id, "number_id": "n", "recipient": to, "state": state, "provider_id": provider_id}


def row(message_id: str, to: str, wamid: str = "wamid.1") -> dict[str, Any]:
    return {"wamid": wamid, "to": f"+{to}", "callback_data": make_token(message_id, 1, lambda _: b"12345678")}


def told(*ids: str) -> dict[str, Any]:
    return {"what": "answered", "at": 0, "first": 0, "ids": ids}


def attempt(message_id: str, epoch: int, started_at: int, finished_at: int | None = None, **more: Any) -> Any:
    return {
        "message_id": message_id, "n": 1, "number_id": "n", "epoch": epoch, "is_open": finished_at is None,
        "started_at": started_at, "finished_at": finished_at, "outcome": None, "settled_by": None,
        "settled_at": None,
    } | more  # fmt: skip


def test_a_clean_run_passes() -> None:
    sent, doubtful = message(FIRST, "1555"), message(FIRST, "1555", "unknown", None)
    assert check(Evidence(history=[told(FIRST)], messages=[sent], ledger=[row(FIRST, "1555")])).is_clean()
    assert check(Evidence(history=[told(FIRST)], messages=[doubtful])).is_clean()


def test_an_id_that_is_not_in_the_store_is_seen() -> None:
    verdict = check(Evidence(history=[told(FIRST, SECOND)], messages=[message(FIRST, "1", "unknown", None)]))
    assert verdict.not_in_store == [SECOND]
    assert not verdict.is_clean()


def test_a_message_that_was_lost_is_seen() -> None:
    assert check(Evidence(messages=[message(FIRST, "1555", "sent")])).lost == [FIRST]


def test_a_recipient_who_got_it_twice_is_seen() -> None:
    ledger = [row(FIRST, "1555"), row(FIRST, "1555", "wamid.2")]
    verdict = check(Evidence(messages=[message(FIRST, "1555")], ledger=ledger))
    assert verdict.doubled == [FIRST, "1555"]


def test_a_send_that_belongs_to_no_message_is_seen() -> None:
    ledger = [row(FIRST, "1555"), row(SECOND, "1556", "wamid.2")]
    assert check(Evidence(messages=[message(FIRST, "1555")], ledger=ledger)).unaccounted == ["wamid.2"]


def test_a_send_to_somebody_else_is_seen() -> None:
    verdict = check(Evidence(messages=[message(FIRST, "1555")], ledger=[row(FIRST, "1666")]))
    assert verdict.unaccounted == ["wamid.1"]


def test_two_messages_of_a_lane_in_the_wrong_order_are_seen() -> None:
    messages = [message(FIRST, "1555"), message(SECOND, "1555", provider_id="wamid.2")]
    ledger = [row(FIRST, "1555"), row(SECOND, "1555", "wamid.2")]
    right = Evidence(history=[told(FIRST, SECOND)], messages=messages, ledger=ledger)
    wrong = Evidence(history=[told(FIRST, SECOND)], messages=messages, ledger=ledger[::-1])
    assert check(right).is_clean()
    assert check(wrong).disordered == [SECOND]


def test_a_doubt_that_evidence_could_have_ended_is_seen() -> None:
    doubtful = message(FIRST, "1555", "unknown", None)
    silent = {"what": "silent", "at": 0, "recipients": ["1555"]}
    assert check(Evidence(messages=[doubtful], ledger=[row(FIRST, "1555")])).unsettled == [FIRST]
    assert check(Evidence(history=[silent], messages=[doubtful], ledger=[row(FIRST, "1555")])).is_clean()


def test_a_message_that_still_works_is_seen() -> None:
    assert check(Evidence(messages=[message(FIRST, "1555", "sending")])).stuck == [FIRST]


def test_two_owners_in_one_epoch_are_seen() -> None:
    seen = {"what": "owner", "at": 0, "number_id": "n", "owner": "a", "epoch": 4}
    last = {"number_id": "n", "owner": "b", "epoch": 4}
    assert check(Evidence(history=[seen], leases=[last])).shared_epochs == ["n 4"]


def test_an_intent_of_an_epoch_that_was_over_is_seen() -> None:
    late = [attempt(FIRST, 2, 500), attempt(SECOND, 1, 501)]
    assert check(Evidence(attempts=late)).shared_epochs == ["n 1 overlaps 2"]


def test_who_was_in_flight_at_a_kill_is_counted_with_what_became_of_it() -> None:
    kill = {"what": "kill", "at": 100, "point": "C6"}
    requeued = attempt(FIRST, 1, 90, 120, outcome="not_sent")
    later = {"what": "kill", "at": 110, "point": "C1"}
    verdict = check(Evidence(history=[kill, later], attempts=[requeued, attempt(SECOND, 1, 111)]))
    assert verdict.exposed == 1
    assert verdict.faults["C6"].became == {"never left, queued again": 1}
