"""Small real files of every kind that phones exchange, written here byte by byte; nothing is read from disk.

Each function gives the whole file. They decode in real players; what is silent, grey or of one colour is so
to be small. `tests/movie_samples.py` has those in boxes (mp4, m4a, 3gp), which are also given from here.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

from tests.movie_samples import boxes_of_unknown_brand, m4a, mov, mp4, three_gp

__all__ = [
    "aac",
    "amr",
    "boxes_of_unknown_brand",
    "doc",
    "docx",
    "gif",
    "grown",
    "jpeg",
    "m4a",
    "mov",
    "mp3",
    "mp4",
    "odt",
    "ogg_opus",
    "ogg_vorbis",
    "pdf",
    "png",
    "ppt",
    "pptx",
    "text",
    "three_gp",
    "webp",
    "xls",
    "xlsx",
    "zip_file",
]

PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png(width: int = 4, height: int = 4, *, depth: int = 8, color: int = 2, extra: bytes = b"") -> bytes:
    """`color`: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. `extra` lies in a private chunk."""
    row = b"\x00" + b"\x55" * ((width * PNG_CHANNELS[color] * depth + 7) // 8)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    palette = png_chunk(b"PLTE", bytes(range(256)) * 3) if color == 3 else b""
    private = png_chunk(b"teSt", extra) if extra else b""
    parts = (png_chunk(b"IHDR", header), palette, private, png_chunk(b"IDAT", zlib.compress(row * height)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(
    width: int = 16, height: int = 16, *, components: int = 3, precision: int = 8, comment: bytes = b""
) -> bytes:
    """One grey: each block is two zero bits. `components`: 1 grey, 3 colours, 4 CMYK."""
    sof = struct.pack(">BHHB", precision, height, width, components)
    sof += b"".join(bytes((n + 1, 0x11, 0)) for n in range(components))
    sos = bytes((components,)) + b"".join(bytes((n + 1, 0)) for n in range(components)) + b"\x00\x3f\x00"
    one_code = bytes((1,)) + bytes(15) + b"\x00"
    bits = 2 * components * ((width + 7) // 8) * ((height + 7) // 8)
    scan = bytearray(bits // 8) + (bytes((0xFF >> bits % 8,)) if bits % 8 else b"")
    segments = (
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        *((0xFE, comment[at : at + 65_000]) for at in range(0, len(comment), 65_000)),
        (0xDB, b"\x00" + b"\x01" * 64),
        (0xC0 if precision == 8 else 0xC1, sof),
        (0xC4, b"\x00" + one_code),
        (0xC4, b"\x10" + one_code),
        (0xDA, sos),
    )
    return b"\xff\xd8" + b"".join(jpeg_segment(*one) for one in segments) + bytes(scan) + b"\xff\xd9"


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def webp(
    width: int = 512, height: int = 512, *, animated: bool = False, alpha: bool = False, extra: bytes = b""
) -> bytes:
    """Lossless, of one colour; `animated` has two frames. `extra` lies in a metadata chunk."""
    picture = riff_chunk(b"VP8L", _vp8l(width, height, alpha))
    if not animated and not extra:
        return _riff(picture)
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    parts = [riff_chunk(b"VP8X", bytes((0x02 if animated else 0, 0, 0, 0)) + canvas)]
    if animated:
        parts.append(riff_chunk(b"ANIM", bytes(6)))
        frame = bytes(6) + canvas + (100).to_bytes(3, "little") + b"\x00" + picture
        parts += [riff_chunk(b"ANMF", frame)] * 2
    else:
        parts.append(picture)
    return _riff(b"".join(parts) + (riff_chunk(b"EXIF", extra) if extra else b""))


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _vp8l(width: int, height: int, alpha: bool) -> bytes:
    """Five codes of one symbol each (green, red, blue, alpha, distance): a pixel then takes no bits."""
    bits = _bits((width - 1, 14), (height - 1, 14), (alpha, 1), (0, 3), (0, 3))
    for symbol in (0x60, 0x20, 0x80, 0x80 if alpha else 0xFF, 0):
        bits += _bits((1, 1), (0, 1), (1, 1), (symbol, 8))
    return b"\x2f" + _packed(bits)


def _bits(*values: tuple[int, int]) -> list[int]:
    return [value >> n & 1 for value, width in values for n in range(width)]


def _packed(bits: list[int]) -> bytes:
    """Eight a byte, the lowest first."""
    return bytes(sum(bit << n for n, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8))


def gif(width: int = 2, height: int = 2, *, frames: int = 1) -> bytes:
    """Black."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    lzw = _packed(_bits(*[(4, 3), (0, 3)] * (width * height), (5, 3)))  # begun anew for each pixel
    blocks = b"".join(bytes((len(lzw[n : n + 255]),)) + lzw[n : n + 255] for n in range(0, len(lzw), 255))
    place = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    image = b"\x21\xf9\x04\x00\x0a\x00\x00\x00" + place + b"\x02" + blocks + b"\x00"
    return screen + image * frames + b";"


