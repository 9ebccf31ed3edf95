"""News of other processes: whoever listens goes on listening."""

import asyncio

import pytest

from trunkline.store import postgres_news
from trunkline.store.contract import MISSED
from trunkline.store.postgres_news import Listener


class Connection:
    async def add_listener(self, *about: object) -> None: ...

    async def execute(self, statement: str) -> None: ...

    def terminate(self) -> None: ...


def test_a_fault_of_ours_does_not_leave_a_process_deaf(
    monkeypatch: pytest.MonkeyPatch, logged_errors: list[str]
) -> None:
    monkeypatch.setattr(postgres_news, "AGAIN_SECONDS", 0.01)
    faults = [ZeroDivisionError("on purpose"), OSError("away")]

    async def connect() -> Connection:
        if faults:
            raise faults.pop(0)
        return Connection()

    async def story() -> None:
        heard: asyncio.Queue[str] = asyncio.Queue()
        listener = Listener(connect, (OSError,), heard.put_nowait)
        assert await asyncio.wait_for(heard.get(), 30) == MISSED
        await listener.stop()

    asyncio.run(story())
    assert len(logged_errors) == 1
    logged_errors.clear()
