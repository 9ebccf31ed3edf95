"""The position passes an event only when nothing of it and nothing before it is left to do."""

import random

from trunkline.delivery.window import Window
from trunkline.store.events import EventRow


def event(n: int, lane: str | None = None) -> EventRow:
    return EventRow("acc", f"evt_{n:04}", "message.sent", "obj", n, None, lane, 0, "{}")


def ids(events: list[EventRow]) -> list[int]:
    return [one.sequence for one in events]


def test_the_position_follows_the_log_however_posts_end() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        window = Window("evt_0000")
        window.add([event(n) for n in range(1, 21)], lambda one, c=chance: c.random() < 0.7)
        out: list[EventRow] = []
        left = {id_ for id_, done in window._is_done.items() if not done}
        while left:
            out += window.take(chance.randint(1, 3), in_order=False)
            ended = out.pop(chance.randrange(len(out))).id
            expected = max(
                [f"evt_{n:04}" for n in range(21) if not any(i <= f"evt_{n:04}" for i in left - {ended})]
            )
            assert window.position_with({ended}) == max(expected, window.position)
            window.done([ended])
            left.discard(ended)
            assert all(window.position < id_ for id_ in left)
        assert window.position == "evt_0020"
        assert window.open == 0


def test_in_order_a_lane_has_one_event_out() -> None:
    window = Window("")
    window.add([event(1, "a"), event(2, "a"), event(3, "b"), event(4), event(5)], lambda _: True)
    assert ids(window.take(9, in_order=True)) == [1, 3, 4, 5]
    assert window.take(9, in_order=True) == []
    window.done(["evt_0003"])
    assert window.take(9, in_order=True) == []
    window.done(["evt_0001"])
    assert ids(window.take(9, in_order=True)) == [2]


def test_followers_of_a_lane_are_taken_from_the_line() -> None:
    window = Window("")
    window.add([event(1, "a"), event(2, "b"), event(3, "a"), event(4, "a")], lambda _: True)
    assert ids(window.take(1, in_order=True)) == [1]
    assert ids(window.take_followers({"a"})) == [3, 4]
    window.done(["evt_0001", "evt_0003", "evt_0004"])
    assert window.position == "evt_0001"
    assert ids(window.take(9, in_order=True)) == [2]


def test_what_waits_can_be_forgotten_and_read_again() -> None:
    window = Window("")
    page = [event(n) for n in range(1, 7)]
    window.add(page, lambda _: True)
    first = window.take(2, in_order=False)
    window.drop_waiting()
    assert (window.cursor, window.waiting, window.open) == ("evt_0002", 0, 2)
    window.add([one for one in page if one.id > window.cursor], lambda _: True)
    window.done([one.id for one in first])
    window.drop_waiting()
    assert window.cursor == window.position == "evt_0002"


def test_there_is_room_for_as_many_as_are_wanted_and_no_more() -> None:
    window = Window("")
    assert window.room(10) == 10
    window.add([event(n) for n in range(1, 8)], lambda one: one.sequence > 2)
    assert window.room(10) == 5
    assert window.position == "evt_0002"
