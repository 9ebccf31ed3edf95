"""The last webhooks that were posted, with what the receiver answered: for people who look for a fault."""

from collections import deque
from typing import Any

import msgspec

from trunkline.sandbox.clock import to_rfc3339

_KEPT = 1000
_MOST_BYTES = 32 << 20
"""Of bodies; what is batched is large."""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: int
    url: str
    field: str
    handset: str | None
    status: int | None
    """HTTP status of the answer; None when there was none."""
    signature: str
    body: bytes
    fault: str | None = None

    def describe(self) -> dict[str, Any]:
        described = msgspec.structs.asdict(self)
        return {**described, "at": to_rfc3339(self.at), "body": self.body.decode()}


class Journal:
    """In memory only."""

    def __init__(self) -> None:
        self._posted: deque[Posted] = deque()
        self._bytes = 0
        self._last_id = 0

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def add(self, posted: Posted) -> None:
        self._posted.append(posted)
        self._bytes += len(posted.body)
        while len(self._posted) > _KEPT or self._bytes > _MOST_BYTES:
            self._bytes -= len(self._posted.popleft().body)

    def list(self, *, after: int = 0, handset: str | None = None) -> list[Posted]:
        """Oldest first."""
        return [posted for posted in self._posted if posted.id > after and handset in (None, posted.handset)]

    def find(self, id_: str) -> Posted | None:
        return next((posted for posted in self._posted if str(posted.id) == id_), None)
