"""What else the same bytes can be read as: the marks of other formats, and what lies behind a file's own end.

Cameras put things there too: more pictures, a short film of the moment, notes of their own. Those are no
strangers, nor are zeros.
"""

from trunkline.media_probe import jpeg
from trunkline.media_probe.archives import find_directory
from trunkline.media_probe.boxes import boxes
from trunkline.media_probe.facts import Facts
from trunkline.media_probe.found import UNKNOWN_TYPE
from trunkline.media_probe.others import MARKUP_REACH, by_magic, by_markup
from trunkline.media_probe.source import Broken, Source

_PDF_REACH = 1024
_MOST_PICTURES = 16


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
    if not found and facts.end is not None and (stranger := _behind(source, facts)) is not None:
        found.append(stranger)
    return tuple(found)


def _behind(source: Source, facts: Facts) -> str | None:
    """The type of what follows the file's own end; None where nothing does, or nothing strange."""
    assert facts.end is not None
    place = facts.end
    if facts.mime_type == "image/jpeg":
        place = _after_cameras(source, place)
    if all(not part.strip(b"\x00") for part in source.parts(place, source.size)):
        return None
    head = source.at(place, MARKUP_REACH)
    if b"%PDF-" in head:
        return "application/pdf"
    return by_magic(head) or by_markup(head) or UNKNOWN_TYPE


def _after_cameras(source: Source, place: int) -> int:
    if source.at(source.size - 4, 4) == b"SEFT":
        return source.size
    try:
        for _ in range(_MOST_PICTURES):
            if source.at(place, 3) != jpeg.MAGIC:
                break
            place = jpeg.end_of(source, place)
        if source.at(place + 4, 4) == b"ftyp":
            for box in boxes(source, place, source.size, "its film"):
                place = box.end
    except Broken:
        pass  # no picture and no film: then it is strange
    return place
