"""What the terminal says of a message's state and of what went wrong with it."""

from trunkline.cli import life

REFUSED = {
    "title": "The recipient has opted out",
    "cause": "They wrote STOP.",
    "remedy": "Ask.",
    "actor": "sender",
}


def test_a_message_that_waits_for_a_person_says_so() -> None:
    assert "until the person writes" in life.meaning({"state": "held", "state_reason": "window_closed"})
    assert "mended" in life.meaning({"state": "held", "state_reason": "number_held:190"})


def test_a_refusal_of_our_own_has_no_code_of_the_provider() -> None:
    ours = dict(life.error_lines({"code": 0, **REFUSED}))["error"]
    theirs = dict(life.error_lines({"code": 131026, **REFUSED}))["error"]
    assert (ours, theirs) == ("The recipient has opted out", "131026 The recipient has opted out")
