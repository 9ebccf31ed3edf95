"""Whose clock shows what: zones by address, nights over midnight, and clocks put forward and back."""

from datetime import datetime

import pytest

from trunkline.campaigns.local_time import Wall, Walls, parse
from trunkline.campaigns.time_zones import NOWHERE, zone, zones_of
from trunkline.model.campaign import QuietHours, Schedule


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def wall(zone: str, start: str, end: str, local_time: str | None = None) -> Wall:
    return Wall((zone,), Schedule(quiet_hours=QuietHours(start=start, end=end), local_time=local_time))


@pytest.mark.parametrize(
    ("address", "there", "not_there"),
    [
        ("12125550123", "America/New_York", "America/Toronto"),
        ("15550001234", "Pacific/Honolulu", "Pacific/Guam"),
        ("14165550123", "America/Toronto", "America/New_York"),
        ("16715550123", "Pacific/Guam", "America/New_York"),
        ("18765550123", "America/Jamaica", "America/New_York"),
        ("79161234567", "Europe/Moscow", "Asia/Almaty"),
        ("77011234567", "Asia/Almaty", "Europe/Moscow"),
        ("491511234567", "Europe/Berlin", "Europe/Paris"),
        ("US.1349120865530274", "America/New_York", "America/Toronto"),
        ("BR.ENT.1349120865530274", "America/Sao_Paulo", "America/Lima"),
    ],
)
def test_an_address_has_all_zones_of_its_country(address: str, there: str, not_there: str) -> None:
    assert there in zones_of(address) and not_there not in zones_of(address)


def test_an_address_of_no_country_lives_by_utc() -> None:
    assert zones_of("88213123456") == zones_of("ZZ.1") == NOWHERE


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "America", "/etc/passwd"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone(name) is None
    walls = Walls(Schedule(local_time="09:00"))
    assert walls.of("491511234567", name) is walls.of("491511234567", None)


def test_a_night_over_midnight_ends_in_the_morning() -> None:
    berlin = wall("Europe/Berlin", "21:00", "08:00")
    assert berlin.first(at("2026-11-23T20:59:59.999+01:00")) == at("2026-11-23T20:59:59.999+01:00")
    for moment in ("2026-11-23T21:00+01:00", "2026-11-24T00:30+01:00", "2026-11-24T07:59:59+01:00"):
        assert berlin.first(at(moment)) == at("2026-11-24T08:00+01:00")
    assert berlin.first(at("2026-11-24T08:00+01:00")) == at("2026-11-24T08:00+01:00")


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    siesta = wall("Europe/Madrid", "13:00", "15:00")
    assert siesta.first(at("2026-11-23T14:00+01:00")) == at("2026-11-23T15:00+01:00")
    assert siesta.first(at("2026-11-23T23:00+01:00")) == at("2026-11-23T23:00+01:00")
    assert wall("Europe/Madrid", "13:00", "13:00").first(at("2026-11-23T13:00+01:00")) is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-03-28T22:00+01:00", "2026-03-29T08:00+02:00"),  # put forward in that night
        ("2026-10-24T22:00+02:00", "2026-10-25T08:00+01:00"),  # and back
    ],
)
def test_the_night_in_which_clocks_are_changed_ends_by_the_new_time(before: str, after: str) -> None:
    assert wall("Europe/Berlin", "21:00", "08:00").first(at(before)) == at(after)


def test_an_end_that_the_clock_shows_twice_is_the_second_and_one_that_it_skips_comes_after_the_gap() -> None:
    back = wall("Europe/Berlin", "21:00", "02:30").first(at("2026-10-24T22:00+02:00"))
    assert back == at("2026-10-25T02:30+01:00")
    forward = wall("Europe/Berlin", "21:00", "02:30").first(at("2026-03-28T22:00+01:00"))
    assert forward == at("2026-03-29T03:30+02:00")


def test_a_local_time_within_the_quiet_hours_waits_for_their_end() -> None:
    late = wall("Europe/Berlin", "21:00", "08:00", "22:00")
    assert late.first(at("2026-11-23T12:00+01:00")) == at("2026-11-24T08:00+01:00")


def test_a_local_time_lasts_six_hours() -> None:
    morning = wall("Europe/Berlin", "21:00", "08:00", "09:30")
    due = at("2026-11-23T09:30+01:00")
    assert morning.still(due, at("2026-11-23T15:00+01:00")) == at("2026-11-23T15:00+01:00")
    assert morning.still(due, at("2026-11-23T16:00+01:00")) == at("2026-11-24T09:30+01:00")


def test_quiet_hours_of_one_zone_are_the_same_for_everybody() -> None:
    paris = QuietHours(start="21:00", end="08:00", time_zone="Europe/Paris")
    walls = Walls(Schedule(quiet_hours=paris))
    assert walls.of("818012345678", None) is walls.of("12125550123", "Asia/Tokyo")
    tokyo = Walls(Schedule(quiet_hours=paris, local_time="18:00")).of("818012345678", None)
    assert tokyo.first(at("2026-11-23T12:00+01:00")) == at("2026-11-24T18:00+09:00")


@pytest.mark.parametrize("text", ["9:30", "24:00", "09:60", "09-30", "", "09:30:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
