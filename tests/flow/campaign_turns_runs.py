"""What a running campaign leaves to others, and whom it lets sleep; on virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from tests.flow.campaign_desk import Desk, desk
from tests.flow.rig import rig, taken
from trunkline import admin
from trunkline.admin import NumberForm
from trunkline.campaigns import actions
from trunkline.campaigns.plan_start import open_planner
from trunkline.campaigns.turns import Turn
from trunkline.campaigns.turns_now import Gate
from trunkline.channels.contract import Outcome, Outgoing, Refused, SendError
from trunkline.clock import VirtualClock
from trunkline.model.campaign import Content, QuietHours, Schedule
from trunkline.model.message import Priority
from trunkline.store import recipients

HOUR = 3_600_000
DAY = 24 * HOUR
TEMPLATE = Content(body={"type": "template", "template": {"name": "news", "language": {"code": "en"}}})
Tell = Callable[[Desk, VirtualClock], Awaitable[None]]


def story(
    folder: Path, tell: Tell, url: str = "", daily_recipients: int | None = None, per_second: int = 1000
) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(folder, url, clock=clock, with_number=False) as before:
            form = NumberForm(
                digits="15550001000", phone_number_id="1", waba_id="1", token="t", app_id="1", app_secret="s",
                base_url="http://127.0.0.1:9", messages_per_second=per_second,
                daily_recipients=daily_recipients,
                tier_reserve=5,
            )  # fmt: skip
            await admin.register_number(before.office, before.account_id, form)
        async with desk(folder, url, clock=clock) as here:
            await tell(here, clock)

    asyncio.run(run())


class Meta:
    """Counts people as the provider does, and refuses the one too many."""

    def __init__(self, clock: VirtualClock, tier: int) -> None:
        self.at: dict[str, int] = {}
        self.refused: list[str] = []
        self._clock = clock
        self._tier = tier

    async def answer(self, message: Outgoing) -> Outcome:
        now = self._clock.now()
        today = {person for person, at in self.at.items() if at > now - DAY}
        if message.recipient not in today and len(today) >= self._tier:
            self.refused.append(message.recipient)
            return Refused(SendError(131048, "Spam rate limit hit", "c", "nobody", "r", "hold_number"))
        self.at[message.recipient] = now
        return await taken(message)


async def stands_still(here: Desk, sends: int) -> None:
    await asyncio.sleep(0.3)
    assert len(here.provider.sent) == sends


def test_a_campaign_leaves_the_reserve_of_the_tier_to_others_and_goes_on_the_next_day(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(here: Desk, clock: VirtualClock) -> None:
        meta = Meta(clock, tier=20)
        here.provider.answer = meta.answer
        campaign_id = await here.add(40, content=TEMPLATE)
        await here.start(campaign_id)
        await here.until_sent(15)
        await stands_still(here, 15)
        assert (await here.states(campaign_id)) == {"submitted": 15}  # nothing of it waits in the line
        others = [here.rig.message(str(15550200000 + n), type="template") for n in range(5)]
        await here.rig.accept(*others)
        for one in others:
            await here.rig.until(one, "submitted")
        for count in (35, 45):
            clock.advance(DAY + 5_000)
            await here.until_sent(count)
            await stands_still(here, count)
        await here.until(campaign_id, "finished")
        assert (meta.refused, await here.states(campaign_id)) == ([], {"submitted": 40})

    story(tmp_path, tell, store_url, daily_recipients=20)


def test_a_message_of_bulk_waits_where_a_normal_one_still_goes(tmp_path: Path) -> None:
    async def tell(here: Desk, clock: VirtualClock) -> None:
        bulk = [
            here.rig.message(str(15550300000 + n), type="template", priority=Priority.BULK) for n in range(16)
        ]
        await here.rig.accept(*bulk)
        await here.until_sent(15)
        await stands_still(here, 15)
        normal = here.rig.message("15550400000", type="template")
        await here.rig.accept(normal)
        await here.rig.until(normal, "submitted")

    story(tmp_path, tell, daily_recipients=20)


def test_nobody_is_written_to_in_their_night_and_everybody_gets_it_in_the_morning(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(here: Desk, clock: VirtualClock) -> None:
        now = datetime.fromtimestamp(clock.now() / 1000, UTC)
        night = QuietHours(
            start=f"{now - timedelta(hours=1):%H:%M}",
            end=f"{now + timedelta(hours=2):%H:%M}",
            time_zone="UTC",
        )
        campaign_id = await here.add(30, schedule=Schedule(quiet_hours=night))
        await here.start(campaign_id)
        while min(one.due_at for one in await here.recipients(campaign_id)) == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await stands_still(here, 0)
        clock.advance(2 * HOUR + 60_000)
        await here.until(campaign_id, "finished")
        assert len(here.provider.sent) == 30

    story(tmp_path, tell, store_url)


def test_what_a_pause_held_does_not_go_in_the_night_of_its_resume(store_url: str, tmp_path: Path) -> None:
    async def tell(here: Desk, clock: VirtualClock) -> None:
        now = datetime.fromtimestamp(clock.now() / 1000, UTC)
        night = QuietHours(
            start=f"{now + timedelta(hours=2):%H:%M}",
            end=f"{now + timedelta(hours=5):%H:%M}",
            time_zone="UTC",
        )
        campaign_id = await here.add(300, schedule=Schedule(quiet_hours=night))
        await here.start(campaign_id)
        while (await here.states(campaign_id)).get("queued", 0) < 100:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await actions.pause(here.runtime, here.rig.account_id, campaign_id, "caller")
        while "sending" in await here.states(campaign_id):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        states, before = await here.states(campaign_id), len(here.provider.sent)
        assert states["held"] > 0
        clock.advance(3 * HOUR)
        await actions.resume(here.runtime, here.rig.account_id, campaign_id)
        while "held" in await here.states(campaign_id):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await stands_still(here, before)
        assert (await here.states(campaign_id))["scheduled"] == states["held"]
        clock.advance(2 * HOUR + 60_000)
        await here.until(campaign_id, "finished")
        assert len(here.provider.sent) == 300

    story(tmp_path, tell, store_url, per_second=200)


def test_the_plan_of_a_second_campaign_knows_of_the_first_and_of_who_was_counted(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(here: Desk, clock: VirtualClock) -> None:
        first = await here.add(40, content=TEMPLATE)
        await here.start(first)
        await here.until_sent(15)
        await stands_still(here, 15)
        second = await here.add(1, content=TEMPLATE)
        definition = actions.definition_of(await here.row(second))
        planner = await open_planner(here.runtime, here.rig.account_id, second, definition)
        assert (planner.senders[0].tier, planner.senders[0].reserve) == (20, 5)
        assert sum(count for _, count in planner.senders[0].planned) == 25
        turn = planner.turn("15550600001", None)
        # Today's places are used, tomorrow's are promised to the first campaign, and ten of the next day's.
        assert isinstance(turn, Turn) and 2 < (turn.due_at - planner.start) / DAY < 2.1
        none = await open_planner(here.runtime, here.rig.account_id, first, definition)
        assert not none.senders[0].planned

    story(tmp_path, tell, store_url, daily_recipients=20)


def test_a_local_time_that_had_passed_before_the_start_comes_again_the_next_day(tmp_path: Path) -> None:
    async def tell(here: Desk, clock: VirtualClock) -> None:
        campaign_id = await here.add(1)
        now = clock.now()
        spoken = datetime.fromtimestamp((now - 3 * HOUR) / 1000, UTC)
        schedule = Schedule(local_time=f"{spoken:%H:%M}")
        definition = msgspec.structs.replace(
            actions.definition_of(await here.row(campaign_id)), schedule=schedule
        )
        key = (here.rig.account_id, campaign_id)
        gate = Gate(here.runtime, key, definition, started_at=now)
        number = here.runtime.directory.numbers[here.rig.number_id]
        found = await here.runtime.store.read(lambda tx: recipients.due(tx, *key, number.id, now, 10))
        someone = msgspec.structs.replace(found[0], address="88213123456", due_at=now - 3 * HOUR)
        sifted = await gate.sift(number, [someone])
        assert not sifted.go and now + 20 * HOUR < sifted.later[0][1] < now + 22 * HOUR
        on_time = msgspec.structs.replace(someone, due_at=now - HOUR // 2)
        assert (await gate.sift(number, [on_time])).go == [on_time]

    story(tmp_path, tell)
