"""Facts in any order and any pieces, before or after the answer: one state, one set of events."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chaos.status_cases import STATUSES, Case, Fact, case, outcome
from trunkline.model.events import NewEvent, of_message, of_status_facts
from trunkline.model.message import Progress, State, bind, merge

SENDING = Progress("msg_1", "num_1", "15550002222", State.SENDING, 1, None)
FACTS = st.lists(st.builds(Fact, st.sampled_from(STATUSES), st.integers(0, 5), st.booleans()), max_size=6)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    facts = draw(FACTS)
    facts = draw(st.permutations(facts + facts[: draw(st.integers(0, len(facts)))]))
    cuts = draw(st.lists(st.booleans(), min_size=len(facts), max_size=len(facts)))
    return case(facts, cuts, draw(st.integers(0, len(facts))), is_answered=True)


class Told:
    """The rules as the store's transactions use them: a fact is known once, and waits for its owner."""

    def __init__(self) -> None:
        self.progress = SENDING
        self.events: list[NewEvent] = []
        self._known: dict[str, int] = {}
        self._is_owned = False

    def answer(self) -> None:
        if self.progress.state is not State.SENDING:  # evidence was faster
            return
        self.progress = bind(self.progress, "wamid.x", 10)
        self.events.append(of_message("acc_1", self.progress, "submitted", 10))
        self._apply(list(self._known.items()))
        self._is_owned = True

    def post(self, facts: list[Fact]) -> None:
        new = {fact.status for fact in facts} - self._known.keys()
        for fact in facts:
            self._known[fact.status] = min(fact.second, self._known.get(fact.status, fact.second))
        if self._is_owned:
            self._apply([(fact.status, fact.second) for fact in facts], new)
        elif any(fact.has_token for fact in facts):
            self._is_owned = True
            before, self.progress = self.progress, bind(self.progress, "wamid.x", 10)
            self.events += of_status_facts("acc_1", before, self.progress, ())
            self._apply(list(self._known.items()))

    def _apply(self, facts: list[tuple[str, int]], new: set[str] | None = None) -> None:
        before = self.progress
        for status, second in facts:
            self.progress = merge(self.progress, status, second, f"e{second}" if status == "failed" else None)
        fresh = [(status, at, None) for status, at in facts if new is None or status in new]
        self.events += of_status_facts("acc_1", before, self.progress, fresh)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(cases())
def test_any_order_of_facts_in_any_posts_gives_one_state_and_one_set_of_events(drawn: Case) -> None:
    told = Told()
    for step in drawn.steps:
        told.answer() if isinstance(step, str) else told.post(list(step))
    expected, progress = outcome(drawn.facts), told.progress
    kept = {status: getattr(progress, f"{status}_at") for status in ("sent", "delivered", "read", "failed")}
    assert progress.state == expected.state
    assert {status: at for status, at in kept.items() if at is not None} == expected.at
    assert progress.error == (f"e{expected.at['failed']}" if "failed" in expected.at else None)
    assert sorted(event.type for event in told.events) == sorted(expected.types)


def test_an_event_says_whether_the_state_followed_it() -> None:
    def effective(before: State, status: str) -> bool:
        moments = {
            State.SENT: {"sent_at": 1},
            State.FAILED: {"failed_at": 1},
            State.DELIVERED: {"delivered_at": 1},
        }
        start = Progress("msg_1", "num_1", "1", before, 1, "w", submitted_at=1, **moments.get(before, {}))
        [event] = [
            event
            for event in of_status_facts("acc_1", start, merge(start, status, 2), [(status, 2, None)])
            if event.type == f"message.{status}"
        ]
        return b'"effective":true' in event.data.encode()

    assert effective(State.SUBMITTED, "sent")
    assert effective(State.SENT, "failed")
    assert effective(State.FAILED, "delivered")
    assert not effective(State.FAILED, "sent")
    assert not effective(State.DELIVERED, "failed")
    assert not effective(State.DELIVERED, "sent")
