"""PDF and plain text."""

import codecs

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import WINDOW, Broken, Source

_PDF_END = 4096
"""What may be behind the end mark of a PDF, beside padding: readers allow for something."""

_TEXT_END = 4096
_NO_TEXT = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})


def read_pdf(source: Source, facts: Facts) -> None:
    facts.mime_type = "application/pdf"
    _, mark, behind = source.at(max(0, source.size - WINDOW), WINDOW).rpartition(b"%%EOF")
    if not mark or len(behind.strip(b"\x00\t\r\n ")) > _PDF_END:
        raise Broken("it ends before its end mark (%%EOF)")


def is_text(source: Source) -> bool:
    """Whether its beginning and its end read as text of any usual encoding."""
    head = source.at(0, WINDOW)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    tail = source.at(max(0, source.size - _TEXT_END), _TEXT_END)
    return bool(head) and all(len(part.translate(None, _NO_TEXT)) == len(part) for part in (head, tail))