def ogg_opus(channels: int = 1, *, pages: int = 3, extra: bytes = b"") -> bytes:
    """Silence, a fifth of a second a page."""
    head = b"OpusHead\x01" + struct.pack("<BHIhB", channels, 312, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<I", 0) + extra
    silence = b"\xfc\xff\xfe" if channels == 2 else b"\xf8\xff\xfe"
    data = [([silence] * 10, 960 * 10 * (n + 1)) for n in range(pages)]
    return _ogg([([head], 0), *_spread(tags), *data])


def ogg_vorbis(channels: int = 2) -> bytes:
    """Only its first header is real."""
    head = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, channels, 44_100, 0, 128_000, 0, 0xB8, 1)
    return _ogg([([head], 0), ([b"\x03vorbis" + bytes(9)], 0), ([bytes(20)], 1024)])


def _spread(packet: bytes) -> list[tuple[list[bytes], int]]:
    """One packet over as many pages as it takes; the last of them ends it."""
    pages = [([packet[at : at + _PAGE]], -1) for at in range(0, len(packet) + 1, _PAGE)]
    return [*pages[:-1], (pages[-1][0], 0)]


_PAGE = 255 * 255


def _ogg(pages: list[tuple[list[bytes], int]]) -> bytes:
    """A position of -1: no packet ends in the page."""
    written: list[bytes] = []
    for n, (packets, position) in enumerate(pages):
        lacing = b"".join(_lacing(packet) for packet in packets)
        goes_on = n > 0 and pages[n - 1][1] == -1
        flags = goes_on | (2 if n == 0 else 4 if n == len(pages) - 1 else 0)
        head = b"OggS\x00" + struct.pack("<BqII", flags, position, 77, n)
        rest = bytes((len(lacing),)) + lacing + b"".join(packets)
        written += (head, struct.pack("<I", ogg_crc(head + bytes(4) + rest)), rest)
    return b"".join(written)


def _lacing(packet: bytes) -> bytes:
    """A packet of 255 * 255 bytes goes on in the next page."""
    full, rest = divmod(len(packet), 255)
    return b"\xff" * full if full == 255 else b"\xff" * full + bytes((rest,))


def ogg_crc(data: bytes) -> int:
    """The sum that zlib knows, with the bits of each byte, and of the sum, the other way round."""
    turned = zlib.crc32(data.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)


_TURNED = bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))


def mp3(frames: int = 10, *, tag: bytes = b"", mono: bool = False) -> bytes:
    """Silence at 128 kbit/s and 44.1 kHz; `tag` lies in an ID3 tag at its front."""
    frame = (b"\xff\xfb\x90" + (b"\xc4" if mono else b"\x44")).ljust(417, b"\x00")
    return (_id3(tag) if tag else b"") + frame * frames


def _id3(text: bytes) -> bytes:
    frame = b"TXXX" + struct.pack(">I", _synchsafe(len(text) + 1)) + b"\x00\x00\x00" + text
    return b"ID3\x04\x00\x00" + struct.pack(">I", _synchsafe(len(frame))) + frame


def _synchsafe(size: int) -> int:
    return sum((size >> 7 * n & 0x7F) << 8 * n for n in range(4))


def aac(frames: int = 10, *, channels: int = 1) -> bytes:
    """Silence in ADTS frames, 44.1 kHz."""
    silence = b"\x21\x00\x49\x90\x02\x19\x00\x23\x80" if channels == 2 else b"\x00\xc8\x00\x80\x23\x80"
    size = len(silence) + 7
    head = bytes(
        (0xFF, 0xF1, 0x50, channels << 6 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC)
    )
    return (head + silence) * frames


def amr(frames: int = 10, *, wide: bool = False) -> bytes:
    """Frames of the best quality of each: 12.2 kbit/s narrow, 23.85 wide."""
    return (
        (b"#!AMR-WB\n" + (b"\x44" + bytes(60)) * frames)
        if wide
        else b"#!AMR\n" + (b"\x3c" + bytes(31)) * frames
    )


def pdf(*, extra: bytes = b"") -> bytes:
    """One empty page; `extra` lies in a stream."""
    return b"".join(_pdf_parts(extra))


