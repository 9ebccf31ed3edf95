"""The merge rule is a join: any order, any repetition, one result."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.model.message import Progress, State, bind, merge

START = Progress("msg_1", "num_1", "15550002222", State.SUBMITTED, 1, "wamid.x", submitted_at=100)
FACTS = st.tuples(
    st.sampled_from(["sent", "delivered", "read", "played", "failed", "a_new_word"]), st.integers(100, 105)
)


def after(facts: list[tuple[str, int]]) -> Progress:
    progress = START
    for status, at in facts:
        progress = merge(progress, status, at, "e" if status == "failed" else None)
    return progress


@settings(max_examples=2000, derandomize=True, deadline=None)
@given(st.lists(FACTS, max_size=6), st.randoms())
def test_any_order_and_repetition_of_facts_gives_one_message(facts: list, chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = facts + facts[: len(facts) // 2]
    chance.shuffle(shuffled)
    assert after(shuffled) == after(facts)


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "delivered", "read"])))
def test_a_late_sent_does_not_undo_read(order: tuple[str, ...]) -> None:
    assert after([(status, 200) for status in order]).state is State.READ


def test_read_implies_delivered_and_the_earliest_moment_stays() -> None:
    progress = after([("read", 300)])
    assert (progress.delivered_at, progress.read_at) == (300, 300)
    assert merge(progress, "delivered", 250).delivered_at == 250


def test_failed_shows_only_while_nothing_says_delivered() -> None:
    failed = after([("sent", 150), ("failed", 200)])
    assert (failed.state, failed.error) == (State.FAILED, "e")
    assert merge(failed, "delivered", 250).state is State.DELIVERED
    assert after([("delivered", 150), ("failed", 200)]).state is State.DELIVERED


def test_a_word_we_do_not_know_changes_nothing() -> None:
    assert merge(START, "deleted", 200) == START


def test_binding_ends_a_doubt() -> None:
    doubt = Progress("msg_1", "num_1", "1555", State.UNKNOWN, 1, None)
    bound = bind(doubt, "wamid.x", 200)
    assert (bound.state, bound.provider_id, bound.submitted_at) == (State.SUBMITTED, "wamid.x", 200)
