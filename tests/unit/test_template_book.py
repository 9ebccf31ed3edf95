"""What is kept of templates in memory: as long as it is true, and never too much of it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from trunkline.clock import VirtualClock
from trunkline.templates.book import Known, Names, TemplateBook

HERE = ("acc_1", "2000")


class Store:
    """Answers with what it holds when it is asked, and says how often it was."""

    def __init__(self) -> None:
        self.names = of("en")
        self.asked = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def read(self, work: Callable[[Any], Awaitable[Any]]) -> Names:
        self.asked += 1
        names = self.names
        self.meanwhile()
        return names


def of(*languages: str, synced_at: int | None = 1, status: str = "APPROVED") -> Names:
    return Names({language: Known("tpl_1", status, {}, None, None, 1) for language in languages}, synced_at)


def book(most: int = 100) -> tuple[TemplateBook, Store, VirtualClock]:
    store, clock = Store(), VirtualClock()
    runtime: Any = SimpleNamespace(store=store, clock=clock)
    return TemplateBook(runtime, most), store, clock


def find(kept: TemplateBook, name: str, account_id: str = "acc_1") -> Names:
    async def work() -> Names:
        return kept.known(account_id, "2000", name) or await kept.find(account_id, "2000", name)

    return asyncio.run(work())


def test_what_was_read_is_known_until_its_account_changes_something() -> None:
    kept, store, _ = book()
    for _ in range(3):
        assert find(kept, "a") is store.names
    find(kept, "a", "acc_2")
    assert store.asked == 2
    kept.forget("acc_1")
    assert kept.known(*HERE, "a") is None
    assert kept.known("acc_2", "2000", "a") is not None
    kept.forget_all()
    assert kept.known("acc_2", "2000", "a") is None


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    kept, store, _ = book()
    store.meanwhile = lambda: kept.forget("acc_1")
    assert find(kept, "a").languages["en"].status == "APPROVED"
    assert kept.known(*HERE, "a") is None


def test_the_names_asked_for_last_are_kept_and_each_language_counts() -> None:
    kept, store, _ = book(most=4)
    store.names = of("de", "en")
    find(kept, "a")
    find(kept, "b")
    find(kept, "a")
    find(kept, "c")
    assert [name for name in "abc" if kept.known(*HERE, name)] == ["a", "c"]
    store.names = of(*(f"l{n}" for n in range(9)))
    find(kept, "many")
    assert [name for name in ("a", "c", "many") if kept.known(*HERE, name)] == ["many"]


def test_the_store_is_asked_again_after_a_while_and_soon_where_nothing_was_read_yet() -> None:
    async def story() -> None:
        kept, store, clock = book()
        await kept.find(*HERE, "a")
        store.names = of(synced_at=None)
        await kept.find(*HERE, "b")
        clock.advance(6_000)
        assert kept.known(*HERE, "b") is None
        assert kept.known(*HERE, "a") is not None
        clock.advance(60_000)
        assert kept.known(*HERE, "a") is None

    asyncio.run(story())
