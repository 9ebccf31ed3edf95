"""Small files of each kind that WhatsApp takes, whole enough for a look at their first bytes."""

import struct
import zlib


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\x20\x80\x60")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def _webp() -> bytes:
    body = b"WEBPVP8L" + struct.pack("<I", 8) + b"\x2f\x00\x00\x00\x00\x88\x88\x08"
    return b"RIFF" + struct.pack("<I", len(body)) + body


PNG = _png()
WEBP = _webp()
MP4 = struct.pack(">I", 24) + b"ftypisom\x00\x00\x02\x00isommp42" + struct.pack(">I", 8) + b"moov"
OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(10)
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
