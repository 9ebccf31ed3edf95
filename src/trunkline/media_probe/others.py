"""Formats that are told by their first bytes and not looked into: so a refusal can name what was found."""

import re

_MAGIC = (
    (b"fLaC", "audio/flac"),
    (b"caff", "audio/x-caf"),
    (b".snd", "audio/basic"),
    (b"MThd", "audio/midi"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL ", "image/jxl"),
    (b"\x00\x00\x00\x0cjP  ", "image/jp2"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"),
    (b"{\\rtf", "application/rtf"),
    (b"%!PS", "application/postscript"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
_RIFF = {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe|\?php)[\s>/]", re.IGNORECASE)
_SVG = re.compile(rb"<(?:svg)[\s>]", re.IGNORECASE)
MARKUP_REACH = 1024
"""How far into a file a browser looks for what it might be."""


def by_magic(head: bytes) -> str | None:
    for magic, mime_type in _MAGIC:
        if head.startswith(magic) and (len(magic) > 2 or b"\x00" in head[:64]):
            return mime_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    return "application/x-tar" if head[257:262] == b"ustar" else None


def by_markup(head: bytes) -> str | None:
    """What a browser may take it for."""
    if _HTML.search(head[:MARKUP_REACH]):
        return "text/html"
    return "image/svg+xml" if _SVG.search(head[:MARKUP_REACH]) else None
