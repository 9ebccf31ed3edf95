"""The token that travels with each send and comes back in its statuses.

`g1.<message>-<attempt>.<mac>`: which attempt a status speaks of, although the answer to that attempt was
never read. The MAC makes it ours: nobody can make up a token that moves a message. It holds no personal
data. Meta echoes it as `biz_opaque_callback_data` (WhatsApp Cloud API, status webhooks).
"""

import hmac
import re
from collections.abc import Callable

from trunkline.model.ids import MESSAGE

Mac = Callable[[bytes], bytes]
_TOKEN = re.compile(r"g1\.([0-7][0-9a-hjkmnp-tv-z]{25})-([1-9][0-9]{0,8})\.([0-9a-f]{16})")


def attempt_id(message_id: str, n: int) -> str:
    """`msg_01h…` and 2 → `01h…-2`."""
    return f"{message_id.removeprefix(MESSAGE + '_')}-{n}"


def make_token(message_id: str, n: int, mac: Mac) -> str:
    attempt = attempt_id(message_id, n)
    return f"g1.{attempt}.{mac(attempt.encode()).hex()}"


def read_token(token: str | None, mac: Mac) -> tuple[str, int] | None:
    """(message id, attempt) of a token of ours; None for anybody else's text."""
    match = _TOKEN.fullmatch(token) if token else None
    if match is None:
        return None
    expected = mac(f"{match[1]}-{match[2]}".encode()).hex()
    if not hmac.compare_digest(expected, match[3]):
        return None
    return f"{MESSAGE}_{match[1]}", int(match[2])