def _pdf_parts(extra: bytes) -> list[bytes]:
    bodies = [
        [b"<< /Type /Catalog /Pages 2 0 R >>"],
        [b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
        [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>"],
        [b"<< /Length %d >>\nstream\n" % len(extra), extra, b"\nendstream"],
    ]
    parts, places = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], []
    for n, body in enumerate(bodies, 1):
        places.append(sum(map(len, parts)))
        parts += [b"%d 0 obj\n" % n, *body, b"\nendobj\n"]
    start = sum(map(len, parts))
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    parts += [b"%010d 00000 n \n" % place for place in places]
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return [*parts, tail % (len(bodies) + 1, start)]


def docx(*, extra: bytes = b"") -> bytes:
    return _office("word/document.xml", extra)


def xlsx() -> bytes:
    return _office("xl/workbook.xml")


def pptx() -> bytes:
    return _office("ppt/presentation.xml")


def _office(part: str, extra: bytes = b"") -> bytes:
    names = {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>", part: b"<document/>"}
    return zip_file({**names, **({"extra.bin": extra} if extra else {})})


def odt() -> bytes:
    return zip_file({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<document/>"})


def zip_file(files: dict[str, bytes]) -> bytes:
    """Stored, not deflated, so that sizes can be foretold."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return target.getvalue()


def doc() -> bytes:
    return _compound("WordDocument")


def xls() -> bytes:
    return _compound("Workbook")


def ppt() -> bytes:
    return _compound("PowerPoint Document")


def _compound(stream: str) -> bytes:
    """Sectors of 512 bytes: 0 the table of sectors, 1 the directory, 2 to 9 the stream (4,096 bytes)."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    chain = [0xFFFFFFFD, end, *range(3, 10), end]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", 0, *[free] * 108)
    directory = _entry("Root Entry", 5, 1, end, 0) + _entry(stream, 2, free, 2, 4096) + bytes(256)
    return head + table + directory + bytes(4096)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def text(lines: Iterable[str] = ("Grüße", "from a plain file")) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def grown(name: str, size: int) -> bytes:
    """A sound file of exactly that many bytes: `jpeg`, `png`, `webp`, `webp_animated`, `mp3`, `ogg_opus`,
    `aac`, `amr`, `m4a`, `mp4`, `three_gp`, `pdf`, `docx` or `text`."""
    return _GROWN[name](size)


def _png_of(size: int) -> bytes:
    return png(extra=bytes(size - len(png()) - 12))


def _jpeg_of(size: int) -> bytes:
    """Comments hold 65,000 bytes each, and a frame of 4 bytes."""
    room = size - len(jpeg())
    count = -(-room // 65_004)
    return jpeg(comment=bytes(room - 4 * count))


def _webp_of(size: int, animated: bool) -> bytes:
    """Chunks are padded to even sizes, and so is the file."""
    empty = len(webp(animated=animated, extra=b"12")) - 2
    return webp(animated=animated, extra=bytes(size - empty))


def _mp3_of(size: int) -> bytes:
    empty = len(mp3(2, tag=b"1")) - 1
    return mp3(2, tag=bytes(size - empty))


def _frames_of(size: int, frame: bytes, start: bytes, filler: bytes) -> bytes:
    """As many frames as fit, then `filler`s of one byte each."""
    count, rest = divmod(size - len(start), len(frame))
    return start + frame * count + filler * rest


def _amr_of(size: int) -> bytes:
    """A frame without data is one byte."""
    return _frames_of(size, b"\x3c" + bytes(31), b"#!AMR\n", b"\x7c")


def _aac_of(size: int) -> bytes:
    """Frames of 800 bytes, and a last one with what is left."""
    count = size // 800 - 1
    return _aac_frame(800) * count + _aac_frame(size - 800 * count)


def _aac_frame(size: int) -> bytes:
    frame = bytearray(aac(1).ljust(size, b"\x00"))
    frame[3], frame[4], frame[5] = 0x40 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F
    return bytes(frame)


def _pdf_of(size: int) -> bytes:
    """A longer stream also has more digits in its length."""
    extra = size
    for _ in range(3):
        extra -= sum(map(len, _pdf_parts(bytes(extra)))) - size
    return pdf(extra=bytes(extra))


def _ogg_of(size: int) -> bytes:
    """Its comments are padded; each page of these costs some bytes too."""
    extra = size
    for _ in range(4):
        extra -= _ogg_size(extra) - size
    return ogg_opus(extra=bytes(extra))


def _ogg_size(extra: int) -> int:
    """The page of the comments has 44 bytes without it; 16 of these are their own."""
    full, rest = divmod(16 + extra, _PAGE)
    return len(ogg_opus()) - 44 + full * (27 + 255 + _PAGE) + 27 + rest // 255 + 1 + rest


_GROWN = {
    "png": _png_of,
    "jpeg": _jpeg_of,
    "webp": lambda size: _webp_of(size, animated=False),
    "webp_animated": lambda size: _webp_of(size, animated=True),
    "mp3": _mp3_of,
    "amr": _amr_of,
    "aac": _aac_of,
    "ogg_opus": _ogg_of,
    "mp4": lambda size: mp4(extra=size - len(mp4(extra=0))),
    "m4a": lambda size: m4a(extra=size - len(m4a(extra=0))),
    "three_gp": lambda size: three_gp(extra=size - len(three_gp(extra=0))),
    "pdf": _pdf_of,
    "docx": lambda size: docx(extra=bytes(size - len(docx(extra=b"1")) + 1)),
    "text": lambda size: b"a" * size,
}
