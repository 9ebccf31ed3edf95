"""Small real films and sounds in boxes (mp4, m4a, 3gp, mov), written here byte by byte.

The H.264 is real: whole pictures of plain samples, in the grey that their bytes say. The other codecs are
named in the index only. Asked for through `tests/media_samples.py`.
"""

import struct
from collections.abc import Sequence

PROFILES = {"Baseline": 66, "Main": 77, "High": 100}
_SILENCE = {1: b"\x00\xc8\x00\x80\x23\x80", 2: b"\x21\x00\x49\x90\x02\x19\x00\x23\x80"}
_FRAMES = 3


def mp4(
    video: str | None = "H.264 Baseline",
    audio: Sequence[str] = ("AAC",),
    *,
    width: int = 16,
    height: int = 16,
    b_frames: bool = False,
    faststart: bool = True,
    channels: int = 1,
    brand: bytes = b"isom",
    extra: int | None = None,
) -> bytes:
    """`video`: `H.264` with `Baseline`, `Main` or `High`, `H.265`, `AV1`, `VP9`, `MPEG-4`, `H.263`, or
    None. `audio`, one a stream: `AAC`, `MP3`, `Opus`, `AC-3`, `AMR-NB`, `AMR-WB`. `extra` empty bytes lie
    within."""
    ftyp = box(b"ftyp", brand, struct.pack(">I", 512), brand, b"mp42")
    free = b"" if extra is None else box(b"free", bytes(extra))
    tracks = [_video_track(video, width, height, b_frames)] if video is not None else []
    tracks += [_audio_track(codec, channels) for codec in audio]
    data = b"".join(samples for _, samples in tracks)

    def index(start: int) -> bytes:
        boxes, at = [], start
        for n, (make, samples) in enumerate(tracks):
            boxes.append(make(n + 1, at))
            at += len(samples)
        return box(b"moov", _mvhd(len(tracks)), *boxes)

    mdat = box(b"mdat", data)
    if faststart:
        return ftyp + index(len(ftyp) + len(index(0)) + len(free) + 8) + free + mdat
    return ftyp + free + mdat + index(len(ftyp) + len(free) + 8)


def m4a(audio: Sequence[str] = ("AAC",), *, channels: int = 1, extra: int | None = None) -> bytes:
    return mp4(None, audio, channels=channels, brand=b"M4A ", extra=extra)


def three_gp(
    video: str | None = "H.264 Baseline", audio: Sequence[str] = ("AAC",), *, extra: int | None = None
) -> bytes:
    return mp4(video, audio, brand=b"3gp4", extra=extra)


def mov() -> bytes:
    return mp4(brand=b"qt  ")


def boxes_of_unknown_brand() -> bytes:
    """A file of boxes that is no film, as HEIC pictures are."""
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + box(b"meta", bytes(4)) + box(b"mdat", bytes(20))


