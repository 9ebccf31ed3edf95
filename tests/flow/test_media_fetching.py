"""Files are fetched by themselves, again while there is hope, and said to be lost when there is none."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.files import PNG
from tests.flow.inbound_desk import Desk, desk, text
from trunkline import admin
from trunkline.admin import Admin
from trunkline.bulletin import Bulletin
from trunkline.channels.contract import MediaError, MediaInfo, Number
from trunkline.clock import VirtualClock
from trunkline.inbound.media import AT_ONCE_OF_ACCOUNT, LIFE_MS, MediaFetcher
from trunkline.membership import Membership
from trunkline.store import Tx, media
from trunkline.store.media import MediaRow

HOUR = 3600


async def until(check: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await check()):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)
    return found


class Meta:
    """Answers each fetch as the test says; remembers when it was asked."""

    def __init__(self, clock: VirtualClock) -> None:
        self.faults: list[MediaError] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[float] = []
        self.at_once = self.most_at_once = 0
        self._clock = clock

    async def fetch_media(self, number: Number, media_id: str, write: Callable[[bytes], None]) -> MediaInfo:
        self.asked.append(self._clock.now() / 1000)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            write(PNG[:10])
            await self.gate.wait()
            if self.faults:
                raise self.faults.pop(0)
            write(PNG[10:])
            return MediaInfo("image/png", hashlib.sha256(PNG).hexdigest())
        finally:
            self.at_once -= 1


class Scene:
    def __init__(self, it: Desk, meta: Meta, clock: VirtualClock) -> None:
        self.it, self.meta, self.clock = it, meta, clock
        self.fetcher = MediaFetcher(it.runtime, Membership(it.runtime))
        Bulletin(it.runtime, it.dispatcher, it.processor, fetcher=self.fetcher).start()

    async def write(self, *media_ids: str) -> None:
        for media_id in media_ids:
            picture = {"id": media_id, "mime_type": "image/png", "sha256": "", "caption": "look"}
            await self.it.write({**text(), "type": "image", "image": picture})

    async def row(self, media_id: str) -> MediaRow | None:
        return await self.it.store.read(lambda tx: media.get(tx, self.it.account_id, media_id))

    async def ends(self, media_id: str) -> MediaRow:
        async def look() -> MediaRow | None:
            row = await self.row(media_id)
            return row if row is not None and row.state != "pending" else None

        return await until(look)

    async def until_asked(self, times: int) -> None:
        async def look() -> bool:
            row = await self.row("1")
            return len(self.meta.asked) >= times and row is not None and row.tries >= times

        await until(look)


@contextlib.asynccontextmanager
async def scene(folder: Path, url: str = "") -> AsyncIterator[Scene]:
    clock = VirtualClock()
    async with desk(folder, url, clock=clock) as it:
        meta = Meta(clock)
        connector = it.runtime.connectors["whatsapp_cloud"]
        connector.fetch_media = meta.fetch_media  # type: ignore[method-assign]
        made = Scene(it, meta, clock)
        try:
            yield made
        finally:
            await made.fetcher.stop()


def test_a_file_is_fetched_without_anybody_asking(tmp_path: Path, store_url: str) -> None:
    async def run() -> None:
        async with scene(tmp_path, store_url) as it:
            await it.write("1")
            await it.fetcher.start()
            row = await it.ends("1")
            assert (row.state, row.size, row.mime_type) == ("stored", len(PNG), "image/png")
            await it.write("2")  # told by the commit, not found by a look much later
            assert (await it.ends("2")).state == "stored"
            await it.write("1")
            assert len(it.meta.asked) == 2
            assert len([path for path in (tmp_path / "media").rglob("*") if path.is_file()]) == 1

    asyncio.run(run())


def test_what_fails_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as it:
            it.meta.faults = [MediaError("HTTP 503")] * 4
            await it.write("1")
            await it.fetcher.start()
            for times in range(1, 5):
                await it.until_asked(times)
                it.clock.advance(HOUR * 1000)
            assert (await it.ends("1")).state == "stored"
            assert len(it.meta.asked) == 5

    asyncio.run(run())


def test_a_pause_is_waited_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as it:
            it.meta.faults = [MediaError("HTTP 503")] * 3
            await it.write("1")
            await it.fetcher.start()
            await it.until_asked(1)
            it.clock.advance(13_000)  # past the first pause, into the second
            await it.until_asked(2)
            it.clock.advance(9_000)
            row = await it.row("1")
            assert row is not None and row.next_at > it.clock.now() and len(it.meta.asked) == 2

    asyncio.run(run())


def test_a_file_is_given_up_when_the_provider_has_it_no_more(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as it:
            it.meta.faults = [MediaError("no such id", is_final=True), *[MediaError("HTTP 500")] * 2]
            await it.write("1")
            await it.fetcher.start()
            row = await it.ends("1")
            assert (row.state, row.detail) == ("failed", "no such id")
            await it.write("2")
            await until(lambda: _tried(it, "2", 1))
            it.clock.advance(LIFE_MS)
            row = await it.ends("2")
            assert (row.state, row.detail, row.tries) == ("failed", "HTTP 500", 2)
            assert it.it.runtime.tally.counts["media_failed_total"] == 2

    asyncio.run(run())


async def _tried(it: Scene, media_id: str, times: int) -> bool:
    row = await it.row(media_id)
    return row is not None and row.tries == times


def test_a_few_of_an_account_are_on_their_way_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as it:
            it.meta.gate.clear()
            ids = [str(n) for n in range(AT_ONCE_OF_ACCOUNT * 3)]
            await it.write(*ids)
            await it.fetcher.start()
            await _until(lambda: it.meta.at_once == AT_ONCE_OF_ACCOUNT)
            it.meta.gate.set()
            for media_id in ids:
                assert (await it.ends(media_id)).state == "stored"
            assert it.meta.most_at_once == AT_ONCE_OF_ACCOUNT

    asyncio.run(run())


async def _until(check: Callable[[], bool]) -> None:
    async def look() -> bool:
        return check()

    await until(look)


def test_files_of_one_account_cost_the_others_no_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    pending = media.pending

    async def counted(tx: Tx, account_id: str, count: int) -> list[MediaRow]:
        looks.append(account_id)
        return await pending(tx, account_id, count)

    monkeypatch.setattr(media, "pending", counted)

    async def run() -> None:
        async with scene(tmp_path) as it:
            office = Admin(it.it.store, it.it.runtime.vault, it.clock)
            other = (await admin.create_account(office, "bob")).id
            await it.it.runtime.directory.reload()
            await it.fetcher.start()
            for n in range(5):
                await it.write(str(n))
                assert (await it.ends(str(n))).state == "stored"
            assert looks.count(other) == 1
            it.clock.advance(HOUR * 1000)  # nobody tells of it, and it is looked at all the same
            await _until(lambda: looks.count(other) == 2)

    asyncio.run(run())


def test_an_end_in_the_middle_leaves_nothing_half(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as it:
            it.meta.gate.clear()
            await it.write("1")
            await it.fetcher.start()
            await _until(lambda: it.meta.at_once == 1)
            await it.fetcher.stop()
            assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []
            it.meta.gate.set()
            it.fetcher = MediaFetcher(it.it.runtime, Membership(it.it.runtime))
            await it.fetcher.start()
            assert (await it.ends("1")).state == "stored"

    asyncio.run(run())


def test_a_full_disk_is_said_and_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as it:
            (tmp_path / "media").write_text("in the way")
            await it.write("1")
            await it.fetcher.start()
            await until(lambda: _tried(it, "1", 1))
            row = await it.row("1")
            assert row is not None and row.detail is not None and row.detail.startswith("our disk: ")
            (tmp_path / "media").unlink()
            it.clock.advance(HOUR * 1000)
            assert (await it.ends("1")).state == "stored"

    asyncio.run(run())
