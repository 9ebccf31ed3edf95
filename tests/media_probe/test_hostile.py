"""Any bytes at all: a look at them ends, soon, in little memory, and without an exception."""

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import media_samples as samples
from tests.movie_samples import box, full_box
from trunkline.media_probe import Found, probe, source

Look = Callable[[bytes], Found]

SEEDS = [
    samples.png(extra=b"12"),
    samples.jpeg(comment=b"12"),
    samples.webp(),
    samples.webp(animated=True),
    samples.gif(frames=2),
    samples.ogg_opus(),
    samples.ogg_vorbis(),
    samples.mp3(3, tag=b"12"),
    samples.aac(3),
    samples.amr(3),
    samples.mp4("H.265", ("AAC", "AMR-NB"), b_frames=True),
    samples.m4a(extra=3),
    samples.mov(),
    samples.boxes_of_unknown_brand(),
    samples.pdf(),
    samples.docx(),
    samples.odt(),
    samples.doc()[:2048],
    b"RIFF\x24\0\0\0WAVE",
    samples.jpeg() + samples.mp4("H.265", ()),
]
QUIET = settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUIET
@given(seed=st.sampled_from(SEEDS), change=st.randoms(use_true_random=False))
def test_a_changed_file_is_looked_at_without_a_fault_of_ours(
    look: Look, seed: bytes, change: random.Random
) -> None:
    found = look(spoilt(seed, change))
    assert "/" in found.mime_type


@QUIET
@given(
    start=st.sampled_from([seed[:n] for seed in SEEDS for n in (0, 4, 12, 40)]), rest=st.binary(max_size=400)
)
def test_noise_behind_a_good_start_is_looked_at_too(look: Look, start: bytes, rest: bytes) -> None:
    assert look(start + rest).size == len(start) + len(rest)


def spoilt(data: bytes, change: random.Random) -> bytes:
    """Some bytes changed, a piece cut out, doubled, or filled with ones: so sizes and counts lie."""
    body = bytearray(data)
    for _ in range(change.randint(1, 6)):
        at = change.randrange(len(body) + 1)
        end = min(len(body), at + change.choice((1, 2, 4, 8, 64)))
        body[at:end] = change.choice(
            (
                change.randbytes(end - at),
                b"",
                bytes(body[at:end]) * 2,
                b"\xff" * (end - at),
                bytes(end - at),
                bytes(body[change.randrange(len(body) + 1) :][:64]),
            )
        )
        body = body or bytearray(b"\x00")
    return bytes(body)


MIB = 1024 * 1024


def _nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = box(b"moov", data)
    return data


def _many_tracks() -> bytes:
    track = box(
        b"trak", box(b"mdia", full_box(b"hdlr", bytes(4), b"vide", bytes(12)), box(b"minf", box(b"stbl")))
    )
    return box(b"ftyp", b"isom") + box(b"moov", track * 1000) + box(b"mdat")


BOMBS: dict[str, tuple[bytes, bytes]] = {
    # a beginning, and what is then repeated
    "png of empty chunks": (samples.png()[:33], samples.png_chunk(b"teSt", b"")),
    "jpeg of ones": (b"\xff\xd8\xff\xe0", b"\xff"),
    "jpeg of restarts": (samples.jpeg()[:-2], b"\xff\xd0"),
    "jpeg of scans": (samples.jpeg()[:-2], samples.jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")),
    "webp of empty chunks": (b"RIFF\xff\xff\xff\x00WEBP", b"teSt\0\0\0\0"),
    "gif of empty parts": (samples.gif()[:19], b",\0\0\0\0\x01\0\x01\0\0\x02\0"),
    "gif of short parts": (samples.gif()[:19] + b"\x21\xfe", b"\x01a"),
    "ogg of small pages": (samples.ogg_opus(), samples.ogg_opus()[47:95]),
    "mp3 of short frames": (b"", b"\xff\xf3\x14\xc4".ljust(24, b"\0")),
    "aac of short frames": (b"", b"\xff\xf1\x50\x40\x01\x1f\xfc\x00"),
    "amr of empty frames": (b"#!AMR\n", b"\x7c"),
    "tags of nothing": (b"", b"ID3\x04\0\0\0\0\0\0"),
    "boxes of nothing": (box(b"ftyp", b"isom"), box(b"free")),
    "boxes within boxes": (box(b"ftyp", b"isom") + _nested(2000), b"\0"),
    "streams without end": (_many_tracks(), b"\0"),
    "a list that is longer than the archive": (b"PK\x03\x04", b"PK\x05\x06" + b"\x00" * 18),
    "an office file that goes in circles": (samples.doc()[:512] + b"\0" * 512, b"\0"),
    "text": (b"", b"a line of a book\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_look_through_a_bomb_ends_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """1 MB is enough to use up the steps, which are fewer here; what is read and remembered is counted."""
    start, part = BOMBS[name]
    path = tmp_path / "bomb"
    path.write_bytes(start + part * (MIB // len(part)))
    monkeypatch.setattr(source, "MOST_STEPS", 20_000)
    counted = _count_reads(monkeypatch)
    tracemalloc.start()
    try:
        found = probe(path)
        memory = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.size > 0.9 * MIB
    assert memory < MIB // 2
    assert sum(counted) <= 4 * found.size + 5 * MIB


def _count_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counted: list[int] = []
    fill = source.Source._fill

    def counting(self: source.Source, place: int) -> None:
        fill(self, place)
        counted.append(len(self._window))

    monkeypatch.setattr(source.Source, "_fill", counting)
    return counted


def test_a_look_that_is_too_long_says_so(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_STEPS", 100)
    found = look(samples.png()[:33] + samples.png_chunk(b"teSt", b"") * 200)
    assert (found.mime_type, found.fault) == ("image/png", "it has more parts than can be looked through")


def test_jumps_to_and_fro_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(4 * MIB))
    file: BinaryIO
    with path.open("rb", buffering=0) as file, pytest.raises(source.Broken, match="to and fro"):
        it = source.Source(file, 4 * MIB)
        for n in range(1000):
            it.at(0 if n % 2 else 2 * MIB, 4)