def box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def full_box(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", flags), *parts)


_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _mvhd(tracks: int) -> bytes:
    times = struct.pack(">IIII", 0, 0, 1000, 300)
    return full_box(
        b"mvhd",
        times,
        struct.pack(">IH", 0x10000, 0x100),
        bytes(10),
        _MATRIX,
        bytes(24),
        struct.pack(">I", tracks + 1),
    )


def _video_track(codec: str, width: int, height: int, b_frames: bool):
    name, _, profile = codec.partition(" ")
    kind = {
        "H.264": b"avc1",
        "H.265": b"hvc1",
        "AV1": b"av01",
        "VP9": b"vp09",
        "MPEG-4": b"mp4v",
        "H.263": b"s263",
    }[name]
    more, sample = b"", b"\x55" * 40
    if name == "H.264":
        more, sample = _avc(PROFILES[profile or "Baseline"], width, height)
    elif name == "MPEG-4":
        more = _esds(0x20, 0x11, b"\x00\x00\x01\xb0\x01")
    entry = (
        bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HHII", width, height, 0x480000, 0x480000)
    )
    entry += bytes(4) + struct.pack(">H", 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    offsets = [1, 2, 0] if b_frames else None
    table = _Table(b"vide", box(kind, entry, more), [sample] * _FRAMES, 1000, 100, offsets, (width, height))
    return table.box, sample * _FRAMES


def _audio_track(codec: str, channels: int):
    kind = {
        "AAC": b"mp4a",
        "MP3": b"mp4a",
        "Opus": b"Opus",
        "AC-3": b"ac-3",
        "AMR-NB": b"samr",
        "AMR-WB": b"sawb",
    }[codec]
    entry = bytes(6) + struct.pack(">H", 1) + bytes(8) + struct.pack(">HHII", channels, 16, 0, 44_100 << 16)
    config = bytes((0x12, channels << 3))
    more = {"AAC": _esds(0x40, 0x15, config), "MP3": _esds(0x6B, 0x15, b"")}.get(codec, b"")
    sample = _SILENCE[channels] if codec == "AAC" else bytes(20)
    samples = [sample] * _FRAMES
    table = _Table(b"soun", box(kind, entry, more), samples, 44_100, 1024, None, (0, 0))
    return table.box, b"".join(samples)


class _Table:
    """All that the index says of one stream; `box` writes it once the place of its data is known."""

    def __init__(
        self,
        handler: bytes,
        entry: bytes,
        samples: list[bytes],
        scale: int,
        length: int,
        offsets: list[int] | None,
        size: tuple[int, int],
    ) -> None:
        self._handler, self._entry, self._samples = handler, entry, samples
        self._scale, self._length, self._offsets, self._size = scale, length, offsets, size

    def box(self, track: int, at: int) -> bytes:
        long = self._length * len(self._samples)
        width, height = self._size
        tkhd = struct.pack(">IIIIII", 0, 0, track, 0, 300, 0) + bytes(4)
        tkhd += (
            struct.pack(">hhhh", 0, 0, 0 if width else 0x100, 0)
            + _MATRIX
            + struct.pack(">II", width << 16, height << 16)
        )
        mdhd = struct.pack(">IIIIHH", 0, 0, self._scale, long, 0x55C4, 0)
        hdlr = full_box(b"hdlr", bytes(4), self._handler, bytes(12), b"test\0")
        head = full_box(b"vmhd", bytes(8), flags=1) if width else full_box(b"smhd", bytes(4))
        dinf = box(b"dinf", full_box(b"dref", struct.pack(">I", 1), full_box(b"url ", flags=1)))
        minf = box(b"minf", head, dinf, self._stbl(at))
        return box(
            b"trak", full_box(b"tkhd", tkhd, flags=3), box(b"mdia", full_box(b"mdhd", mdhd), hdlr, minf)
        )

    def _stbl(self, at: int) -> bytes:
        count = len(self._samples)
        ctts = b""
        if self._offsets is not None:
            pairs = b"".join(struct.pack(">II", 1, self._length * one) for one in self._offsets)
            ctts = full_box(b"ctts", struct.pack(">I", len(self._offsets)), pairs)
        return box(
            b"stbl",
            full_box(b"stsd", struct.pack(">I", 1), self._entry),
            full_box(b"stts", struct.pack(">III", 1, count, self._length)),
            ctts,
            full_box(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
            full_box(
                b"stsz", struct.pack(">II", 0, count), *(struct.pack(">I", len(one)) for one in self._samples)
            ),
            full_box(b"stco", struct.pack(">II", 1, at)),
        )


def _esds(kind: int, stream: int, config: bytes) -> bytes:
    specific = bytes((5, len(config))) + config if config else b""
    decoder = bytes((kind, stream)) + bytes(11) + specific
    body = b"\x00\x01\x00" + bytes((4, len(decoder))) + decoder + b"\x06\x01\x02"
    return full_box(b"esds", bytes((3, len(body))), body)


def _avc(profile: int, width: int, height: int) -> tuple[bytes, bytes]:
    """The box that describes the stream, and one picture of it."""
    across, down = (width + 15) // 16, (height + 15) // 16
    sps, pps = b"\x67" + _sps(profile, across, down), b"\x68" + _pps()
    more = b"\xfd\xf8\xf8\x00" if profile == 100 else b""
    listed = b"\xe1" + struct.pack(">H", len(sps)) + sps + b"\x01" + struct.pack(">H", len(pps)) + pps
    picture = b"\x65" + _picture(across * down)
    assert b"\x00\x00" not in sps + pps + picture  # or bytes would have to be put between
    return box(b"avcC", b"\x01" + sps[1:4] + b"\xff" + listed + more), struct.pack(
        ">I", len(picture)
    ) + picture


def _sps(profile: int, across: int, down: int) -> bytes:
    more = _ue(1) + _ue(0) + _ue(0) + "00" if profile == 100 else ""
    return _packed(
        f"{profile:08b}{'01000000' if profile == 66 else '00000000'}{30:08b}",
        _ue(0) + more + _ue(0) + _ue(2) + _ue(1) + "0",
        _ue(across - 1) + _ue(down - 1) + "11" + "0" + "0",
    )


def _pps() -> bytes:
    return _packed(_ue(0), _ue(0), "00", _ue(0), _ue(0), _ue(0), "0", "00", _ue(0), _ue(0), _ue(0), "000")


def _picture(blocks: int) -> bytes:
    """An intra slice whose blocks (16 by 16) are all plain samples."""
    bits = _ue(0) + _ue(7) + _ue(0) + "0000" + _ue(0) + "00" + _ue(0)
    data = b""
    for _ in range(blocks):
        bits += _ue(25)
        bits += "0" * (-len(bits) % 8)
        data += _whole(bits) + b"\x60" * 256 + b"\x80" * 128
        bits = ""
    return data + b"\x80"


def _ue(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _packed(*bits: str) -> bytes:
    text = "".join(bits) + "1"
    return _whole(text + "0" * (-len(text) % 8))


def _whole(bits: str) -> bytes:
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
