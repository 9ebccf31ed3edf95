"""R3, R4 and the policies end a doubt when all their conditions hold, and leave it alone otherwise."""

import asyncio
from pathlib import Path

import pytest

from tests.flow.doubt_desk import DAY, MINUTE, PERSON, Desk, Tell, story
from trunkline import admin
from trunkline.hooks import HookReceiver
from trunkline.inbound.receive import receive
from trunkline.inbound.watch import HookWatch
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.outbound import doubts
from trunkline.store import StoreUnavailable, Tx, processes, watches
from trunkline.store.queries import Query

# -- R3


def test_absence_is_believed_when_all_its_conditions_hold(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await desk.others_are_told()
        await desk.later(290_000)
        assert await desk.settle() == []
        await desk.later(31_000)
        [end] = await desk.settle()
        assert end.again is not None
        assert (end.again.id, end.again.attempts, end.recipient) == (message.id, 1, PERSON)
        row = await desk.rig.row(message)
        assert (row.state, row.attempts) == ("queued", 1)
        [attempt] = await desk.attempts(message)
        assert (attempt.settled_by, attempt.is_open) == ("absence", 0)
        assert await desk.begun(message, stored=True) == 2
        assert desk.rig.provider.asked == []

    story(tmp_path, tell, store_url)


def test_a_quiet_number_needs_fifteen_minutes_and_a_subscription(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await desk.later(14 * MINUTE)
        assert await desk.settle() == []
        assert desk.rig.provider.asked == []
        for answer in (None, False):
            desk.rig.provider.subscribed = answer
            await desk.later(2 * MINUTE)
            assert await desk.settle() == []
        desk.rig.provider.subscribed = True
        await desk.later(MINUTE)
        [end] = await desk.settle()
        assert end.message_id == message.id
        account = desk.rig.runtime.directory.accounts[desk.rig.account_id]
        assert desk.rig.provider.asked == [f"/hooks/whatsapp_cloud/{account.hook_key}"] * 3

    story(tmp_path, tell, store_url)


async def no_watch(desk: Desk) -> None:
    desk.clock.advance(20 * MINUTE)


async def a_restart(desk: Desk) -> None:
    desk.watch = HookWatch(desk.rig.runtime)
    await desk.later(20 * MINUTE)


async def a_post_turned_away(desk: Desk) -> None:
    receiver = HookReceiver(desk.rig.runtime, desk.processor)
    receiver.watch = desk.watch
    desk.rig.provider.is_signed = lambda *_: True  # type: ignore[attr-defined]
    desk.rig.store.refuse("batch", fault=StoreUnavailable("on purpose"))
    account = desk.rig.runtime.directory.accounts[desk.rig.account_id]
    status, _ = await receiver.post("whatsapp_cloud", account.hook_key, {}, b"[]")
    assert status == 503
    await desk.later(20 * MINUTE)


async def a_killed_process(desk: Desk) -> None:
    """By the database's own clock: so the attempt is put back, as what happened since can not be."""

    async def work(tx: Tx) -> None:
        await processes.beat(tx, "prc_killed", "elsewhere", "api,hooks")
        for text in (
            f"UPDATE attempts SET started_at = started_at - {10 * MINUTE}",
            "UPDATE watches SET since = 0",
            f"UPDATE processes SET expires_at = expires_at - {2 * MINUTE} WHERE id = 'prc_killed'",
        ):
            await tx.execute(Query("change", (), text, text))

    await desk.write(work)
    await desk.later(20 * MINUTE)


async def a_post_that_was_not_even_read(desk: Desk) -> None:
    receiver = HookReceiver(desk.rig.runtime, desk.processor)
    receiver.watch = desk.watch
    receiver.missed(desk.rig.runtime.directory.accounts[desk.rig.account_id].hook_key)
    await desk.later(20 * MINUTE)


async def silent_others(desk: Desk) -> None:
    await desk.taken("15550003333")
    await desk.later(20 * MINUTE)


async def an_unread_post(desk: Desk) -> None:
    await desk.processor.stop()
    await receive(desk.rig.runtime, desk.rig.account_id, "whatsapp_cloud", b"[]")
    await desk.later(20 * MINUTE)


async def an_unreadable_post(desk: Desk) -> None:
    post = await receive(desk.rig.runtime, desk.rig.account_id, "whatsapp_cloud", b"no list")
    assert post is not None
    desk.processor.hand_over(post)
    await asyncio.sleep(0.1)
    await desk.later(20 * MINUTE)


async def the_policy_never_resend(desk: Desk) -> None:
    await desk.policy("never_resend")
    await desk.others_are_told()
    await desk.later(20 * MINUTE)


@pytest.mark.parametrize(
    "happening",
    [
        no_watch,
        a_restart,
        a_post_turned_away,
        a_post_that_was_not_even_read,
        a_killed_process,
        silent_others,
        an_unread_post,
        an_unreadable_post,
        the_policy_never_resend,
    ],
)
def test_absence_proves_nothing_when_there_is(happening: Tell, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await happening(desk)
        assert await desk.settle() == []
        assert await desk.state(message) == "unknown"

    story(tmp_path, tell)


def test_absence_is_looked_into_for_the_oldest_doubt_alone_and_not_all_the_time(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        first = await desk.doubt()
        second = await desk.doubt("15550003333")
        desk.rig.provider.subscribed = False
        await desk.later(20 * MINUTE)
        assert await desk.settle() == await desk.settle() == []
        assert len(desk.rig.provider.asked) == 1
        desk.rig.provider.subscribed = True
        for message in (first, second):
            await desk.later(31_000)
            assert [end.message_id for end in await desk.settle()] == [message.id]

    story(tmp_path, tell)


def test_a_token_after_absence_keeps_the_message_from_being_sent_again(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await desk.later(20 * MINUTE)
        [_] = await desk.settle()
        await desk.tell(desk.fact("wamid.x", "sent", token=desk.token(message, 1)))
        assert await desk.state(message) == "sent"
        with pytest.raises(AssertionError):
            await desk.begun(message, stored=True)
        assert desk.rig.runtime.tally.counts["duplicate_suspected_total"] == 0

    story(tmp_path, tell, store_url)


def test_a_token_of_an_attempt_that_absence_ended_is_counted_once_when_another_left(
    store_url: str, tmp_path: Path, logged_errors: list[str]
) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await desk.later(20 * MINUTE)
        [_] = await desk.settle()
        n = await desk.begun(message, stored=True)
        await desk.answered(message, n, State.SUBMITTED, provider_id="wamid.two")
        for status in ("sent", "delivered"):
            await desk.tell(desk.fact("wamid.one", status, token=desk.token(message, 1)))
            await desk.tell(desk.fact("wamid.two", status, token=desk.token(message, 2)))
        assert desk.rig.runtime.tally.counts["duplicate_suspected_total"] == 1
        assert (await desk.rig.row(message)).provider_id == "wamid.two"

    story(tmp_path, tell, store_url)
    assert len(logged_errors) == 1 and "duplicate suspected" in logged_errors.pop()


# -- R4 and the policies


def test_a_life_that_ends_in_doubt_is_unconfirmed_and_frees_the_lane(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt(expires_at=desk.clock.now() + 2 * MINUTE)
        await desk.settle()
        await desk.later(3 * MINUTE)
        assert await desk.settle() == [doubts.End(message.id, PERSON, None)]
        row = await desk.rig.row(message)
        assert row.state == "unconfirmed" and row.ended_at is not None
        [attempt] = await desk.attempts(message)
        assert (attempt.settled_by, attempt.is_open) == ("life", 0)
        await desk.tell(desk.fact("wamid.x", "read", token=desk.token(message, 1)))
        row = await desk.rig.row(message)
        assert (row.state, row.ended_at) == ("read", None)

    story(tmp_path, tell, store_url)


def test_doubts_of_a_removed_number_are_given_up_in_their_time(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt(expires_at=desk.clock.now() + 2 * MINUTE)
        await desk.later(3 * MINUTE)
        await doubts.give_up(desk.rig.runtime)
        assert await desk.state(message) == "unknown"  # its owner will
        await admin.remove_number(desk.rig.office, desk.rig.account_id, message.number_id)
        await desk.rig.runtime.directory.reload()
        await doubts.give_up(desk.rig.runtime)
        assert await desk.state(message) == "unconfirmed"

    story(tmp_path, tell, store_url)


def test_an_account_may_want_it_sent_again_after_a_time(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.policy("resend_after", 90)
        message = await desk.doubt()
        await desk.later(80_000)
        assert await desk.settle() == []
        await desk.later(31_000)
        [end] = await desk.settle()
        assert end.again is not None
        [attempt] = await desk.attempts(message)
        assert attempt.settled_by == "policy"
        n = await desk.begun(message, stored=True)
        await desk.answered(message, n, State.SUBMITTED)
        await desk.tell(desk.fact("wamid.one", "sent", token=desk.token(message, 1)))
        assert desk.rig.runtime.tally.counts["duplicate_suspected_total"] == 0
        assert "wamid.one" in ((await desk.attempts(message))[0].detail or "")

    story(tmp_path, tell, store_url)


def test_the_policy_waits_until_what_the_provider_told_is_read(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.policy("resend_after", 90)
        message = await desk.doubt()
        await desk.processor.stop()
        await receive(desk.rig.runtime, desk.rig.account_id, "whatsapp_cloud", b"[]")
        await desk.later(120_000)  # as after a start: the post is here, and nobody has looked into it
        assert await desk.settle() == []
        assert await desk.state(message) == "unknown"
        await desk.processor.start()
        async with asyncio.timeout(30):
            while not await desk.settle():
                await desk.later(31_000)
        assert await desk.state(message) == "queued"

    story(tmp_path, tell, store_url)


def test_silent_sends_count_however_long_ago_the_doubtful_one_was_accepted(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.store.doubts._NEXT", 3)

    async def tell(desk: Desk) -> None:
        scheduled = desk.rig.message(PERSON, expires_at=desk.clock.now() + DAY)
        await desk.rig.keep(scheduled)
        for n in range(5):  # accepted after it and gone before it
            await desk.taken(f"155500044{n:02}")
        await desk.later(MINUTE)
        await desk.answered(scheduled, await desk.begun(scheduled, stored=True), State.UNKNOWN)
        silent = desk.rig.message("15550003333", id=later_id(desk))
        await desk.answered(silent, await desk.begun(silent), State.SUBMITTED)
        await desk.later(20 * MINUTE)
        assert await desk.settle() == []
        await desk.tell(desk.fact(f"wamid.{silent.id}", "sent", recipient=silent.recipient))
        await desk.later(MINUTE)
        assert [end.message_id for end in await desk.settle()] == [scheduled.id]

    story(tmp_path, tell, store_url)


def later_id(desk: Desk) -> str:
    """As of a message that is accepted now, by the desk's clock."""
    return ids.first_id(ids.MESSAGE, desk.clock.now() + 1)


def test_evidence_at_the_same_moment_wins(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        message = await desk.doubt()
        await desk.later(20 * MINUTE)

        async def a_status_comes(*_: object) -> bool:
            await desk.tell(desk.fact("wamid.x", "sent", token=desk.token(message, 1)))
            return True

        desk.rig.provider.is_subscribed = a_status_comes  # type: ignore[method-assign]
        assert await desk.settle() == []
        assert await desk.state(message) == "sent"
        assert desk.settled == [message.id]

    story(tmp_path, tell)


# -- the watch


def test_the_watch_goes_on_over_beats_and_begins_anew_after_a_gap(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        async def since() -> int:
            watch = await desk.rig.store.read(lambda tx: watches.get(tx, "hooks"))
            assert watch is not None
            return int(watch.since)

        first = await since()
        await desk.later(MINUTE)
        assert await since() == first
        desk.watch._beat_at -= 16
        await desk.watch.beat()
        second = await since()
        assert second > first
        desk.watch.broke()
        desk.rig.store.refuse("write")
        with pytest.raises(StoreUnavailable):
            await desk.watch.beat()
        await desk.later(1_000)
        assert await since() > second

    story(tmp_path, tell)
