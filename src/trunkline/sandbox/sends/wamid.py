"""Message ids in the shape of Meta's: `wamid.` and base64 of the other party, a direction and a random key.

The layout is read off the samples in Meta's documentation; clients must treat the id as opaque.
"""

import base64

from trunkline.sandbox.ids import random_bytes

_PREFIX = b"\x1c\x18"
_BUSINESS_TO_USER = b"\x15\x02\x00\x11\x18\x12"  # … then 0x12 = 18 characters of key
_USER_TO_BUSINESS = b"\x15\x02\x00\x12\x18\x20"  # … then 0x20 = 32 characters of key


def new_wamid(party: str) -> str:
    """A new id for a message from the business to `party` (digits or a user id)."""
    return _build(party, _BUSINESS_TO_USER, 9)


def new_received_wamid(party: str) -> str:
    """A new id for a message from `party` to the business."""
    return _build(party, _USER_TO_BUSINESS, 16)


def _build(party: str, direction: bytes, key_bytes: int) -> str:
    name = party.encode()[:255]
    key = random_bytes(key_bytes).hex().upper().encode()
    raw = b"".join((_PREFIX, bytes((len(name),)), name, direction, key, b"\x00"))
    return "wamid." + base64.b64encode(raw).decode()
