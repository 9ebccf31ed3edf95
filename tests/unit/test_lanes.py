from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW, make_waiting
from trunkline.model.message import Priority
from trunkline.outbound.lanes import LONG, Lanes
from trunkline.store.messages import Waiting

HIGH, NORMAL, BULK = Priority


def taken(lanes: Lanes, now: int = NOW) -> str | None:
    message = lanes.take(now)
    return message.id if message else None


def test_a_lane_lets_one_message_out_at_a_time_in_order() -> None:
    lanes = Lanes()
    for name in ("first", "second"):
        lanes.add(make_waiting("a", name=name), NOW)
    assert taken(lanes) == "first"
    assert taken(lanes) is None
    lanes.free("a", "first", NOW)
    assert taken(lanes) == "second"


def test_lanes_do_not_wait_for_each_other() -> None:
    lanes = Lanes()
    for lane, name in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        lanes.add(make_waiting(lane, name=name), NOW)
    assert [taken(lanes), taken(lanes), taken(lanes)] == ["a1", "b1", None]


def test_a_message_put_back_goes_before_those_behind_it_and_not_before_its_time() -> None:
    lanes = Lanes()
    first = make_waiting("a", name="first")
    lanes.add(first, NOW)
    lanes.add(make_waiting("a", name="second"), NOW)
    lanes.take(NOW)
    lanes.put_back(first, NOW + 500, NOW)
    assert lanes.next_wake() == NOW + 500
    assert taken(lanes, NOW + 499) is None
    assert taken(lanes, NOW + 500) == "first"


def test_a_blocked_lane_waits_until_the_message_in_doubt_is_settled() -> None:
    lanes = Lanes()
    lanes.block("a", "in-doubt")
    lanes.add(make_waiting("a", name="next"), NOW)
    assert taken(lanes) is None
    lanes.free("a", "in-doubt", NOW)
    assert taken(lanes) == "next"


def test_late_news_of_a_former_message_does_not_free_a_lane_that_another_keeps_busy() -> None:
    lanes = Lanes()
    for name in ("first", "second", "third"):
        lanes.add(make_waiting("a", name=name), NOW)
    lanes.take(NOW)
    lanes.free("a", "first", NOW)
    assert taken(lanes) == "second"
    lanes.free("a", "first", NOW)
    assert taken(lanes) is None


def test_a_message_that_is_here_already_is_not_added_again() -> None:
    lanes = Lanes()
    message = make_waiting("a")
    lanes.add(message, NOW)
    lanes.add(message, NOW)
    assert len(lanes) == 1
    lanes.take(NOW)
    lanes.free("a", message.id, NOW)
    assert taken(lanes) is None


def test_a_message_due_later_rests_until_then() -> None:
    lanes = Lanes()
    lanes.add(make_waiting("a", due_at=NOW + 1000, name="later"), NOW)
    assert taken(lanes) is None
    assert taken(lanes, NOW + 1000) == "later"


def test_an_emptied_line_keeps_nothing_in_memory() -> None:
    lanes = Lanes()
    for index in range(100):
        lanes.add(make_waiting(str(index), name=str(index)), NOW)
    while (message := lanes.take(NOW)) is not None:
        lanes.free(message.recipient, message.id, NOW)
    assert len(lanes) == 0
    assert lanes._lanes == {}


def test_a_long_lane_counts_as_a_short_one_and_the_count_comes_back_to_nothing() -> None:
    lanes = Lanes()
    waiting = [make_waiting("a", name=str(index)) for index in range(3 * LONG)] + [make_waiting("b")]
    for message in waiting:
        lanes.add(message, NOW)
    assert (len(lanes), sum(lanes.counted)) == (3 * LONG + 1, LONG + 1)
    first = lanes.take(NOW)
    assert first is not None
    lanes.put_back(first, NOW, NOW)
    assert (len(lanes), sum(lanes.counted)) == (3 * LONG + 1, LONG + 1)
    while (message := lanes.take(NOW)) is not None:
        lanes.free(message.recipient, message.id, NOW)
    assert (len(lanes), sum(lanes.counted)) == (0, 0)


def test_a_message_on_its_way_is_known_until_it_is_settled() -> None:
    lanes = Lanes()
    message = make_waiting("a")
    lanes.add(message, NOW)
    lanes.take(NOW)
    lanes.add(message, NOW)
    assert len(lanes) == 0


def test_a_higher_priority_overtakes_in_its_lane_and_before_other_lanes() -> None:
    lanes = Lanes()
    lanes.add(make_waiting("a", name="a-bulk", priority=BULK), NOW)
    lanes.add(make_waiting("b", name="b-normal", priority=NORMAL), NOW)
    lanes.add(make_waiting("a", name="a-code", priority=HIGH), NOW)
    assert [taken(lanes), taken(lanes), taken(lanes)] == ["a-code", "b-normal", None]
    lanes.free("a", "a-code", NOW)
    assert taken(lanes) == "a-bulk"


def test_a_one_time_code_does_not_wait_for_the_retry_of_what_it_overtakes() -> None:
    lanes = Lanes()
    late = make_waiting("a", name="late", priority=NORMAL)
    lanes.add(late, NOW)
    lanes.take(NOW)
    lanes.put_back(late, NOW + 5000, NOW)
    lanes.add(make_waiting("a", name="code", priority=HIGH), NOW)
    assert taken(lanes) == "code"
    lanes.free("a", "code", NOW)
    assert taken(lanes, NOW + 4999) is None
    assert taken(lanes, NOW + 5000) == "late"


