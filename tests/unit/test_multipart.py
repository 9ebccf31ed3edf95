"""Forms as they come: however the network cuts one, the same is read."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from trunkline.api.multipart import Form, read_form
from trunkline.errors import Refusal
from trunkline.media_files.draft import new_draft

EDGE = b"--------------------------edge"
CONTENTS = [
    b"",
    b"\r\n",
    b"\r\n--",
    b"\r\n--" + EDGE[:-1] + b"x\r\n",
    b"--" + EDGE + b"--\r\n",
    b"\r" * 50 + b"\n--" + EDGE[:7],
    bytes(range(256)) * 30,
]


def form(content: bytes, name: bytes = b"caf\xc3\xa9.png") -> bytes:
    return (
        b"--" + EDGE + b'\r\nContent-Disposition: form-data; name="kind"\r\n\r\nimage\r\n'
        b"--" + EDGE + b'\r\ncontent-disposition: form-data; filename="' + name + b'"; name=file\r\n'
        b"Content-Type: image/png\r\n\r\n" + content + b"\r\n"
        b"--" + EDGE + b'\r\nContent-Disposition: form-data; name="from"\r\n\r\n1\r\n--' + EDGE + b"--\r\n"
    )  # fmt: skip


def read(folder: Path, pieces: Sequence[bytes]) -> tuple[Form, bytes]:
    async def come() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def work() -> tuple[Form, bytes]:
        with new_draft(folder) as draft:
            said = f"multipart/form-data; boundary={EDGE.decode()}"
            found = await read_form(come(), said, ("kind", "from"), draft)
            draft.flush()
            return found, draft.path.read_bytes()

    return asyncio.run(work())


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_where_it_is_cut_changes_nothing(tmp_path: Path, content: bytes) -> None:
    body, chance = form(content), random.Random(1)
    cuts = [[1] * len(body) if len(body) < 1000 else [len(body)], [len(body)]]
    cuts += [[chance.choice((1, 2, 3, 60, 4000)) for _ in body] for _ in range(20)]
    for sizes in cuts:
        pieces, at = [], 0
        for size in sizes:
            pieces.append(body[at : at + size])
            at += size
        found, kept = read(tmp_path, [piece for piece in pieces if piece])
        assert (found.fields, found.file_name, found.problems) == (
            {"kind": "image", "from": "1"},
            "café.png",
            [],
        )
        assert kept == content


def test_whatever_comes_ends_in_a_form_or_a_refusal(tmp_path: Path) -> None:
    chance, whole = random.Random(2), form(b"some bytes")
    for _ in range(300):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(body))
            body[at : at + chance.randint(0, 4)] = chance.choice(
                (b"", b"\r\n", b"--", b";", b'"', b"\0", EDGE)
            )
        try:
            found, _ = read(tmp_path, [bytes(body)])
        except Refusal as refusal:
            assert refusal.problems
        else:
            assert set(found.fields) <= {"kind", "from"}
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_form_of_false_boundaries_lets_others_have_their_turn(tmp_path: Path) -> None:
    turns = 0
    seen: list[int] = []
    """Turns until bytes of the file were written."""

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def come() -> AsyncIterator[bytes]:
        yield form((b"\r\n--" + EDGE + b"-x") * 30_000)

    async def work() -> None:
        counting = asyncio.create_task(count())
        with new_draft(tmp_path) as draft:
            write = draft.write
            draft.write = lambda part: (write(part), seen.append(turns))[0]  # type: ignore[method-assign]
            await read_form(come(), f"multipart/form-data; boundary={EDGE.decode()}", ("kind", "from"), draft)
        counting.cancel()

    asyncio.run(work())
    assert seen[0] > 20
