"""Posts in memory are taken in turn over accounts, within bounds."""

from trunkline.inbound.turns import Turns
from trunkline.store.inbox import OpenPost


def post(account: str, n: int, size: int = 10) -> OpenPost:
    return OpenPost(account, f"{account}{n}", "whatsapp_cloud", b"x" * size, 0)


def taken(turns: Turns, count: int = 100, size: int = 10_000) -> list[str]:
    return [one.id for one in turns.take(count, size)]


def test_one_accounts_flood_delays_no_other():
    turns = Turns(1000)
    for n in range(100):
        turns.add(post("a", n))
    turns.add(post("b", 0))
    assert taken(turns, count=4) == ["a0", "b0", "a1", "a2"]
    assert len(turns) == 97


def test_a_group_ends_at_its_size_but_is_never_empty():
    turns = Turns(1000)
    for account in ("a", "b"):
        for n in range(2):
            turns.add(post(account, n, size=600))
    assert taken(turns, size=1000) == ["a0"]
    assert taken(turns, size=1300) == ["b0", "a1"]
    assert taken(turns, size=1) == ["b1"]
    assert taken(turns) == []


def test_a_full_memory_still_has_room_for_who_is_below_his_share():
    turns = Turns(10)
    assert all(turns.add(post("a", n)) for n in range(10))
    assert not turns.add(post("a", 10))
    assert [turns.add(post("b", n)) for n in range(6)] == [True] * 5 + [False]
    assert len(turns) == 15
