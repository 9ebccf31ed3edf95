"""Bodies of multipart/form-data: text fields and files, from every client that comes near the standard.

`wire.py` hands over the body and its content type. Fields may stand in any order, names may be quoted or not,
a file may be named by `filename`, by `filename*`, or only be told by its content type.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.call import File

_MOST_PARTS = 100


def parse_multipart(body: bytes, content_type: str) -> tuple[dict[str, str], dict[str, File]]:
    """Text fields and files by name; the last of a name wins. `GraphError` for a body that is broken."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks(), max_header_count=32, max_header_size=16_384)
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError):
        raise invalid("The multipart body could not be read.") from None
    return parts.fields, parts.files


class _Parts:
    """Gathers what the parser finds."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.files: dict[str, File] = {}
        self._count = 0
        self._name = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._data = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._count += 1
        if self._count > _MOST_PARTS:
            raise ValueError("too many parts")
        self._headers = {}
        self._data = bytearray()

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        # A view: a file is most of the body, and should be copied once.
        self._data += memoryview(data)[start:end]

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = _text(options.get(b"name", b""))
        filename = _filename(self._headers.get(b"content-disposition", b""), options)
        mime_type = _text(self._headers.get(b"content-type", b"")).strip()
        if filename is None and (not mime_type or (mime_type.startswith("text/plain") and name != "file")):
            self.fields[name] = _text(bytes(self._data))
        else:
            self.files[name] = File(filename or "", mime_type, bytes(self._data))


def _filename(disposition: bytes, options: dict[bytes, bytes]) -> str | None:
    """Without folders. `filename*` counts only where there is no plain `filename`."""
    if (plain := options.get(b"filename")) is not None:
        return _text(plain).replace("\\", "/").rpartition("/")[2]
    _, found, extended = disposition.partition(b"filename*=")
    if not found:
        return None
    charset, _, rest = extended.partition(b";")[0].strip().strip(b'"').partition(b"'")
    encoded = unquote_to_bytes(rest.rpartition(b"'")[2])
    try:
        return encoded.decode(charset.decode("ascii") or "utf-8", "replace")
    except (LookupError, UnicodeDecodeError):
        return _text(encoded)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
