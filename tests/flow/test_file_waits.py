"""Messages that wait for their files: who waits, what is shown, and that each goes once and in its order."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.clients.files import PDF, PNG
from tests.flow.rig import Rig, rig, taken, uploaded
from trunkline import admin, shelving
from trunkline.channels.contract import FileToSend, MediaError, Outcome, Outgoing, Refused, SendError
from trunkline.clock import VirtualClock
from trunkline.errors import Problem
from trunkline.housekeeping import expire, provider_files
from trunkline.membership import Membership
from trunkline.model import ids
from trunkline.model.message import Priority
from trunkline.outbound.accept import as_waiting
from trunkline.outbound.dispatch import Dispatcher
from trunkline.store import messages
from trunkline.store.media import StoredMedia
from trunkline.store.messages import NewMessage

Tell = Callable[[Rig, VirtualClock], Awaitable[None]]
DAY = 86_400_000
LANE, OTHER = "15550002222", "15550003333"


def story(folder: Path, tell: Tell, url: str = "") -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(folder, url, clock=clock) as running:
            await running.start()
            await tell(running, clock)

    asyncio.run(run())


async def keep_file(rig: Rig, data: bytes = PNG) -> str:
    """The id of an uploaded file."""
    with rig.runtime.shelf.draft() as draft:
        draft.write(data)
        file = StoredMedia(
            account_id=rig.account_id, id=ids.new_id(ids.MEDIA), kind="image", mime_type="image/png",
            sha256=draft.sha256, size=draft.size, created_at=rig.runtime.clock.now(), source="uploaded",
        )  # fmt: skip
        await shelving.shelve(rig.runtime, draft, file)
    return file.id


def picture(rig: Rig, name: str, recipient: str = LANE, **changes: Any) -> NewMessage:
    key = "link" if "://" in name else "id"
    content = msgspec.json.encode({"image": {key: name}}).decode()
    changes = {"expires_at": rig.runtime.clock.now() + 90 * DAY} | changes
    return rig.message(recipient, type="image", content=content, has_media=1, **changes)


class Slow:
    """An upload that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def upload(self, file: FileToSend) -> str:
        self.begun.set()
        await self.go.wait()
        return await uploaded(file)


def sent_files(rig: Rig) -> list[str]:
    return [message.content["image"]["id"] for message in rig.provider.sent if "image" in message.content]


async def shown_as_held(rig: Rig, clock: VirtualClock, message: NewMessage) -> None:
    """Past the moment up to which nobody would see it wait."""
    async with asyncio.timeout(10):
        while (await rig.row(message)).state != "held":
            clock.advance(1100)
            await asyncio.sleep(0.02)
    assert (await rig.row(message)).state_reason == "media"


