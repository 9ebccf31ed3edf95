from tests.factories import NOW, make_waiting
from trunkline.outbound.lanes import LONG, Lanes


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
    assert (len(lanes), lanes.counted) == (3 * LONG + 1, LONG + 1)
    first = lanes.take(NOW)
    assert first is not None
    lanes.put_back(first, NOW, NOW)
    assert (len(lanes), lanes.counted) == (3 * LONG + 1, LONG + 1)
    while (message := lanes.take(NOW)) is not None:
        lanes.free(message.recipient, message.id, NOW)
    assert (len(lanes), lanes.counted) == (0, 0)


def test_a_message_on_its_way_is_known_until_it_is_settled() -> None:
    lanes = Lanes()
    message = make_waiting("a")
    lanes.add(message, NOW)
    lanes.take(NOW)
    lanes.add(message, NOW)
    assert len(lanes) == 0
