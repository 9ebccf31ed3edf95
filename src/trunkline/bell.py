"""Rings when events of an account were appended, by whichever process: deliveries and streams wake up by it.

Nothing depends on a ring: whoever waits looks at the log again after a while all the same.
"""

import asyncio


class Bell:
    """Of one process. Rung by `bulletin.py`, on the event loop."""

    def __init__(self) -> None:
        self._next: dict[str, asyncio.Event] = {}

    def next(self, account_id: str) -> asyncio.Event:
        """Set at the account's next ring. Take it before looking at the log, wait for it after.

        Whoever waits for it with a clock sets it when the time is over, for all who wait: they look once
        more, and get a new one here.
        """
        event = self._next.get(account_id)
        if event is None or event.is_set():
            event = self._next[account_id] = asyncio.Event()
        return event

    def ring(self, account_id: str) -> None:
        event = self._next.pop(account_id, None)
        if event is not None:
            event.set()

    def ring_all(self) -> None:
        for account_id in list(self._next):
            self.ring(account_id)
