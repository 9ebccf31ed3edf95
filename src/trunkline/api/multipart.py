"""Bodies of multipart/form-data as they come: text fields to memory, the one file to a draft.

In come the parts of a body as the network cuts them; out comes a `Form`. What a client sends decides neither
how much memory is used nor where anything is written: parts, headers and fields have limits, and names of
files are only text. Faults that leave the rest readable are collected; others end it at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from trunkline.errors import Problem, Refusal, shorten
from trunkline.media_files import Draft

MOST_PARTS = 8
MOST_HEADERS = 8
LONGEST_HEADERS = 8192
LONGEST_FIELD = 4096
FILE = "file"
_AT_ONCE = 262_144
_A_TURN = 32_768
"""Of a form that is all false boundaries, this takes some milliseconds; then others have their turn."""

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what a client did wrong is told to the client


class Form(msgspec.Struct):
    fields: dict[str, str] = {}
    has_file: bool = False
    file_name: str | None = None
    """As it was given."""
    problems: list[Problem] = []


async def read_form(
    parts: AsyncIterator[bytes], content_type: str, fields: Collection[str], draft: Draft
) -> Form:
    """The text fields of these names, and the bytes of the field `file` in the draft. `Refusal` for a form
    that can not be read to its end."""
    reader = _Reader(fields)
    parser = _parser(content_type, reader)
    try:
        async for part in parts:
            for at in range(0, len(part), _A_TURN):
                parser.write(part[at : at + _A_TURN])
                await asyncio.sleep(0)
            if reader.waiting >= _AT_ONCE:
                await asyncio.to_thread(_write, draft, reader.take())
    except FormParserError:
        raise reader.refusal(
            "multipart", "This is not a form that can be read (multipart/form-data)."
        ) from None
    if not reader.is_whole:
        raise reader.refusal("multipart", "The form ends before its last boundary.")
    await asyncio.to_thread(_write, draft, reader.take())
    return reader.form


def _parser(content_type: str, reader: "_Reader") -> MultipartParser:
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:  # RFC 2046
        detail = "The header Content-Type must name the form's boundary, of 1 to 70 characters."
        raise reader.refusal("boundary", detail)
    return MultipartParser(
        boundary, reader.callbacks(), max_header_count=MOST_HEADERS, max_header_size=LONGEST_HEADERS
    )


def _write(draft: Draft, pieces: list[bytes]) -> None:
    for piece in pieces:
        draft.write(piece)


class _Reader:
    """Gathers what the parser finds."""

    def __init__(self, fields: Collection[str]) -> None:
        self.form = Form()
        self.is_whole = False
        self.waiting = 0
        """Bytes of the file that are not in the draft yet."""
        self._known = fields
        self._pieces: list[bytes] = []
        self._count = 0
        self._header_bytes = 0
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._name = ""
        self._field: bytearray | None = None

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._choose,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def take(self) -> list[bytes]:
        pieces, self._pieces, self.waiting = self._pieces, [], 0
        return pieces

    def refusal(self, rule: str, detail: str, pointer: str = "") -> Refusal:
        """With what was wrong before."""
        self._refuse(rule, detail, pointer)
        return Refusal("invalid_request", problems=self.form.problems)

    def _refuse(self, rule: str, detail: str, pointer: str, found: str | None = None) -> None:
        expected = f"{FILE}, {', '.join(self._known)}" if rule == "unknown_member" else None
        self.form.problems.append(Problem(pointer, rule, detail, found, expected))

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise self.refusal("too_many", f"A form has at most {MOST_PARTS} parts.")
        self._header_bytes = 0
        self._disposition = b""

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._count_header(end - start)

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._count_header(end - start)

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > LONGEST_HEADERS:
            raise self.refusal("too_long", f"A part has at most {LONGEST_HEADERS} bytes of headers.")

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _choose(self) -> None:
        """Where the data of this part goes."""
        _, options = parse_options_header(self._disposition)
        self._name = _text(options.get(b"name", b""))
        self._field = None
        pointer = f"/{shorten(self._name)[1:-1]}"
        if self._name == FILE and not self.form.has_file:
            self.form.has_file = True
            self.form.file_name = _file_name(self._disposition, options)
        elif self._name == FILE or self._name in self.form.fields:
            self._refuse("duplicate", "This field is given twice.", pointer)
            self._name = ""
        elif self._name not in self._known:
            self._refuse("unknown_member", "There is no such field.", pointer)
            self._name = ""
        else:
            self._field = bytearray()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is not None:
            self._field += data[start:end]
            if len(self._field) > LONGEST_FIELD:
                detail = f"A field has at most {LONGEST_FIELD} bytes."
                raise self.refusal("too_long", detail, f"/{self._name}")
        elif self._name == FILE:
            self._pieces.append(data[start:end])
            self.waiting += end - start

    def _end(self) -> None:
        if self._field is None:
            return
        try:
            self.form.fields[self._name] = self._field.decode()
        except UnicodeDecodeError:
            self._refuse("encoding", "This field is not UTF-8 text.", f"/{self._name}")

    def _finish(self) -> None:
        self.is_whole = True


def _file_name(disposition: bytes, options: dict[bytes, bytes]) -> str | None:
    """`filename*` (RFC 8187) counts where there is no plain `filename`."""
    if (plain := options.get(b"filename")) is not None:
        return _text(plain)
    _, found, extended = disposition.partition(b"filename*=")
    if not found:
        return None
    return _text(unquote_to_bytes(extended.partition(b";")[0].strip().rpartition(b"'")[2]))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
