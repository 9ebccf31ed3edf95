"""What is packed as ZIP: office files (OOXML, OpenDocument), programs, and plain archives.

The list of the entries is found from the file's end, so anything may stand before it.
"""

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import WINDOW, Broken, Source, small_end

_DIRECTORY_END = b"PK\x05\x06"
_DIRECTORY_END_SIZE = 22
_LONGEST_COMMENT = 0xFFFF
_MOST_ENTRIES = 10_000
_NO_PLACE = 0xFFFFFFFF
_OOXML = "application/vnd.openxmlformats-officedocument."
_FOLDERS = {
    b"word/": f"{_OOXML}wordprocessingml.document",
    b"xl/": f"{_OOXML}spreadsheetml.sheet",
    b"ppt/": f"{_OOXML}presentationml.presentation",
}


def read(source: Source, facts: Facts) -> None:
    facts.mime_type = "application/zip"
    if (kind := _named_first(source)) is not None:
        facts.mime_type = kind
    directory = find_directory(source)
    if directory is None:
        raise Broken("it ends before the list of its entries")
    place, end, count = directory
    names = _names(source, place, end, min(count, _MOST_ENTRIES))
    if b"[Content_Types].xml" in names:
        for folder, mime_type in _FOLDERS.items():
            if any(name.startswith(folder) for name in names):
                facts.mime_type = mime_type
    elif b"AndroidManifest.xml" in names:
        facts.mime_type = "application/vnd.android.package-archive"
    elif b"META-INF/MANIFEST.MF" in names:
        facts.mime_type = "application/java-archive"


def _named_first(source: Source) -> str | None:
    """OpenDocument and EPUB say what they are in their first entry, which is not packed."""
    head = source.at(0, 30)
    name, size = small_end(head[26:28]), small_end(head[18:22])
    if source.at(30, name) != b"mimetype" or not 0 < size < 100:
        return None
    said = source.at(30 + name + small_end(head[28:30]), size)
    return (
        said.decode()
        if said.startswith(b"application/") and said.isascii() and said.decode().isprintable()
        else None
    )


def find_directory(source: Source) -> tuple[int, int, int] | None:
    """Where the list of a ZIP's entries lies, and how many there are. It is found from the file's end."""
    start = max(0, source.size - _DIRECTORY_END_SIZE - _LONGEST_COMMENT)
    for low in sorted({start, max(start, source.size - WINDOW)}, reverse=True):
        tail = source.at(low, WINDOW)
        at = len(tail)
        while (at := tail.rfind(_DIRECTORY_END, 0, at)) >= 0:
            source.spend(1)
            record = source.at(low + at, _DIRECTORY_END_SIZE)
            if (
                len(record) == _DIRECTORY_END_SIZE
                and (found := _directory(source, low + at, record)) is not None
            ):
                return found
    return None


def _directory(source: Source, at: int, record: bytes) -> tuple[int, int, int] | None:
    count, size, start = small_end(record[10:12]), small_end(record[12:16]), small_end(record[16:20])
    if _NO_PLACE in (start, size):
        return at, at, 0  # the long form for large archives: it is one, and not read further
    place = at - size
    if place < start or (count and source.at(place, 4) != b"PK\x01\x02"):
        return None
    return place, at, count


def _names(source: Source, place: int, end: int, count: int) -> set[bytes]:
    names: set[bytes] = set()
    for _ in range(count):
        head = source.at(place, 46)
        if head[:4] != b"PK\x01\x02" or len(head) < 46 or place >= end:
            break
        name, extra, comment = (small_end(head[at : at + 2]) for at in (28, 30, 32))
        names.add(source.at(place + 46, min(name, 32)))
        place += 46 + name + extra + comment
    return names
