"""Cases for the merge of statuses: what is told of one message, in which pieces, and what must come of it.

A case is a multiset of facts, cut at random into posts, with the answer of the send somewhere among them.
What must come of it is worked out from the multiset alone, so the order cannot matter to it. Pure.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

STATUSES = ("sent", "delivered", "read", "played", "failed", "a_new_word")
ANSWER = "the answer of the send"


class Fact(NamedTuple):
    status: str
    second: int
    """After the send."""
    has_token: bool


Step = Sequence[Fact] | str
"""One post's facts, or `ANSWER`."""


class Case(NamedTuple):
    steps: Sequence[Step]
    is_answered: bool
    """Whether the answer is read; else it is recorded as ambiguous, and only a token ends the doubt."""

    @property
    def facts(self) -> list[Fact]:
        return [fact for step in self.steps if not isinstance(step, str) for fact in step]


class Outcome(NamedTuple):
    """`at`: status → the second that must be kept of it."""

    state: str
    at: dict[str, int]
    types: frozenset[str]


def draw(chance: random.Random) -> Case:
    facts = [
        Fact(chance.choice(STATUSES), chance.randint(0, 6), chance.random() < 0.7)
        for _ in range(chance.choice((0, 1, 2, 3, 3, 4, 5, 6)))
    ]
    facts += [fact for fact in facts if chance.random() < 0.25]  # the provider repeats itself
    chance.shuffle(facts)
    is_answered = chance.random() < 0.8 or not any(fact.has_token for fact in facts)
    return case(facts, [chance.random() < 0.5 for _ in facts], chance.randint(0, len(facts)), is_answered)


def case(facts: Sequence[Fact], cuts: Sequence[bool], answer_at: int, is_answered: bool) -> Case:
    """`cuts`: before which facts another post begins; the answer comes before the fact `answer_at`."""
    steps: list[list[Fact] | str] = []
    for n, fact in enumerate(facts):
        if n == answer_at:
            steps.append(ANSWER)
        if not steps or isinstance(steps[-1], str) or cuts[n]:
            steps.append([])
        steps[-1].append(fact)  # type: ignore[union-attr]
    return Case(steps if ANSWER in steps else [*steps, ANSWER], is_answered)


def outcome(facts: Sequence[Fact]) -> Outcome:
    """Of a message that the provider took."""
    first = {
        status: min((fact.second for fact in facts if fact.status == status), default=None)
        for status in STATUSES
    }
    read = _first(first["read"], first["played"])
    delivered = _first(first["delivered"], read)
    moments = {"sent": first["sent"], "delivered": delivered, "read": read, "failed": first["failed"]}
    at = {status: second for status, second in moments.items() if second is not None}
    shown = next((status for status in ("read", "delivered", "failed", "sent") if status in at), "submitted")
    told = {"submitted", *at} | ({"played"} if first["played"] is not None else set())
    return Outcome(shown, at, frozenset(f"message.{status}" for status in told))


def _first(*seconds: int | None) -> int | None:
    return min((second for second in seconds if second is not None), default=None)
