"""What else the same bytes can be read as: the marks of other formats, and what begins behind a file's end.

Bytes there that are of no such format are no strangers. Every reader leaves them out, and phones put much
there: more pictures, a short film of the moment, notes of their makers, padding.
"""

from trunkline.media_probe.archives import find_directory
from trunkline.media_probe.facts import Facts
from trunkline.media_probe.others import MARKUP_REACH, by_magic, by_markup
from trunkline.media_probe.source import Source

_PDF_REACH = 1024


def also(source: Source, facts: Facts) -> tuple[str, ...]:
    """Other types, each once."""
    head = source.at(0, MARKUP_REACH)
    found = []
    if b"%PDF-" in head[:_PDF_REACH]:
        found.append("application/pdf")
    if head[257:262] == b"ustar":
        found.append("application/x-tar")
    if (markup := by_markup(head)) not in (None, facts.mime_type):
        found.append(markup)
    if find_directory(source) is not None:
        found.append("application/zip")
    if not found and facts.end is not None and (stranger := _behind(source, facts.end)) is not None:
        found.append(stranger)
    return tuple(found)


def _behind(source: Source, end: int) -> str | None:
    head = source.at(end, MARKUP_REACH)
    if b"%PDF-" in head:
        return "application/pdf"
    return by_magic(head) or by_markup(head)
