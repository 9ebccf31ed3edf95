"""Message ids in the shape of Meta's: `wamid.` and base64 of the other party, a direction and a random key.

The layout is read off the samples in Meta's documentation; clients must treat the id as opaque.
"""

import base64
import os

_PREFIX = b"\x1c\x18"
_BUSINESS_TO_USER = b"\x15\x02\x00\x11\x18\x12"  # … then 0x12 = 18 characters of key


def new_wamid(party: str) -> str:
    """A new id for a message from the business to `party` (digits or a user id)."""
    name = party.encode()[:255]
    key = os.urandom(9).hex().upper().encode()
    raw = b"".join((_PREFIX, bytes((len(name),)), name, _BUSINESS_TO_USER, key, b"\x00"))
    return "wamid." + base64.b64encode(raw).decode()
