"""Ids: UUIDv7 (RFC 9562 §5.7) in TypeID text form, `<prefix>_<26 letters and digits>`.

We make them before the first write, so that a write can be repeated without harm. They sort by time of
making, within one process strictly. The text is Crockford base32 in lower case, as TypeID 0.3 writes it.
"""

import os
import re
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # ten bits at a time
_PATTERN = re.compile(r"([a-z]{2,8})_([0-7][0-9a-hjkmnp-tv-z]{25})")

MESSAGE = "msg"
ACCOUNT = "acc"
NUMBER = "num"
KEY = "key"
REQUEST = "req"
INBOX = "inb"


class _Sequence:
    """Millisecond and a 12-bit counter that never repeat and never go back, whatever the clock does."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            ticks = (time.time_ns() // 1_000_000) << 12
            self._last = ticks if ticks > self._last else self._last + 1
            return self._last


_sequence = _Sequence()


def new_id(prefix: str) -> str:
    """A new id of this kind, larger than every id this process made before."""
    ticks = _sequence.next()
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62
    value |= int.from_bytes(os.urandom(8), "big") >> 2
    return f"{prefix}_{_encode(value)}"


def _encode(value: int) -> str:
    pairs = _PAIRS
    return "".join([pairs[(value >> shift) & 1023] for shift in range(120, -1, -10)])


def is_id(text: str, prefix: str) -> bool:
    """True when `text` has the shape of an id of this kind; says nothing of whether it exists."""
    match = _PATTERN.fullmatch(text)
    return match is not None and match[1] == prefix
