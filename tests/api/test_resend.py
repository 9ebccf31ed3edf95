"""What an account decides about doubts: its policy, and each message's sender."""

from typing import Any

import pytest

from tests.api.conftest import Site
from trunkline.channels.contract import Ambiguous
from trunkline.store.queries import Query
from trunkline.store.retention import REMOVED


def in_doubt(site: Site, **changes: Any) -> str:
    """A message whose send brought no usable answer."""
    site.provider.outcomes.append(Ambiguous("time-out"))
    message_id = site.accepted(**changes)
    site.until(message_id, "unknown")
    return message_id


def test_a_message_in_doubt_can_be_sent_again_by_decision(site: Site) -> None:
    message_id = in_doubt(site)
    answer = site.post(f"/v1/messages/{message_id}/resend")
    assert answer.status == 200
    life = site.until(message_id, "submitted")
    assert [(a["outcome"], a["settled_by"], a["in_doubt"]) for a in life["attempts"]] == [
        ("ambiguous", "caller", False),
        ("taken", None, False),
    ]
    [decided] = [entry for entry in life["timeline"] if "settled_by" in entry]
    assert decided["state"] == "queued"
    assert decided["detail"] == "the sender chose to send it again, although it may arrive twice"
    assert len(site.provider.sent) == 2


def test_a_message_that_is_abandoned_lets_the_next_one_go(site: Site) -> None:
    message_id = in_doubt(site)
    behind = site.accepted()
    answer = site.post(f"/v1/messages/{message_id}/abandon")
    assert (answer.status, answer.json["state"]) == (200, "unconfirmed")
    assert answer.json["ended_at"] is not None
    assert [entry["state"] for entry in answer.json["timeline"]] == [
        "queued",
        "sending",
        "unknown",
        "unconfirmed",
    ]
    site.until(behind, "submitted")
    assert len(site.provider.sent) == 2


def test_what_was_abandoned_can_be_sent_again_with_a_fresh_life(site: Site) -> None:
    message_id = in_doubt(site)
    before = site.post(f"/v1/messages/{message_id}/abandon").json
    site.advance(60 * 60 * 24 * 30)
    assert site.post(f"/v1/messages/{message_id}/resend").status == 200
    life = site.until(message_id, "submitted")
    assert life["expires_at"] > before["expires_at"]
    assert life["ended_at"] is None


@pytest.mark.parametrize("decision", ["resend", "abandon"])
def test_a_message_in_no_doubt_is_left_alone_and_its_state_is_named(site: Site, decision: str) -> None:
    message_id = site.accepted()
    site.until(message_id, "submitted")
    answer = site.post(f"/v1/messages/{message_id}/{decision}")
    assert (answer.status, answer.reason) == (409, "wrong_state")
    assert "submitted" in answer.json["detail"]
    assert len(site.provider.sent) == 1


def test_a_message_of_a_removed_number_can_not_be_sent_again(site: Site) -> None:
    message_id = in_doubt(site)
    assert site.call("DELETE", f"/v1/numbers/{site.alice.number_id}").status == 204
    answer = site.post(f"/v1/messages/{message_id}/resend")
    assert (answer.status, answer.problems) == (409, [("", "number_removed")])
    assert site.post(f"/v1/messages/{message_id}/abandon").status == 200


def test_what_lost_its_content_can_not_be_sent_again_and_says_why(site: Site) -> None:
    message_id = in_doubt(site)
    site.post(f"/v1/messages/{message_id}/abandon")
    cleared = f"UPDATE messages SET content = '{REMOVED}' WHERE id = '{message_id}'"
    site.run(site.store.write(lambda tx: tx.execute(Query("clear", (), cleared, cleared))))
    answer = site.post(f"/v1/messages/{message_id}/resend")
    assert (answer.status, answer.problems) == (409, [("", "content_removed")])


def test_an_account_sees_and_changes_its_own_policy(site: Site) -> None:
    first = site.get("/v1/account").json
    assert (first["name"], first["doubt_policy"], first["resend_after_seconds"]) == (
        "alice",
        "never_resend",
        None,
    )
    changed = site.call("PATCH", "/v1/account", {"doubt_policy": "resend_after", "resend_after_seconds": 90})
    assert changed.status == 200
    assert (
        site.get("/v1/account").json
        == changed.json
        == first
        | {
            "doubt_policy": "resend_after",
            "resend_after_seconds": 90,
        }
    )
    assert site.get("/v1/account", key=site.bob.live_key).json["doubt_policy"] == "never_resend"
    kept = site.call("PATCH", "/v1/account", {"resend_after_seconds": 120}).json
    assert (kept["doubt_policy"], kept["resend_after_seconds"]) == ("resend_after", 120)
    back = site.call("PATCH", "/v1/account", {"doubt_policy": "never_resend"}).json
    assert (back["doubt_policy"], back["resend_after_seconds"]) == ("never_resend", None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"doubt_policy": "guess"}, ("/doubt_policy", "one_of")),
        ({"doubt_policy": "resend_after"}, ("/resend_after_seconds", "required")),
        (
            {"doubt_policy": "resend_after", "resend_after_seconds": 59},
            ("/resend_after_seconds", "out_of_range"),
        ),
        ({"resend_after_seconds": 90}, ("/resend_after_seconds", "not_allowed")),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(site: Site, body: Any, problem: tuple[str, str]) -> None:
    answer = site.call("PATCH", "/v1/account", body)
    assert (answer.status, answer.problems) == (400, [problem])
    assert site.get("/v1/account").json["doubt_policy"] == "never_resend"


def test_a_test_key_changes_no_policy(site: Site) -> None:
    answer = site.call("PATCH", "/v1/account", {"doubt_policy": "never_resend"}, key=site.alice.test_key)
    assert (answer.status, answer.reason) == (403, "scope_missing")
