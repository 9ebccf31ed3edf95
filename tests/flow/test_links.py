"""Links that messages name: asked for once, tried again in measure, and none keeps the others waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from tests.clients.files import PNG
from tests.flow.file_server import Files, file_server
from tests.flow.rig import Rig, rig
from tests.flow.test_file_waits import LANE, OTHER, picture
from trunkline.channels.contract import NamedFile
from trunkline.clock import VirtualClock
from trunkline.guarded_http import Limits, open_guarded
from trunkline.media_probe import UNKNOWN_TYPE
from trunkline.outbound import line, links
from trunkline.outbound.links import PAUSES_SECONDS
from trunkline.url_guard import Rules

FOUND = (200, {"content-type": "image/png"}, PNG)


def story(folder: Path, tell: Callable[[Rig, VirtualClock, Files], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with file_server() as files, rig(folder, clock=clock) as running:
            rules = Rules(may_be_private=True, may_be_http=True, ports=None)
            wire = open_guarded(lambda: rules, Limits(timeout_seconds=5, most_hops=links.MOST_HOPS))
            running.dispatcher.preparation.links._wire = wire
            await running.start()
            try:
                await tell(running, clock, files)
            finally:
                files.open.set()
                await wire.close()

    asyncio.run(run())


def test_what_was_found_is_kept_for_ten_minutes_and_not_longer(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock, files: Files) -> None:
        files.answers["/a.png"] = FOUND
        for minutes, asked in ((0, 1), (9, 1), (2, 2)):
            clock.advance(minutes * 60_000)
            message = picture(rig, f"{files.url}/a.png")
            await rig.accept(message)
            await rig.until(message, "submitted")
            assert len(files.asked) == asked, minutes
        assert len(rig.provider.uploads) == 1  # the same bytes
        other = await rig.add_number("15550001001")
        await rig.dispatcher.sync_numbers()
        for minutes, asked in (
            (9, 2),
            (2, 3),
        ):  # it counts from when it was fetched, whoever heard of it later
            clock.advance(minutes * 60_000)
            message = picture(rig, f"{files.url}/a.png", number_id=other)
            await rig.accept(message)
            await rig.until(message, "submitted")
            assert len(files.asked) == asked, minutes

    story(tmp_path, tell)


def test_a_link_has_any_letters_and_a_type_that_is_none_is_not_believed(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock, files: Files) -> None:
        files.answers["/é"] = (200, {"content-type": "rubbish"}, b"nothing that is known\0")
        message = picture(rig, f"{files.url}/é#top")
        await rig.accept(message)
        await rig.until(message, "submitted")
        assert rig.provider.uploads[0].mime_type == UNKNOWN_TYPE

    story(tmp_path, tell)


def test_a_link_that_may_work_later_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock, files: Files) -> None:
        files.answers["/a.png"] = (503, {}, b"")
        message = picture(rig, f"{files.url}/a.png")
        await rig.accept(message)
        async with asyncio.timeout(10):
            while (row := await rig.row(message)).state != "failed":
                clock.advance(5000)
                await asyncio.sleep(0.01)
        assert len(files.asked) == 1 + len(PAUSES_SECONDS)
        error = msgspec.json.decode(row.error or "")
        assert (error["code"], error["actor"]) == (131053, "sender")
        assert f"{files.url}/a.png → 503" in error["cause"]

    story(tmp_path, tell)


def test_a_link_that_leads_nowhere_is_asked_no_oftener_for_many_than_for_one(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock, files: Files) -> None:
        row, look = rig.runtime.directory.numbers[rig.number_id], rig.dispatcher.preparation.look
        later = NamedFile("image", f"{files.url}/soon.png", is_link=True)
        files.answers["/soon.png"] = files.answers["/later.png"] = (503, {}, b"")
        waits = picture(rig, later.name)
        await rig.accept(waits)
        await rig.until(waits, "held")
        for _ in PAUSES_SECONDS:
            assert await look(row, later) is not None  # whoever looks is told, and uses up none of its tries
        files.answers["/soon.png"] = FOUND
        for name, asked in (("gone", 1), ("later", 1 + len(PAUSES_SECONDS))):
            new = [picture(rig, f"{files.url}/{name}.png", f"1555001{n:04}") for n in range(30)]
            await rig.accept(*new)
            async with asyncio.timeout(20):
                while {(await rig.row(message)).state for message in new} != {"failed"}:
                    clock.advance(1000)
                    await asyncio.sleep(0.02)
            assert files.asked.count(f"/{name}.png") == asked
        await rig.until(waits, "submitted")
        gone = NamedFile("image", f"{files.url}/gone.png", is_link=True)
        files.answers["/gone.png"] = FOUND
        assert await look(row, gone) is None  # at once

    story(tmp_path, tell)


def test_one_that_was_put_off_is_not_sent_past_its_hold_when_another_brings_the_file(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock, files: Files) -> None:
        files.answers["/a.png"] = (503, {}, b"")
        first, other = picture(rig, f"{files.url}/a.png", LANE), picture(rig, f"{files.url}/a.png", OTHER)
        await rig.accept(first)
        await rig.until(first, "held")
        files.answers["/a.png"] = FOUND
        await rig.accept(other)
        await rig.until(other, "submitted")
        clock.advance(20_000)
        await rig.until(first, "submitted")
        assert len(files.asked) == 2

    story(tmp_path, tell)


def test_a_host_that_does_not_answer_takes_only_a_part_of_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell(rig: Rig, clock: VirtualClock, files: Files) -> None:
        monkeypatch.setattr(line, "IN_MEMORY", 50)  # fewer than wait for it
        monkeypatch.setattr(line, "PAGE", 20)
        async with file_server("127.0.0.2") as slow:
            slow.open.clear()
            new = [picture(rig, f"{slow.url}/{n}.png", f"1555001{n:04}") for n in range(100)]
            files.answers["/a.png"] = FOUND
            good, text = picture(rig, f"{files.url}/a.png", LANE), rig.message(OTHER)
            await rig.accept(*new, good, text)
            await rig.until(good, "submitted")
            await rig.until(text, "submitted")
            assert 0 < len(slow.asked) <= 8
            slow.open.set()

    story(tmp_path, tell)
