"""A send's answer and its statuses may come in any order, twice, alone or together: one result."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import ACCOUNT, NOW
from tests.store.conftest import Opened
from tests.store.test_sending import (
    intend,
    make_message,
    open_lanes,
    outcome,
    queue,
    record,
    report,
    row,
    tell,
)
from trunkline.model.message import State
from trunkline.store import attempts

FACTS = [("sent", 100), ("delivered", 200), ("read", 300), ("failed", 150)]
CASES = 150


def final(db: Opened, chance: random.Random, told: list[tuple[str, int]], answer: State | None) -> Any:
    """The message after these facts and this answer, in an order of chance. Some facts lack the token."""
    message = make_message(f"1555{chance.randrange(10**7):07}")
    intend(db, queue(db, message), message)
    tokens = [True] + [chance.random() < 0.5 for _ in told[1:]]  # with one at least, the send can be known
    chance.shuffle(tokens)
    facts = [
        report(message, status, NOW + at, evidence=token)
        for (status, at), token in zip(told, tokens, strict=True)
    ]
    facts += chance.sample(facts, chance.randrange(len(facts) + 1))
    chance.shuffle(facts)
    steps: list[Callable[[], Any]] = []
    while facts:
        count = chance.randrange(1, 4)
        some, facts = facts[:count], facts[count:]
        steps.append(lambda some=some: tell(db, *some))  # type: ignore[misc]
    if answer is not None:
        steps.insert(chance.randrange(len(steps) + 1), lambda: record(db, outcome(message, answer)))
    for step in steps:
        step()
    found = row(db, message)
    assert found.provider_id == f"wamid.{message.id}"
    assert message.recipient not in open_lanes(db)
    [attempt] = db.read(lambda tx: attempts.of_message(tx, ACCOUNT, message.id))
    assert attempt.is_open == 0
    return (found.state, found.sent_at, found.delivered_at, found.read_at, found.failed_at)


@pytest.mark.parametrize("answer", [State.SUBMITTED, State.UNKNOWN, None])
def test_any_order_of_answer_and_facts_gives_one_result(answer: State | None, db: Opened) -> None:
    chance = random.Random(f"orders {answer}")
    for _ in range(CASES // 3):
        told = chance.sample(FACTS, chance.randrange(1, 5))
        assert len({final(db, chance, told, answer) for _ in range(3)}) == 1, told
