"""A file behind a link of a user: what is said of how it was got, or why not.

`GuardedTransport.fetch` is the way in. The words name every host that was asked and what it answered, and
nothing that a query may hold as a secret; an address that the rules forbid is not named.
"""

from typing import NamedTuple

from trunkline.outgoing_http import Answer, TransportError
from trunkline.url_guard import Target

_LONGEST_PATH = 100
_PASSING = frozenset({408, 421, 425, 429})


class Fetched(NamedTuple):
    content_type: str | None
    """As the server says."""
    steps: str
    """How it was reached, such as `https://files.example/a.jpg → 302 cdn.example`."""


class Steps:
    """The hosts of a request and its redirects, with what each answered."""

    def __init__(self) -> None:
        self._text = ""

    def begin(self, target: Target) -> None:
        path = target.path.partition("?")[0]
        self._text = f"{target.scheme}://{target.authority}{path[:_LONGEST_PATH]}"

    def answered(self, status: int) -> None:
        self._text += f" → {status}"

    def led_to(self, target: Target) -> None:
        self._text += f" {target.authority}"

    def __str__(self) -> str:
        return self._text


class FetchError(TransportError):
    """Nothing came that can be used. `is_final`: nor will it soon."""

    def __init__(self, steps: Steps, detail: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(f"{steps} → {detail}" if str(steps) else detail)


def why_not(steps: Steps, answer: Answer) -> FetchError:
    """Of an answer that is no 200."""
    is_final = answer.status < 500 and answer.status not in _PASSING
    detail = str(answer.status)
    if 300 <= answer.status < 400:
        detail += ", one redirect too many" if answer.headers.get("location") else ", which leads nowhere"
    return FetchError(steps, detail, is_final=is_final)
