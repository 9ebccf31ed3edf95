"""The short form of `python -m tests.chaos.statuses`."""

from pathlib import Path

from tests.chaos.statuses import run

CASES = {"sqlite": 500, "postgres": 250}


def test_any_statuses_in_any_order_and_pieces_give_one_state_and_one_set_of_events(
    engine: str, store_url: str, tmp_path: Path
) -> None:
    done = run(tmp_path, store_url, CASES[engine], seed=7, minutes=5)
    assert done.wrong == []
    assert done.cases == CASES[engine]
    assert done.answers.keys() == {
        "alone", "before", "between", "after", "lost, before", "lost, between", "lost, after"
    }  # fmt: skip
