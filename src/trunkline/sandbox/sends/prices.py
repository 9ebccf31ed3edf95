"""As what a message is priced: by its day, the 24-hour window, and what a number had free this month.

Asked once for each send that is taken. Meta decides when it is delivered; here that is decided at once, by
the statuses that it will have. Days and months begin at midnight UTC.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.content.messages import Message
from trunkline.sandbox.database import Database
from trunkline.sandbox.handsets.people import People
from trunkline.sandbox.handsets.windows import Windows
from trunkline.sandbox.state import State
from trunkline.sandbox.switches import Switches
from trunkline.sandbox.webhooks.statuses import FREE, QUOTA, REGULAR

_OCTOBER_2026 = round(datetime(2026, 10, 1, tzinfo=UTC).timestamp() * 1000)
_ARRIVED = {"delivered", "read", "played"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Prices:
    """Counts the free service messages of each number and month."""

    def __init__(  # noqa: PLR0913, PLR0917 - whom it asks
        self,
        database: Database,
        clock: Clock,
        switches: Switches,
        state: State,
        people: People,
        windows: Windows,
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._state = state
        self._people = people
        self._windows = windows
        self._month = _month_of(clock.now())
        rows = database.read_now("count_free_sends", (_start_of(clock.now()),))
        self._used = Counter({str(number): int(count or 0) for number, count in rows})

    def price_of(
        self, phone_number_id: str, message: Message, category: str, statuses: tuple[str, ...]
    ) -> str:
        """Outside of free entry windows, where all is free. `category` is empty for service messages."""
        now = self._clock.now()
        if category:
            is_free = category == "utility" and self._is_utility_free(now)
            return (
                FREE if is_free and self._is_in_window(phone_number_id, message.recipient, now) else REGULAR
            )
        if now < _OCTOBER_2026 or message.type == "reaction" or self._switches.free_service is None:
            return FREE
        return self._charge_service(phone_number_id, now, _ARRIVED.isdisjoint(statuses))

    def _is_utility_free(self, now: int) -> bool:
        return now < _OCTOBER_2026 or self._switches.free_utility

    def _charge_service(self, phone_number_id: str, now: int, fails: bool) -> str:
        if (month := _month_of(now)) != self._month:
            self._month = month
            self._used.clear()
        assert self._switches.free_service is not None
        if self._used[phone_number_id] >= self._switches.free_service:
            return REGULAR
        if fails:
            return FREE
        self._used[phone_number_id] += 1
        return QUOTA

    def _is_in_window(self, phone_number_id: str, recipient: str, now: int) -> bool:
        """Whether they wrote; that a lenient sandbox refuses nobody is no open window."""
        handset = self._state.handsets.get(recipient)
        if handset is not None and handset.window_open is not None:
            return handset.window_open
        person = self._people.find(recipient)
        return self._windows.is_open(phone_number_id, person.address if person else recipient, now)


def _month_of(at: int) -> tuple[int, int]:
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.year, moment.month


def _start_of(at: int) -> int:
    year, month = _month_of(at)
    return round(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000)
