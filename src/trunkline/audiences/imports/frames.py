"""What the process that reads a file is told, and what it tells: frames of a length and MessagePack."""

import struct
from typing import BinaryIO

import msgspec

from trunkline.audiences.imports.options import ColumnUse, Found, Options

LENGTH = struct.Struct(">I")
ROWS = 100
LETTERS = 262_144
"""In a batch, at most; but for its last row."""


class Look(msgspec.Struct, tag="look", kw_only=True):
    """Say what is found in this file."""

    path: str
    options: Options


class Read(msgspec.Struct, tag="read", kw_only=True):
    """Give its rows behind the first `done`."""

    path: str
    options: Options
    uses: dict[str, ColumnUse]
    done: int = 0


class Good(msgspec.Struct, array_like=True, gc=False):
    """A row that somebody can be made of. `columns` is JSON text, name → text."""

    n: int
    line: int
    phone: str | None
    user_id: str | None
    name: str | None
    language: str | None
    time_zone: str | None
    tags: tuple[str, ...]
    agreed: bool | None
    attributes: dict[str, str]
    columns: str


class Bad(msgspec.Struct, array_like=True, gc=False):
    n: int
    line: int
    column: str | None
    reason: str
    detail: str
    found: str | None


class Batch(msgspec.Struct, tag="batch"):
    """The next rows, up to the row `last`, counted from 1."""

    last: int
    good: list[Good] = []
    bad: list[Bad] = []
    hidden: int = 0
    formulas: int = 0
    letters: int = 0


class Seen(msgspec.Struct, tag="seen"):
    found: Found


class Refused(msgspec.Struct, tag="refused"):
    """The file can not be read, or not further."""

    reason: str
    detail: str


class Ended(msgspec.Struct, tag="ended"):
    """There are no more rows."""


Order = Look | Read
Told = Batch | Seen | Refused | Ended
_encoder = msgspec.msgpack.Encoder()


def write(stream: BinaryIO, value: Order | Told) -> None:
    data = _encoder.encode(value)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()
