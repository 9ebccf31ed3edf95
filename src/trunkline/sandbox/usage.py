"""Calls in the last hour: for the limits of management calls, and the headers that tell of them.

Sends do not count. A call that is refused here does not count either.
"""

from collections import deque

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.errors import known_error
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.switches import Switches

_MINUTE = 60_000
_MINUTES = 60
_WITH_A_NUMBER = 5000
_WITHOUT_NUMBERS = 200


class LastHour:
    """Calls by minute, so that a busy hour costs no memory."""

    def __init__(self) -> None:
        self._minutes: deque[list[int]] = deque()
        self._count = 0

    def count(self, now: int) -> int:
        minute = now // _MINUTE
        while self._minutes and self._minutes[0][0] <= minute - _MINUTES:
            self._count -= self._minutes.popleft()[1]
        return self._count

    def add(self, now: int) -> None:
        minute = now // _MINUTE
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append([minute, 0])
        self._minutes[-1][1] += 1
        self._count += 1

    def minutes_to_wait(self, now: int, limit: int) -> int:
        """Until fewer than `limit` calls lie in the last hour."""
        left = self.count(now)
        for minute, calls in self._minutes:
            if left < limit:
                return 0
            left -= calls
            if left < limit:
                return max(1, minute + _MINUTES - now // _MINUTE)
        return 0


class Usage:
    """Of the account and of the app."""

    def __init__(
        self, clock: Clock, switches: Switches, numbers: Shelf[BusinessNumber], account: str
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._numbers = numbers
        self._account = account
        self._of_account = LastHour()
        self._of_app = LastHour()

    def count_account(self) -> None:
        """Note a call to anything of the account, or raise 80007."""
        self._note(self._of_account, self._switches.management_per_hour, 80007)

    def count_app(self) -> None:
        """Note a call about the app or a token, or raise 4."""
        self._note(self._of_app, self._switches.app_calls_per_hour, 4)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """In percent of what is allowed; where nothing is limited, of what Meta allows."""
        now = self._clock.now()
        limit = self._switches.management_per_hour
        if limit is None:
            registered = any(number.registered for number in self._numbers.values())
            limit = _WITH_A_NUMBER if registered else _WITHOUT_NUMBERS
        used = _percent(self._of_account.count(now), limit)
        business = {
            "type": "whatsapp_business_management",
            "call_count": used,
            "total_cputime": used,
            "total_time": used,
            "estimated_time_to_regain_access": self._of_account.minutes_to_wait(now, limit),
        }
        of_app = _percent(self._of_app.count(now), self._switches.app_calls_per_hour or _WITH_A_NUMBER)
        app = {"call_count": of_app, "total_cputime": of_app, "total_time": of_app}
        return [
            (b"x-business-use-case-usage", msgspec.json.encode({self._account: [business]})),
            (b"x-app-usage", msgspec.json.encode(app)),
        ]

    def _note(self, hour: LastHour, limit: int | None, code: int) -> None:
        now = self._clock.now()
        if limit is not None and hour.count(now) >= limit:
            raise known_error(code)
        hour.add(now)


def _percent(count: int, limit: int) -> int:
    """Rounded up, so that a single call shows."""
    return -(-100 * count // max(1, limit))
