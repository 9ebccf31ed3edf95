"""Connections that wait for the next request to the same host, so that not each pays for a handshake.

Each remembers the peer that was looked at when it was made, to be judged again by the rules of the day.
"""

import asyncio
from collections.abc import Callable

from trunkline.guarded_http.connection import Connection

_IDLE_SECONDS = 20.0
_LIFE_SECONDS = 300.0  # afterwards the name is looked up again
_MOST_IDLE = 256

Key = tuple[str, str, int]
"""(scheme, host, port)"""


class _Kept:
    def __init__(self, connection: Connection, key: Key, peer: str, born: float) -> None:
        self.connection = connection
        self.key = key
        self.peer = peer
        self.dies_at = born + _LIFE_SECONDS
        self.alarm: asyncio.TimerHandle | None = None


class Pool:
    def __init__(self) -> None:
        self._known: dict[Connection, _Kept] = {}
        self._idle: list[_Kept] = []  # the freshest last

    def know(self, connection: Connection, key: Key, peer: str) -> None:
        """Of a new connection, before it is used."""
        self._known[connection] = _Kept(connection, key, peer, asyncio.get_running_loop().time())

    def take(self, key: Key, is_allowed: Callable[[str], bool]) -> Connection | None:
        for kept in reversed(self._idle):
            if kept.key == key:
                self._idle.remove(kept)
                if kept.alarm is not None:
                    kept.alarm.cancel()
                if kept.connection.is_open and is_allowed(kept.peer):
                    return kept.connection
                self._drop(kept)
                return self.take(key, is_allowed)
        return None

    def keep(self, connection: Connection) -> None:
        """Its exchange is over; where it can not be used again it is forgotten."""
        kept = self._known.get(connection)
        if kept is None:  # all were closed meanwhile
            return
        loop = asyncio.get_running_loop()
        if not connection.is_open or loop.time() >= kept.dies_at:
            self._drop(kept)
            return
        self._idle.append(kept)
        kept.alarm = loop.call_later(_IDLE_SECONDS, self._expire, kept)
        if len(self._idle) > _MOST_IDLE:
            self._expire(self._idle[0])

    def close(self) -> None:
        for kept in list(self._known.values()):
            self._expire(kept)

    def _expire(self, kept: _Kept) -> None:
        if kept.alarm is not None:
            kept.alarm.cancel()
        if kept in self._idle:
            self._idle.remove(kept)
        self._drop(kept)

    def _drop(self, kept: _Kept) -> None:
        kept.connection.close()
        self._known.pop(kept.connection, None)
