"""PROBE: what a file is. In comes a path, out goes `Found`.

The first bytes choose the reader of one format; it goes through the file and notes what it sees. What is then
taken for a picture, sound or film is also looked at as what else it could be.
"""

from collections.abc import Callable
from pathlib import Path

from trunkline.media_probe import (
    amr,
    archives,
    compound,
    documents,
    gif,
    jpeg,
    movie,
    mpeg_audio,
    ogg,
    png,
    webp,
)
from trunkline.media_probe.facts import Facts
from trunkline.media_probe.found import UNKNOWN_TYPE, Found
from trunkline.media_probe.others import by_magic, by_markup
from trunkline.media_probe.source import Broken, Source
from trunkline.media_probe.strangers import also

_HEAD = 4096
_PDF_REACH = 1024

_Reader = Callable[[Source, Facts], None]
_READERS: tuple[tuple[bytes, _Reader], ...] = (
    (png.MAGIC, png.read),
    (jpeg.MAGIC, jpeg.read),
    (b"GIF87a", gif.read),
    (b"GIF89a", gif.read),
    (ogg.MAGIC, ogg.read),
    (amr.MAGIC, amr.read),
    (b"%PDF-", documents.read_pdf),
    (b"PK\x03\x04", archives.read),
    (b"PK\x05\x06", archives.read),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", compound.read),
)
_LOOKED_AT_TWICE = ("image/", "audio/", "video/")


def probe(path: Path) -> Found:
    """Reads the file by seeks, in some milliseconds: call it in a thread. `OSError` comes as it is."""
    with path.open("rb", buffering=0) as file:
        size = path.stat().st_size
        facts, source = Facts(), Source(file, size)
        fault: str | None = None
        others: tuple[str, ...] = ()
        try:
            if not size:
                raise Broken("it is empty")
            _read(source, facts)
        except Broken as broken:
            fault = str(broken)
        if facts.mime_type.startswith(_LOOKED_AT_TWICE):
            fault, others = _look_again(source, facts, fault)
        return facts.found(size, fault, others)


def _look_again(source: Source, facts: Facts, fault: str | None) -> tuple[str | None, tuple[str, ...]]:
    try:
        return fault, also(source, facts)
    except Broken as broken:
        return fault or str(broken), ()


def _read(source: Source, facts: Facts) -> None:
    head = source.at(0, _HEAD)
    reader = _reader(source, head)
    if reader is not None:
        reader(source, facts)
        return
    facts.mime_type = by_magic(head) or _kind_of_text(source, head)


def _reader(source: Source, head: bytes) -> _Reader | None:
    for magic, reader in _READERS:
        if head.startswith(magic):
            return reader
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return webp.read
    if movie.is_of_boxes(head):
        return movie.read
    if (sound := _sound(source, head)) is not None:
        return sound
    return documents.read_pdf if b"%PDF-" in head[:_PDF_REACH] else None


def _sound(source: Source, head: bytes) -> _Reader | None:
    """Frames of sound begin with bits that much else could begin with: so two of them are looked for."""
    has_tag = head.startswith(b"ID3")
    if not has_tag and head[:1] != b"\xff":
        return None
    place = mpeg_audio.after_tag(source)
    if mpeg_audio.begins(source, place, mpeg_audio.adts_frame):
        return mpeg_audio.read_aac
    if has_tag or mpeg_audio.begins(source, place, mpeg_audio.mp3_frame):
        return mpeg_audio.read_mp3
    return None


def _kind_of_text(source: Source, head: bytes) -> str:
    if not documents.is_text(source):
        return UNKNOWN_TYPE
    return by_markup(head) or ("text/xml" if head.lstrip().startswith(b"<?xml") else "text/plain")
