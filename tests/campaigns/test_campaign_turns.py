"""Turns of a campaign's recipients: whatever the plan says keeps tiers, quiet hours, local times and ends."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from trunkline.campaigns.plan import plan_of
from trunkline.campaigns.plan_places import SLOT
from trunkline.campaigns.time_zones import zones_of
from trunkline.campaigns.turns import Late, Planner, Sender, Turn
from trunkline.model.campaign import QuietHours, Schedule

START = 1_795_428_420_000  # 2026-11-23T10:07:00Z
DAY = 86_400_000
NIGHT = QuietHours(start="21:00", end="08:00")
ADDRESSES = ("1212555", "4479", "7916", "5511", "9198", "61412", "4915", "8180", "234803")


def address(n: int, prefix: str = "1555") -> str:
    return f"{prefix}{n:07}"


def sender(**changes: Any) -> Sender:
    return Sender(**({"number_id": "a", "per_second": 80.0} | changes))


def turns(planner: Planner, count: int, prefix: str = "1555") -> list[Turn]:
    found = [planner.turn(address(n, prefix), None) for n in range(count)]
    assert all(isinstance(turn, Turn) for turn in found)
    return [turn for turn in found if isinstance(turn, Turn)]


def by_day(found: list[Turn]) -> list[int]:
    days = Counter((turn.planned_at - START) // DAY for turn in found)
    return [days[day] for day in range(max(days) + 1)]


def wall(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def test_forty_thousand_on_a_tier_of_ten_thousand_take_five_days_and_leave_the_reserve() -> None:
    planner = Planner(Schedule(), [sender(tier=10_000, reserve=1_000)], START)
    found = turns(planner, 40_000)
    assert by_day(found) == [9_000] * 4 + [4_000]
    at = sorted(turn.planned_at for turn in found)
    assert all(later - first >= DAY for first, later in zip(at, at[9_000:], strict=False))
    plan = plan_of(planner, Schedule())
    assert [day.recipients for day in plan.days] == [9_000] * 4 + [4_000]
    assert (plan.recipients, plan.numbers[0].reserve, plan.waiting["tier"]) == (40_000, 1_000, 31_000)
    assert plan.finish_at is not None and plan.finish_at.startswith("2026-11-27T10:07:")


def test_several_numbers_share_by_their_pace_and_by_what_their_tiers_leave() -> None:
    paces = Planner(Schedule(), [sender(), sender(number_id="b", per_second=20.0)], START)
    shares = Counter(turn.number_id for turn in turns(paces, 1_000))
    assert shares["a"] == pytest.approx(800, abs=5)
    tiers = [sender(tier=1_000), sender(number_id="b", tier=3_000), sender(number_id="c", per_second=1.0)]
    shares = Counter(turn.number_id for turn in turns(Planner(Schedule(), tiers, START), 4_000))
    assert (shares["a"], shares["b"]) == (1_000, shares["b"]) and shares["b"] > 2_800


def test_numbers_whose_tier_is_one_have_it_once() -> None:
    both = [sender(tier=1_000, shares_with="w"), sender(number_id="b", tier=1_000, shares_with="w")]
    assert by_day(turns(Planner(Schedule(), both, START), 1_500)) == [1_000, 500]


def test_whoever_was_counted_today_is_free_and_places_come_back_when_they_were_taken() -> None:
    used = {address(n): START - DAY + 3_600_000 for n in range(600)}
    planner = Planner(Schedule(), [sender(tier=1_000, used=used)], START)
    known = turns(planner, 600)
    assert max(turn.due_at for turn in known) == START
    new = [planner.turn(address(n), None) for n in range(600, 1_600)]
    waits = [turn.due_at - START for turn in new if isinstance(turn, Turn)]
    assert sum(wait == 0 for wait in waits) == 400  # of the thousand, those who were known keep 600
    assert min(wait for wait in waits if wait) >= DAY


def test_whoever_was_counted_at_one_number_may_get_it_from_another_that_is_free_first() -> None:
    used = {address(n): START - 3_600_000 for n in range(100)}
    both = [sender(tier=100, used=used, per_second=1.0), sender(number_id="b", tier=1_000, per_second=9.0)]
    found = turns(Planner(Schedule(), both, START), 200)
    assert {turn.number_id for turn in found[:100]} == {"a", "b"}
    assert {turn.number_id for turn in found[100:]} == {"b"}  # no place is left at the other
    assert {turn.due_at for turn in found} == {START}


def test_free_form_messages_are_not_counted() -> None:
    planner = Planner(Schedule(), [sender(tier=10)], START, counts=False)
    assert by_day(turns(planner, 5_000)) == [5_000]


def test_a_pace_of_the_campaign_decides_when_they_go_and_not_when_they_may() -> None:
    found = turns(Planner(Schedule(), [sender()], START, per_second=2.0), 1_000)
    assert max(turn.planned_at for turn in found) - START == pytest.approx(500_000, abs=1_000)
    assert {turn.due_at for turn in found} == {START}  # a higher pace later on must be able to use it


@pytest.mark.parametrize(
    ("schedule", "senders", "late"),
    [
        (Schedule(end_at=START + 10_000), [sender()], Late.END),
        (Schedule(validity_minutes=1), [sender(per_second=1.0)], Late.VALIDITY),
        (Schedule(), [sender(tier=100, reserve=100)], Late.TIER),
        (Schedule(), [sender(tier=1)], Late.FAR),
    ],
)
def test_whoever_can_not_be_reached_in_time_is_told_why(
    schedule: Schedule, senders: list[Sender], late: Late
) -> None:
    planner = Planner(schedule, senders, START)
    found = [planner.turn(address(n), None) for n in range(2_000)]
    assert found[-1] == late and planner.late == {late: found.count(late)}
    plan = plan_of(planner, schedule)
    assert plan.too_late == {late.value: found.count(late)} and plan.notes


def test_no_time_that_is_safe_in_all_zones_of_a_country_is_no_turn_unless_the_zone_is_known() -> None:
    planner = Planner(Schedule(quiet_hours=QuietHours(start="19:00", end="10:00")), [sender()], START)
    assert planner.turn("79161234567", None) == Late.QUIET  # ten hours apart, nine to send in
    assert isinstance(planner.turn("79161234567", "Europe/Moscow"), Turn)
    assert isinstance(planner.turn("4915112345678", None), Turn)


def test_everybody_gets_it_at_the_same_time_of_their_own_day() -> None:
    planner = Planner(Schedule(local_time="09:30"), [sender()], START)
    for prefix, zone in (("4915", "Europe/Berlin"), ("9198", "Asia/Kolkata"), ("8180", "Asia/Tokyo")):
        turn = planner.turn(prefix + "1234567", None)
        assert isinstance(turn, Turn) and START <= turn.due_at < START + DAY
        assert f"{wall(turn.due_at, zone):%H:%M}" == "09:30"
    own = planner.turn("4915123456789", "America/New_York")
    assert isinstance(own, Turn) and f"{wall(own.due_at, 'America/New_York'):%H:%M}" == "09:30"


def test_of_several_zones_the_western_one_decides_in_the_morning_and_the_eastern_one_in_the_evening() -> None:
    morning = Planner(Schedule(local_time="09:30"), [sender()], START).turn("12125550123", None)
    evening = Planner(Schedule(local_time="20:30"), [sender()], START).turn("12125550123", None)
    assert isinstance(morning, Turn) and isinstance(evening, Turn)
    assert f"{wall(morning.due_at, 'Pacific/Honolulu'):%H:%M}" == "09:30"
    assert f"{wall(evening.due_at, 'America/New_York'):%H:%M}" == "20:30"


def test_a_slow_pace_does_not_run_into_the_night_and_goes_on_in_the_morning() -> None:
    schedule = Schedule(quiet_hours=NIGHT)
    planner = Planner(schedule, [sender(per_second=0.1)], START)
    found = turns(planner, 8_000, "4915")
    hours = {wall(turn.planned_at, "Europe/Berlin").hour for turn in found}
    assert hours == set(range(8, 21))
    assert planner.causes.pace > 0 and "pace" in plan_of(planner, schedule).notes[-1]


@settings(max_examples=15, deadline=None)
@given(
    people=some.lists(some.sampled_from(ADDRESSES), min_size=50, max_size=250),
    tier=some.integers(20, 200),
    reserve=some.integers(0, 10),
    per_second=some.sampled_from([0.05, 1.0, 80.0]),
    local_time=some.sampled_from([None, "09:30", "19:00"]),
    quiet=some.sampled_from([None, NIGHT, QuietHours(start="22:00", end="07:00", time_zone="Europe/Paris")]),
)
def test_whatever_the_mix_tiers_and_quiet_hours_are_kept(
    people: list[str],
    tier: int,
    reserve: int,
    per_second: float,
    local_time: str | None,
    quiet: QuietHours | None,
) -> None:
    schedule = Schedule(local_time=local_time, quiet_hours=quiet)
    planner = Planner(schedule, [sender(tier=tier, reserve=reserve, per_second=per_second)], START)
    at = []
    for n, prefix in enumerate(people):
        turn = planner.turn(f"{prefix}{n:06}", None)
        assert isinstance(turn, Turn) and START <= turn.due_at <= turn.planned_at
        at.append(turn.planned_at)
        if quiet is not None:
            zones = [quiet.time_zone] if quiet.time_zone else zones_of(f"{prefix}{n:06}")
            assert not any(_is_quiet(turn.planned_at, str(zone), quiet) for zone in zones)
    at.sort()
    most = tier - reserve  # within a quarter of an hour the order of a day may be another than the day before
    assert all(later - first > DAY - SLOT for first, later in zip(at, at[most:], strict=False))


def _is_quiet(at: int, zone: str, quiet: QuietHours) -> bool:
    clock = f"{wall(at, zone):%H:%M}"
    return clock >= quiet.start or clock < quiet.end


def test_the_first_turn_is_not_before_the_start() -> None:
    later = START + 3 * DAY
    turn = Planner(Schedule(start_at=later), [sender()], later).turn(address(1), None)
    assert turn == Turn("a", later, later)
    assert datetime.fromtimestamp(later / 1000, UTC).isoformat() == "2026-11-26T10:07:00+00:00"
