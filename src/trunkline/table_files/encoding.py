"""In which encoding a file of text is written: by its mark, its zero bytes, else by trying UTF-8.

A file that is no UTF-8 was most often saved by a spreadsheet on Windows. One that is UTF-8 but for a few
places stays UTF-8: these places are told, row by row.
"""

import codecs
from pathlib import Path
from typing import NamedTuple

from trunkline.table_files.found import Encoding, TableError

SAMPLE = 65_536
_CHUNK = 1024 * 1024
_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x00\x1a"
_NO_TEXT = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS)
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class Encoded(NamedTuple):
    encoding: Encoding
    start: int
    """Where the text begins: behind the mark."""


def look_at_encoding(path: Path, head: bytes, stated: Encoding | None) -> Encoded:
    if head.startswith(_UTF_32):
        raise TableError("encoding", "The file is in UTF-32. Save it as UTF-8.")
    for mark, encoding in _MARKS:
        if head.startswith(mark) and stated in (None, encoding):
            return Encoded(encoding, len(mark))
    if stated is not None:
        return Encoded(stated, 0)
    if (wide := _by_zeros(head)) is not None:
        return Encoded(wide, 0)
    _require_text(head)
    return Encoded("utf-8" if _is_mostly_utf8(path) else "windows-1252", 0)


def _by_zeros(head: bytes) -> Encoding | None:
    """Latin letters, digits and delimiters have a zero byte at every other place in UTF-16."""
    half = len(head) // 2
    if half < 2:
        return None
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _require_text(head: bytes) -> None:
    strange = len(head) - len(head.translate(None, _NO_TEXT))
    if strange > len(head) * 0.05 or head.count(0) > len(head) * 0.3:
        raise TableError("not_a_table", "The file is not text. CSV and XLSX are taken.")


def _is_mostly_utf8(path: Path) -> bool:
    """All of the file, because the first letter beyond ASCII may stand in the last row."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = broken = 0
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            if (text := decoder.decode(data)).isascii():
                continue
            wrong = text.count(_UNKNOWN)
            broken += wrong
            good += len(text) - len(text.encode("ascii", "ignore")) - wrong
    broken += decoder.decode(b"", final=True).count(_UNKNOWN)
    return good >= broken
