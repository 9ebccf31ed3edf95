"""How often strangers may open short links: nobody makes us look and write as fast as they can ask."""

from trunkline.clock import Clock
from trunkline.errors import Refusal
from trunkline.short_links.shorten import is_token

PEER_PER_SECOND = 500
"""From one address, which may be a proxy before everybody."""
LINK_PER_MINUTE = 30
_MOST_KEYS = 100_000


class LinkGate:
    """Keeps a stranger from making us look and write as fast as they can ask. One for each API."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._peers = _Window(1.0, PEER_PER_SECOND)
        self._links = _Window(60.0, LINK_PER_MINUTE)

    def pass_(self, peer: str, token: str) -> None:
        """`Refusal` when this is too much."""
        now = self._clock.monotonic()
        keys = [(self._peers, peer)]
        if is_token(token):  # what else there is leads nowhere, and may be of any length
            keys.append((self._links, token))
        for window, key in keys:
            if not window.has_room(key, now):
                raise Refusal("too_many_requests", headers={"Retry-After": str(int(window.seconds))})


class _Window:
    """Counts by key, from zero again in every `seconds`."""

    def __init__(self, seconds: float, most: int) -> None:
        self.seconds = seconds
        self._most = most
        self._began = 0.0
        self._counts: dict[str, int] = {}

    def has_room(self, key: str, now: float) -> bool:
        if now - self._began >= self.seconds or len(self._counts) >= _MOST_KEYS:
            self._began, self._counts = now, {}
        count = self._counts[key] = self._counts.get(key, 0) + 1
        return count <= self._most
