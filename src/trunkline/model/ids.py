"""Ids: UUIDv7 (RFC 9562 §5.7) in TypeID text form, `<prefix>_<26 letters and digits>`.

We make them before the first write, so that a write can be repeated without harm. They sort by time of
making, within one process strictly. The text is Crockford base32 in lower case, as TypeID 0.3 writes it.
"""

import os
import re
import struct
import threading
import time
from collections.abc import Iterator
from functools import lru_cache

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # ten bits at a time
_RANDOM_LETTERS = _ALPHABET.encode() * 8  # of any byte, five bits
_PATTERN = re.compile(r"([a-z]{2,8})_([0-7][0-9a-hjkmnp-tv-z]{25})")

MESSAGE = "msg"
ACCOUNT = "acc"
NUMBER = "num"
KEY = "key"
REQUEST = "req"
INBOX = "inb"
PROCESS = "prc"
EVENT = "evt"
CONTACT = "con"
CONVERSATION = "cnv"
CONSENT = "cns"
ENDPOINT = "end"
POST = "pst"
MEDIA = "med"
TEMPLATE = "tpl"
LIST = "lst"
SEGMENT = "seg"
IMPORT = "imp"
CAMPAIGN = "cmp"
RATE_CARD = "rat"


class _Sequence:
    """Milliseconds with a 12-bit counter that never repeat and never go back, whatever the clock does."""

    def __init__(self) -> None:
        self._last = 0
        self._random: Iterator[tuple[bytes]] = iter(())
        self._lock = threading.Lock()

    def next(self) -> tuple[int, bytes]:
        """The ticks, and 13 random bytes.

        Those are drawn for many ids at once: asking the system gives the processor to another thread, and
        on the way of every message that costs more than the rest of its id.
        """
        with self._lock:
            ticks = ticks_now()
            self._last = ticks if ticks > self._last else self._last + 1
            return self._last, self._draw()

    def draw(self) -> bytes:
        with self._lock:
            return self._draw()

    def _draw(self) -> bytes:
        drawn = next(self._random, None)
        if drawn is None:
            self._random = struct.iter_unpack("13s", os.urandom(13 * 256))
            drawn = next(self._random)
        return drawn[0]

    def forget(self) -> None:
        """In a process that was forked off: what was drawn belongs to the other one."""
        self._random = iter(())


_sequence = _Sequence()
os.register_at_fork(after_in_child=_sequence.forget)


def new_id(prefix: str) -> str:
    """A new id of this kind, larger than every id this process made before."""
    return _written(prefix, *_sequence.next())


def ticks_now() -> int:
    """The moment as ids count it: finer than a millisecond. For `id_at`, where a database keeps the count."""
    return (time.time_ns() // 1_000_000) << 12


def id_at(prefix: str, ticks: int) -> str:
    """An id that sorts by `ticks`, whoever makes it."""
    return _written(prefix, ticks, _sequence.draw())


def _written(prefix: str, ticks: int, random: bytes) -> str:
    head = 0x7 << 16 | (ticks & 0xFFF) << 4 | 0b10 << 2 | random[0] & 0b11
    tail = random[1:].translate(_RANDOM_LETTERS).decode()
    return f"{prefix}_{_moment(ticks >> 12)}{_PAIRS[head >> 10]}{_PAIRS[head & 1023]}{tail}"


@lru_cache(maxsize=1)  # the same for all ids of a millisecond
def _moment(milliseconds: int) -> str:
    return "".join([_PAIRS[(milliseconds >> shift) & 1023] for shift in range(40, -1, -10)])


def first_id(prefix: str, at: int) -> str:
    """Not larger than any id of this kind that is made at this moment or later."""
    return f"{prefix}_{_moment(max(at, 0))}{'0' * 16}"


def last_id(prefix: str) -> str:
    """Not smaller than any id of this kind: where a list that goes backward begins."""
    return f"{prefix}_7{'z' * 25}"


def pairs() -> list[str]:
    """All pairs of letters of ids, in their order: who sorts these alike sorts ids alike."""
    return list(_PAIRS)


def made_at(id_: str) -> int:
    """When an id was made, in milliseconds."""
    moment = 0
    for letter in id_.partition("_")[2][:10]:
        moment = moment << 5 | _ALPHABET.index(letter)
    return moment


def is_id(text: str, prefix: str) -> bool:
    """True when `text` has the shape of an id of this kind; says nothing of whether it exists."""
    match = _PATTERN.fullmatch(text)
    return match is not None and match[1] == prefix
