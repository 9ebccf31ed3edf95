"""The shelf, as a folder and as a bucket at a real socket: the same is promised of both."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import time
from typing import Any

import pytest

from tests.s3_server import BUCKET, KEY_ID, SECRET, S3Server, s3_server
from trunkline.config import Settings
from trunkline.config.table import Media
from trunkline.media_files import Draft, Shelf, ShelfError, open_shelf
from trunkline.model import ids

ALICE, BOB = ids.new_id(ids.ACCOUNT), ids.new_id(ids.ACCOUNT)
PICTURE = bytes(range(256)) * 40
LARGE = os.urandom(64) * 190_000  # more than one part of an upload to S3
FRESH_SECONDS = 600
DAY_SECONDS = 86_400


def bucket(server: S3Server, **changes: str) -> Media:
    values = {
        "store": f"s3://{BUCKET}/of/us",
        "s3_endpoint": server.url,
        "s3_key_id": KEY_ID,
        "s3_secret": SECRET,
    }
    return Media(**(values | changes))


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def shelf(request: Any, tmp_path: Path, server: S3Server) -> Shelf:
    server.objects.clear()
    media = Media() if request.param == "folder" else bucket(server)
    return open_shelf(replace(Settings(), data=str(tmp_path), media=media))


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]


async def put(shelf: Shelf, content: bytes, account_id: str = ALICE) -> str:
    with shelf.draft() as draft:
        for at in range(0, len(content), 100_000):
            draft.write(content[at : at + 100_000])
        await shelf.keep(draft, account_id)
        return draft.sha256


async def read(shelf: Shelf, sha256: str, start: int, end: int, account_id: str = ALICE) -> bytes:
    return b"".join([part async for part in await shelf.open(account_id, sha256, start, end)])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [PICTURE, LARGE], ids=["small", "large"])
def test_what_is_kept_comes_back_whole_and_in_part(shelf: Shelf, content: bytes) -> None:
    async def work() -> None:
        sha256 = await put(shelf, content)
        assert sha256 == hashlib.sha256(content).hexdigest()
        assert await shelf.has(ALICE, sha256)
        assert await read(shelf, sha256, 0, len(content)) == content
        assert await read(shelf, sha256, 7, 1000) == content[7:1000]
        assert await read(shelf, sha256, 5, 5) == b""
        async with shelf.local(ALICE, sha256) as path:
            assert path.read_bytes() == content

    run(work)


def test_nobody_else_has_it_and_nothing_else_is_there(shelf: Shelf) -> None:
    async def work() -> None:
        sha256 = await put(shelf, PICTURE)
        other = hashlib.sha256(b"other").hexdigest()
        for account_id, content in ((BOB, sha256), (ALICE, other)):
            assert not await shelf.has(account_id, content)
            with pytest.raises(FileNotFoundError):
                await shelf.open(account_id, content, 0, 9)
            with pytest.raises(FileNotFoundError):
                async with shelf.local(account_id, content):
                    pass
            assert await shelf.remove(account_id, content, time())

    run(work)


def test_a_name_that_could_lead_elsewhere_is_never_used(shelf: Shelf) -> None:
    async def work() -> None:
        for account_id, sha256 in ((ALICE, "../" * 21 + "a"), ("../x", "a" * 64), (ALICE, "a/b")):
            with pytest.raises(AssertionError):
                await shelf.has(account_id, sha256)

    run(work)


def test_a_draft_that_is_not_kept_leaves_nothing(shelf: Shelf, tmp_path: Path, server: S3Server) -> None:
    async def work() -> None:
        with pytest.raises(ZeroDivisionError), shelf.draft() as draft:
            draft.write(PICTURE)
            draft.flush()
            assert draft.path.read_bytes() == PICTURE
            raise ZeroDivisionError
        await put(shelf, PICTURE)
        async with shelf.local(ALICE, hashlib.sha256(PICTURE).hexdigest()):
            pass

    run(work)
    assert len(files(tmp_path)) + len(server.objects) == 1


def test_only_what_is_not_fresh_is_removed(shelf: Shelf) -> None:
    async def work() -> None:
        sha256 = await put(shelf, PICTURE)
        assert not await shelf.remove(ALICE, sha256, time())
        assert await shelf.has(ALICE, sha256)
        assert await shelf.remove(ALICE, sha256, time() + FRESH_SECONDS + 5)
        assert not await shelf.has(ALICE, sha256)

    run(work)


def test_what_is_kept_again_is_fresh_again(shelf: Shelf, tmp_path: Path, server: S3Server) -> None:
    async def work() -> None:
        sha256 = await put(shelf, PICTURE)
        server.age(DAY_SECONDS)
        for path in files(tmp_path):
            os.utime(path, (time() - DAY_SECONDS, time() - DAY_SECONDS))
        await put(shelf, PICTURE)
        assert not await shelf.remove(ALICE, sha256, time())

    run(work)


def test_what_is_kept_while_its_like_is_removed_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one is seen to be old, then it is replaced, and then what is there would be removed."""
    shelf = open_shelf(replace(Settings(), data=str(tmp_path)))
    sha256, unlink = asyncio.run(put(shelf, PICTURE)), Path.unlink
    keeping = Thread(target=lambda: asyncio.run(put(shelf, PICTURE)))

    def remove_late(path: Path, missing_ok: bool = False) -> None:
        if path.name == sha256:
            keeping.start()
            keeping.join(0.2)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", remove_late)
    assert asyncio.run(shelf.remove(ALICE, sha256, time() + DAY_SECONDS))
    keeping.join()
    assert asyncio.run(shelf.has(ALICE, sha256))


