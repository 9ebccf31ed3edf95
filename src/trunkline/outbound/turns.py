"""Who may wait for a file: few at once for the same one, and few for what is behind links to one host.

The room for waiting is small. A campaign whose messages all name one file, or a host that does not answer,
must not take it from the others; whoever has no turn rests in the line, and finds the file here a little
later.
"""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from trunkline.channels.contract import NamedFile

TOGETHER = 4
"""Messages that wait for the same file."""

OF_HOST = 8
"""Different links to one host."""

Key = tuple[str, NamedFile]
Turn = Sequence[Key]


class Turns:
    def __init__(self) -> None:
        self._waiting: Counter[Key] = Counter()
        self._hosts: Counter[str] = Counter()

    def take(self, number_id: str, files: Sequence[NamedFile]) -> Turn | None:
        """For all of them, or none."""
        if not all(self._has_room(number_id, file) for file in files):
            return None
        turn = [(number_id, file) for file in files]
        for key in turn:
            self._waiting[key] += 1
            if self._waiting[key] == 1:
                self._hosts[_host(key[1])] += 1
        return turn

    def give_back(self, turn: Turn) -> None:
        for key in turn:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
                self._leave(_host(key[1]))

    def _has_room(self, number_id: str, file: NamedFile) -> bool:
        waiting = self._waiting[number_id, file]
        if waiting:
            return waiting < TOGETHER
        return not file.is_link or self._hosts[_host(file)] < OF_HOST

    def _leave(self, host: str) -> None:
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]


def _host(file: NamedFile) -> str:
    """Empty for what is here already, which any number may wait for."""
    try:
        return (urlsplit(file.name).hostname or "") if file.is_link else ""
    except ValueError:  # it is refused when it is read
        return ""
