"""In which of Meta's markets a recipient is billed, by hand."""

import re
from datetime import date

import pytest

from trunkline.channels.whatsapp_cloud.pricing.markets import market_map, market_of

JUNE, JULY, OCTOBER = date(2026, 6, 30), date(2026, 7, 1), date(2026, 10, 1)


@pytest.mark.parametrize(
    ("address", "market"),
    [
        ("919876543210", "India"),
        ("15550001234", "North America"),
        ("12125550123", "North America"),
        ("14165550123", "North America"),
        ("18095550123", "Rest of Latin America"),
        ("18295550123", "Rest of Latin America"),
        ("18495550123", "Rest of Latin America"),
        ("16585550123", "Rest of Latin America"),
        ("18765550123", "Rest of Latin America"),
        ("17875550123", "Rest of Latin America"),
        ("19395550123", "Rest of Latin America"),
        ("12425550123", "Other"),
        ("447911123456", "United Kingdom"),
        ("441534123456", "United Kingdom"),
        ("79161234567", "Russia"),
        ("77011234567", "Kazakhstan"),
        ("4915112345678", "Germany"),
        ("436601234567", "Rest of Western Europe"),
        ("3547123456", "Other"),
        ("243812345678", "Other"),
        ("IN.1349", "India"),
        ("DE.ENT.1349", "Germany"),
        ("US.1349", "North America"),
        ("PR.1349", "Rest of Latin America"),
        ("BS.1349", "Other"),
        ("JE.1349", "United Kingdom"),
        ("KZ.1349", "Kazakhstan"),
        ("XX.1349", "Other"),
        ("1", "Other"),
        ("", "Other"),
    ],
)
def test_the_market_of_a_recipient(address, market):
    assert market_of(address, date(2026, 11, 1)) == market


@pytest.mark.parametrize(
    ("code", "before", "after", "since"),
    [
        ("263", "Other", "Rest of Africa", date(2025, 10, 1)),
        ("852", "Rest of Asia Pacific", "Hong Kong", JULY),
        ("36", "Rest of Central & Eastern Europe", "Hungary", JULY),
        ("48", "Rest of Central & Eastern Europe", "Poland", JULY),
        ("974", "Rest of Middle East", "Qatar", JULY),
        ("40", "Rest of Central & Eastern Europe", "Romania", JULY),
        ("65", "Rest of Asia Pacific", "Singapore", JULY),
        ("880", "Rest of Asia Pacific", "Bangladesh", OCTOBER),
        ("964", "Rest of Middle East", "Iraq", OCTOBER),
        ("977", "Rest of Asia Pacific", "Nepal", OCTOBER),
        ("94", "Rest of Asia Pacific", "Sri Lanka", OCTOBER),
        ("965", "Rest of Middle East", "Kuwait", OCTOBER),
        ("212", "Rest of Africa", "Morocco", OCTOBER),
        ("968", "Rest of Middle East", "Oman", OCTOBER),
        ("380", "Rest of Central & Eastern Europe", "Ukraine", OCTOBER),
    ],
)
def test_a_country_moves_to_another_market_at_the_start_of_its_day(code, before, after, since):
    assert market_of(code + "5550123", date.fromordinal(since.toordinal() - 1)) == before
    assert market_of(code + "5550123", since) == after


def test_the_map_has_the_markets_that_meta_has():
    known = market_map()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", known.version)
    in_june = {known.of_country(country, JUNE) for country in known.spells} | {"Other"}
    in_july = {known.of_country(country, JULY) for country in known.spells} | {"Other"}
    assert (len(in_june - {"Other"}), len(in_july - in_june), len(known.markets - in_july)) == (31, 6, 9)


def test_each_line_of_the_map_is_whole_and_said_once():
    known = market_map()
    for country, spells in known.spells.items():
        assert re.fullmatch("[A-Z]{2}", country)
        days = [since for since, _ in spells]
        assert len(set(days)) == len(days) and days[-1] == date.min
    assert all(re.fullmatch(r"[2-9]\d{0,3}", code) for code in known.codes)
