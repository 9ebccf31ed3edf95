"""An open store of each engine, with an event loop that stays for the whole test."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.factories import NOW
from tests.stores import quick_store
from trunkline.store import Store

T = TypeVar("T")


class Opened:
    """A store, and a way to wait for it."""

    def __init__(self, runner: asyncio.Runner, store: Store) -> None:
        self.store = store
        self.run = runner.run

    def write(self, work: Any) -> Any:
        return self.run(self.store.write(work))

    def read(self, work: Any) -> Any:
        return self.run(self.store.read(work))

    def together(self, *waits: Coroutine[Any, Any, T]) -> list[Any]:
        """All at once: they share a group commit."""

        async def gather() -> list[Any]:
            return await asyncio.gather(*waits, return_exceptions=True)

        return self.run(gather())


@pytest.fixture
def db(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    url = request.getfixturevalue("used_postgres_url") if engine == "postgres" else ""
    with asyncio.Runner() as runner:
        store = runner.run(quick_store(url, tmp_path, NOW))
        yield Opened(runner, store)
        runner.run(store.close())