def test_one_that_waits_keeps_its_lane_and_nobody_else_and_says_that_it_is_held(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        first, then, aside = picture(rig, await keep_file(rig)), rig.message(LANE), rig.message(OTHER)
        await rig.accept(first, then, aside)
        await rig.until(aside, "submitted")
        await slow.begun.wait()
        await shown_as_held(rig, clock, first)
        assert rig.provider.recipients() == [OTHER]
        slow.go.set()
        await rig.until(then, "submitted")
        assert (await rig.row(first)).state == "submitted" and rig.provider.recipients() == [
            OTHER,
            LANE,
            LANE,
        ]
        assert sent_files(rig) == [f"at-provider-{rig.provider.uploads[0].path.name[:8]}"]

    story(tmp_path, tell, store_url)


def test_a_one_time_code_to_the_same_person_does_not_wait_for_a_slow_file(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        first = picture(rig, await keep_file(rig))
        code, then = rig.message(LANE, priority=Priority.HIGH), rig.message(LANE)
        await rig.accept(first)
        await slow.begun.wait()
        await shown_as_held(rig, clock, first)
        await rig.accept(then, code)
        clock.advance(1100)
        await rig.until(code, "submitted")
        assert (await rig.row(then)).state == "queued"
        slow.go.set()
        await rig.until(then, "submitted")
        assert [one.type for one in rig.provider.sent] == ["text", "image", "text"]
        assert len(rig.provider.uploads) == 1

    story(tmp_path, tell)


def test_what_is_ready_soon_is_never_seen_to_wait(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        message = picture(rig, await keep_file(rig))
        await rig.accept(message)
        row = await rig.until(message, "submitted")
        assert row.version == 2  # the intent and the outcome, and no hold between

    story(tmp_path, tell)


def test_many_messages_with_one_file_upload_it_once(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        name = await keep_file(rig)
        new = [picture(rig, name, f"1555001{n:04}") for n in range(100)]
        await rig.accept(*new)
        await slow.begun.wait()
        assert len(rig.dispatcher._numbers[rig.number_id]._files._tasks) <= 8
        slow.go.set()
        clock.advance(2000)
        for message in new:
            await rig.until(message, "submitted")
        assert len(rig.provider.uploads) == 1 and len(set(sent_files(rig))) == 1
        known = as_waiting(picture(rig, name, fallback='{"template":{"name":"t"}}'))
        turns = [rig.dispatcher.preparation.take_turn(known) for _ in range(20)]
        assert turns == [[]] * 20  # who has only its fallback to read waits for nobody

    story(tmp_path, tell)


def test_one_that_is_canceled_while_it_waits_frees_its_lane(store_url: str, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        first, then = picture(rig, await keep_file(rig)), rig.message(LANE)
        await rig.accept(first, then)
        await slow.begun.wait()
        await shown_as_held(rig, clock, first)
        key = (rig.account_id, first.id, clock.now())
        assert await rig.store.write(lambda tx: messages.cancel(tx, *key))
        clock.advance(6000)
        await rig.until(then, "submitted")
        slow.go.set()
        assert (await rig.row(first)).state == "canceled" and len(rig.provider.sent) == 1

    story(tmp_path, tell, store_url)


def test_one_whose_life_ends_while_it_waits_is_expired_and_frees_its_lane(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        first = picture(rig, await keep_file(rig), expires_at=clock.now() + 3_600_000)
        then = rig.message(LANE, expires_at=clock.now() + 90 * DAY)
        await rig.accept(first, then)
        await slow.begun.wait()
        await shown_as_held(rig, clock, first)
        clock.advance(rig.runtime.settings.dispatch.message_life_hours * 3_600_000 + 1000)
        while await expire.step(rig.runtime):
            pass
        clock.advance(6000)
        await rig.until(then, "submitted")
        slow.go.set()
        assert (await rig.row(first)).state == "expired"

    story(tmp_path, tell)


def test_while_the_provider_takes_no_files_they_wait_and_go_when_it_does(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        async def away(file: FileToSend) -> str:
            raise MediaError("HTTP 503")

        rig.provider.upload = away
        message, then = picture(rig, await keep_file(rig)), rig.message(LANE)
        await rig.accept(message, then)
        await rig.until(message, "held")
        for tries in range(2, 12):  # longer than a link would have
            async with asyncio.timeout(10):
                while len(rig.provider.uploads) < tries:
                    clock.advance(30_000)
                    await asyncio.sleep(0.01)
        assert (await rig.row(message)).state == "held" and not rig.provider.sent
        rig.provider.upload = uploaded
        async with asyncio.timeout(10):
            while len(rig.provider.sent) < 2:
                clock.advance(30_000)
                await asyncio.sleep(0.01)
        await rig.until(then, "submitted")
        assert [one.type for one in rig.provider.sent] == ["image", "text"]

    story(tmp_path, tell)


def test_a_file_that_the_provider_or_its_rules_refuse_fails_the_message_with_the_words(
    tmp_path: Path,
) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        said = SendError(
            100, "Invalid parameter", "It is wrong.", "sender", "Mend it.", detail="(#100) Param x"
        )

        async def no(file: FileToSend) -> str:
            raise MediaError("(#100) Param x", is_final=True, error=said)

        rig.provider.upload = no
        message, after = picture(rig, await keep_file(rig)), rig.message(LANE)
        await rig.accept(message, after)
        await rig.until(after, "submitted")
        error = msgspec.json.decode((await rig.row(message)).error or "")
        assert (error["code"], error["detail"]) == (100, "(#100) Param x")

        rig.provider.problems = (
            Problem("", "type", "An image is JPEG or PNG.", "PDF", "image/jpeg, image/png"),
        )
        message = picture(rig, await keep_file(rig, PDF))
        await rig.accept(message)
        error = msgspec.json.decode((await rig.until(message, "failed")).error or "")
        assert "An image is JPEG or PNG (found: PDF, allowed: image/jpeg, image/png)." in error["cause"]

        message = picture(rig, ids.new_id(ids.MEDIA))
        await rig.accept(message)
        error = msgspec.json.decode((await rig.until(message, "failed")).error or "")
        assert "there is no such file in this account" in error["cause"]
        assert len(rig.provider.uploads) == 1 and len(rig.provider.sent) == 1

    story(tmp_path, tell)


def no_such_media(times: int) -> Callable[[Outgoing], Awaitable[Outcome]]:
    no = SendError(100, "Invalid parameter", "Unknown id.", "sender", "", effect="renew_media")
    refusals = [Refused(no)] * times

    async def answer(message: Outgoing) -> Outcome:
        return refusals.pop() if refusals and "image" in message.content else await taken(message)

    return answer


def test_an_id_that_the_provider_forgot_is_renewed_once(store_url: str, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        name = await keep_file(rig)
        rig.provider.answer = no_such_media(1)
        message, then = picture(rig, name), rig.message(LANE)
        await rig.accept(message, then)
        await rig.until(then, "submitted")
        assert (await rig.row(message)).attempts == 2 and len(rig.provider.uploads) == 2
        assert [one.type for one in rig.provider.sent] == ["image", "image", "text"]
        rig.provider.answer = no_such_media(5)
        message = picture(rig, name)
        await rig.accept(message)
        assert (await rig.until(message, "failed")).attempts == 2

    story(tmp_path, tell, store_url)


def test_a_file_that_is_removed_before_a_second_try_does_not_go(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        name = await keep_file(rig)

        async def busy(message: Outgoing) -> Outcome:
            sha256 = rig.provider.uploads[0].path.name
            await shelving.remove(rig.runtime, rig.account_id, name, sha256, "removed by its owner")
            rig.dispatcher.preparation.removed(name)
            return Refused(SendError(130429, "Busy", "Too fast.", "nobody", "", effect="retry"))

        rig.provider.answer = busy
        message = picture(rig, name)
        await rig.accept(message)
        error = msgspec.json.decode((await rig.until(message, "failed")).error or "")
        assert "removed by its owner" in error["cause"] and len(rig.provider.sent) == 1

    story(tmp_path, tell)


def test_an_id_is_used_until_a_day_before_it_ends_and_then_there_is_a_new_one(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        name = await keep_file(rig)
        for days, uploads in ((0, 1), (28.5, 1), (1, 2)):
            clock.advance(int(days * DAY))
            message = picture(rig, name)
            await rig.accept(message)
            await rig.until(message, "submitted")
            assert len(rig.provider.uploads) == uploads, days
        clock.advance(31 * DAY)
        assert [await provider_files.step(rig.runtime) for _ in range(2)] == [
            1,
            0,
        ]  # what is over is forgotten

    story(tmp_path, tell)


def test_a_number_that_the_provider_bars_at_an_upload_is_held_and_goes_on_in_order(
    tmp_path: Path, logged_errors: list[str]
) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        said = SendError(190, "Token", "It is over.", "operator", "Renew it.", effect="hold_number")

        async def no(file: FileToSend) -> str:
            raise MediaError("token", error=said)

        rig.provider.upload = no
        first, then = picture(rig, await keep_file(rig)), rig.message(LANE)
        await rig.accept(first, then)
        async with asyncio.timeout(10):
            while rig.runtime.directory.numbers[rig.number_id].held_reason is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        rig.provider.upload = uploaded
        await admin.release_number(rig.office, rig.account_id, rig.number_id)
        await rig.runtime.directory.reload()
        await rig.dispatcher.sync_numbers()
        await rig.until(then, "submitted")
        assert [one.type for one in rig.provider.sent] == ["image", "text"]
        assert "number_held:190" in logged_errors.pop()

    story(tmp_path, tell)


def test_a_release_while_files_are_prepared_neither_loses_nor_doubles_them(
    tmp_path: Path, logged_errors: list[str]
) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        first, then = picture(rig, await keep_file(rig)), rig.message(LANE)
        await rig.accept(first, then)
        await slow.begun.wait()
        await shown_as_held(rig, clock, first)
        number = rig.dispatcher._numbers[rig.number_id]
        await number._hold("of the test")
        await admin.release_number(rig.office, rig.account_id, rig.number_id)
        await rig.runtime.directory.reload()
        await rig.dispatcher.sync_numbers()
        slow.go.set()
        await rig.until(then, "submitted")
        assert [one.type for one in rig.provider.sent] == ["image", "text"]
        assert len(rig.provider.uploads) == 1
        logged_errors.clear()  # the hold

    story(tmp_path, tell)


def test_a_new_owner_begins_anew_and_sends_once(store_url: str, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        slow = Slow()
        rig.provider.upload = slow.upload
        first, then = picture(rig, await keep_file(rig)), rig.message(LANE)
        await rig.accept(first, then)
        await slow.begun.wait()
        await shown_as_held(rig, clock, first)
        await rig.dispatcher.stop()
        rig.provider.upload = uploaded
        rig.dispatcher = Dispatcher(rig.runtime, Membership(rig.runtime))
        await rig.start()
        await rig.until(then, "submitted")
        assert [one.type for one in rig.provider.sent] == ["image", "text"]

    story(tmp_path, tell, store_url)


def test_a_former_owner_changes_nothing_any_more(store_url: str, tmp_path: Path) -> None:
    """A frozen process does not know that it is one."""

    async def tell(rig: Rig, clock: VirtualClock) -> None:
        message = picture(rig, ids.new_id(ids.MEDIA))
        await rig.keep(message)
        files = rig.dispatcher._numbers[rig.number_id]._files
        mine, waiting = files._owned.lease, as_waiting(message)
        former = msgspec.structs.replace(mine, epoch=mine.epoch - 1)
        files._owned.lease = former
        assert not await files._hold(waiting)
        files._owned.lease = mine
        for _ in range(2):  # the answer to the first may be lost
            assert await files._hold(waiting)
        files._owned.lease = former
        assert not await files._resume(waiting)
        await files._refuse(waiting, "{}")
        assert (await rig.row(message)).state == "held"
        files._owned.lease = mine
        for _ in range(2):
            assert await files._resume(waiting) and (await rig.row(message)).state == "queued"

    story(tmp_path, tell, store_url)


def test_the_files_of_a_fallback_are_ready_before_it_takes_the_place(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        name = await keep_file(rig)
        parameter = {"type": "image", "image": {"id": name}}
        fallback = {"template": {"name": "t", "components": [{"type": "header", "parameters": [parameter]}]}}
        message = rig.message(
            LANE,
            has_media=1,
            fallback=msgspec.json.encode(fallback).decode(),
            content='{"text":{"body":"a"}}',
        )
        await rig.accept(message)
        await rig.until(message, "submitted")
        [sent] = rig.provider.sent
        assert sent.type == "template"
        [component] = sent.content["template"]["components"]
        assert component["parameters"][0]["image"]["id"].startswith("at-provider-")

    story(tmp_path, tell)


def test_who_leaves_links_to_whatsapp_has_them_sent_as_they_are(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        await admin.set_links(rig.office, rig.account_id, rig.number_id, "pass_through")
        await rig.runtime.directory.reload()
        message = picture(rig, "https://files.example/a.png")
        await rig.accept(message)
        await rig.until(message, "submitted")
        assert rig.provider.sent[0].content == {"image": {"link": "https://files.example/a.png"}}

    story(tmp_path, tell)
