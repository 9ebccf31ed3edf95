"""The office files of old: sectors in chains, as in a small file system; the names in it tell what it is."""

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source, small_end

_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
_MOST_DIRECTORY_SECTORS = 64
_FREE = 0xFFFFFFFF
_NO_SECTOR = 0xFFFFFFFA
"""From here on numbers of sectors are words, such as the end of a chain."""


def read(source: Source, facts: Facts) -> None:
    facts.mime_type = "application/x-ole-storage"
    head = source.need(0, 512, "its header")
    shift = small_end(head[30:32])
    if shift not in (9, 12):
        raise Broken("its header makes no sense")
    sector = 1 << shift
    tables = [one for at in range(76, 512, 4) if (one := small_end(head[at : at + 4])) < _NO_SECTOR]
    place, seen = small_end(head[48:52]), 0
    while place < _NO_SECTOR and seen < _MOST_DIRECTORY_SECTORS:
        seen += 1
        entries = source.need((place + 1) * sector, sector, "its directory")
        for at in range(0, sector, 128):
            length = small_end(entries[at + 64 : at + 66])
            name = entries[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            facts.mime_type = _STREAMS.get(name, facts.mime_type)
        place = _next(source, tables, place, sector)
    _check_sectors(source, tables, sector)


def _next(source: Source, tables: list[int], place: int, sector: int) -> int:
    each = sector // 4
    if place // each >= len(tables):
        return _FREE
    at = (tables[place // each] + 1) * sector + place % each * 4
    return small_end(source.need(at, 4, "its table of sectors"))


def _check_sectors(source: Source, tables: list[int], sector: int) -> None:
    """Every sector that is in use must have begun before the file ends."""
    each = sector // 4
    for n in reversed(range(len(tables))):
        data = source.need((tables[n] + 1) * sector, sector, "its table of sectors")
        used = [m for m in range(each) if small_end(data[4 * m : 4 * m + 4]) != _FREE]
        if used:
            if (n * each + used[-1] + 1) * sector >= source.size:
                raise Broken("it ends before its last sector")
            return