def test_a_lower_priority_does_not_pass_a_higher_one_that_rests() -> None:
    lanes = Lanes()
    code = make_waiting("a", name="code", priority=HIGH)
    lanes.add(code, NOW)
    lanes.take(NOW)
    lanes.put_back(code, NOW + 1000, NOW)
    lanes.add(make_waiting("a", name="bulk", priority=BULK), NOW)
    assert taken(lanes) is None
    assert taken(lanes, NOW + 1000) == "code"


def test_four_normal_ones_go_for_each_of_bulk() -> None:
    lanes = Lanes()
    for index in range(100):
        for priority in (NORMAL, BULK):
            lanes.add(make_waiting(f"{priority}-{index}", priority=priority), NOW)
    first = [message.priority for _ in range(50) if (message := lanes.take(NOW)) is not None]
    assert Counter(first) == {NORMAL: 40, BULK: 10}
    assert all(BULK in first[index : index + 5] for index in range(46))


def test_bulk_alone_goes_as_fast_as_any() -> None:
    lanes = Lanes()
    for index in range(10):
        lanes.add(make_waiting(str(index), priority=BULK), NOW)
    assert sum(lanes.take(NOW) is not None for _ in range(10)) == 10


def test_what_another_process_accepted_earlier_goes_before_what_came_later() -> None:
    lanes = Lanes()
    for name in ("m2", "m4", "m1", "m3"):
        lanes.add(make_waiting("a", name=name), NOW)
    order = []
    while (name := taken(lanes)) is not None:
        order.append(name)
        lanes.free("a", name, NOW)
    assert order == ["m1", "m2", "m3", "m4"]


def test_what_is_queued_again_after_a_doubt_is_in_line_once() -> None:
    lanes = Lanes()
    doubtful = make_waiting("a", name="doubtful")
    lanes.block("a", "doubtful")
    lanes.add(doubtful, NOW)  # a look into the store, before the news came
    lanes.put_back(doubtful, NOW, NOW)
    lanes.put_back(doubtful, NOW, NOW)
    assert (taken(lanes), len(lanes)) == ("doubtful", 0)


def test_what_is_queued_again_while_another_is_out_waits_for_that() -> None:
    lanes = Lanes()
    lanes.add(make_waiting("a", name="out"), NOW)
    lanes.take(NOW)
    lanes.put_back(make_waiting("a", name="again"), NOW, NOW)
    assert taken(lanes) is None
    lanes.free("a", "out", NOW)
    assert taken(lanes) == "again"


class Model:
    """What `Lanes` promises, said as simply as can be: a list, and who is out."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Waiting, int]] = []  # with the moment at which it may go
        self.out: dict[str, Waiting] = {}

    def may_go(self, now: int) -> set[str]:
        """The first of the best priority of each lane in which nothing is out, if it is due."""
        heads: dict[str, tuple[Waiting, int]] = {}
        for message, due in self.waiting:
            best = heads.get(message.recipient)
            if best is None or message.priority < best[0].priority:
                heads[message.recipient] = (message, due)
        free = [head for recipient, head in heads.items() if recipient not in self.out]
        best = min((message.priority for message, due in free if due <= now), default=None)
        allowed = {HIGH} if best == HIGH else {NORMAL, BULK}
        return {message.id for message, due in free if due <= now and message.priority in allowed}


Steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "take", "take", "free", "back", "time"]),
        st.integers(0, 3),
        st.sampled_from(list(Priority)),
    ),
    max_size=120,
)


@given(Steps)
def test_nothing_is_lost_and_every_order_is_kept_whatever_happens(steps: list[tuple[str, int, int]]) -> None:
    lanes, model, now = Lanes(), Model(), NOW
    for n, (step, chosen, priority) in enumerate(steps):
        if step == "add":
            message = make_waiting(f"r{chosen}", due_at=NOW, name=f"m{n:04}", priority=priority)
            lanes.add(message, now)
            model.waiting.append((message, NOW))
        elif step == "take":
            allowed, message_out = model.may_go(now), lanes.take(now)
            assert (message_out.id if message_out else None) in (allowed or {None})
            if message_out is not None:
                model.waiting = [pair for pair in model.waiting if pair[0].id != message_out.id]
                model.out[message_out.recipient] = message_out
        elif step == "time":
            now += 10 * chosen
        elif message := model.out.pop(f"r{chosen}", None):
            if step == "free":
                lanes.free(message.recipient, message.id, now)
            else:
                lanes.put_back(message, now + 15, now)
                model.waiting.insert(0, (message, now + 15))
        assert len(lanes) == len(model.waiting)
    drain(lanes, model, now + 10_000)


def drain(lanes: Lanes, model: Model, now: int) -> None:
    """Everything comes out, and then nothing is kept."""
    for message in list(model.out.values()):
        lanes.free(message.recipient, message.id, now)
    left = {message.id for message, _ in model.waiting}
    while (message := lanes.take(now)) is not None:
        left.remove(message.id)
        lanes.free(message.recipient, message.id, now)
    assert (left, len(lanes), lanes._lanes, lanes.counted) == (set(), 0, {}, [0, 0, 0])


def test_since_when_something_could_have_gone_is_known_and_a_blocked_lane_is_no_such_thing() -> None:
    lanes = Lanes()
    assert lanes.ready_since() is None
    lanes.add(make_waiting("a", name="a1", due_at=NOW - 5), NOW)
    lanes.add(make_waiting("b", name="b1", due_at=NOW - 9, priority=BULK), NOW)
    assert lanes.ready_since() == NOW - 9
    for _ in range(2):
        lanes.take(NOW)
    lanes.add(make_waiting("a", name="a2", due_at=NOW - 99), NOW)
    assert lanes.ready_since() is None
