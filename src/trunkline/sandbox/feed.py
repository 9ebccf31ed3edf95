"""What happens in the sandbox, told as it happens to whoever listens: the handset page, tests, scripts."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

_MOST_WAITING = 10_000


class Event(msgspec.Struct, frozen=True):
    name: str
    data: dict[str, Any]


class Listener:
    """Events since it was made. One that does not keep up loses them, and is told so by `reset`."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    def push(self, event: Event | None) -> None:
        if self._events.qsize() >= _MOST_WAITING:
            while not self._events.empty():
                self._events.get_nowait()
            self._events.put_nowait(Event("reset", {}))
        self._events.put_nowait(event)

    async def next(self) -> Event | None:
        """None when there will be no more."""
        return await self._events.get()


class Feed:
    """Nothing is kept for later; without listeners telling costs next to nothing."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._is_closed = False

    @property
    def is_heard(self) -> bool:
        return bool(self._listeners)

    def tell(self, name: str, data: Callable[[], dict[str, Any]]) -> None:
        """`data` is only asked for when somebody listens."""
        if self._listeners:
            event = Event(name, data())
            for listener in self._listeners:
                listener.push(event)

    def close(self) -> None:
        """Nobody hears anything any more."""
        self._is_closed = True
        for listener in self._listeners:
            listener.push(None)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        listener = Listener()
        self._listeners.append(listener)
        if self._is_closed:
            listener.push(None)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)