def test_drafts_of_a_killed_process_are_cleared(shelf: Shelf, tmp_path: Path) -> None:
    async def work() -> None:
        with shelf.draft() as draft:
            await shelf.remove_old_drafts(time())
            assert draft.path.exists()
            await shelf.remove_old_drafts(time() + DAY_SECONDS + 5)
            assert not draft.path.exists()

    run(work)


def test_a_draft_can_be_begun_anew(shelf: Shelf) -> None:
    with shelf.draft() as draft:
        draft.write(b"half of what was")
        draft.restart()
        draft.write(PICTURE)
        draft.flush()
        assert (draft.path.read_bytes(), draft.size) == (PICTURE, len(PICTURE))
        assert draft.sha256 == hashlib.sha256(PICTURE).hexdigest()


def test_a_bucket_has_nothing_outside_its_prefix(tmp_path: Path, server: S3Server) -> None:
    shelf = open_shelf(replace(Settings(), data=str(tmp_path), media=bucket(server)))
    server.objects.clear()
    sha256 = asyncio.run(put(shelf, PICTURE))
    assert list(server.objects) == [f"of/us/{ALICE}/{sha256[:2]}/{sha256}"]
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"s3_secret": "another"}, "does not let this key do that .*403"),
        ({"store": "s3://nowhere"}, "no such bucket"),
    ],
    ids=["a wrong key", "no such bucket"],
)
def test_a_bucket_that_refuses_is_a_fault_of_the_shelf(
    tmp_path: Path, server: S3Server, changes: dict[str, str], says: str
) -> None:
    shelf = open_shelf(replace(Settings(), data=str(tmp_path), media=bucket(server, **changes)))
    with pytest.raises(OSError, match=says) as told:
        asyncio.run(put(shelf, PICTURE))
    assert isinstance(told.value, ShelfError)
    assert SECRET not in str(told.value) and KEY_ID not in str(told.value)
    assert files(tmp_path) == []


def test_bytes_that_changed_in_the_bucket_are_not_given_as_the_file(tmp_path: Path, server: S3Server) -> None:
    shelf = open_shelf(replace(Settings(), data=str(tmp_path), media=bucket(server)))

    async def work() -> None:
        sha256 = await put(shelf, PICTURE)
        for name, (_, at) in list(server.objects.items()):
            server.objects[name] = (b"something else", at)
        with pytest.raises(ShelfError, match="other bytes"):
            async with shelf.local(ALICE, sha256):
                pass

    run(work)


def test_a_bucket_that_is_away_is_said(tmp_path: Path) -> None:
    nowhere = Media(store="s3://pictures", s3_endpoint="http://127.0.0.1:9", s3_key_id="a", s3_secret="b")
    with pytest.raises(ShelfError, match="does not answer"):
        asyncio.run(put(open_shelf(replace(Settings(), data=str(tmp_path), media=nowhere)), PICTURE))


def test_a_shelf_can_be_tried_out(shelf: Shelf, tmp_path: Path, server: S3Server) -> None:
    asyncio.run(shelf.try_out())
    assert len(files(tmp_path)) + len(server.objects) == 0
    with pytest.raises(ShelfError, match="this key"):
        asyncio.run(open_shelf(replace(Settings(), media=bucket(server, s3_secret="another"))).try_out())


def test_a_draft_is_read_by_nobody_else(shelf: Shelf) -> None:
    def mode(draft: Draft) -> int:
        return draft.path.parent.stat().st_mode & 0o077

    with shelf.draft() as draft:
        assert mode(draft) == 0
