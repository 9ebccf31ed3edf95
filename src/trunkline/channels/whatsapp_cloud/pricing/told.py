"""What Meta's `account_update` webhooks tell of an account's prices. Pure.

Comes in: the webhook's value. Goes out: what is remembered of it with the account's numbers; and from that,
since when each market has the rate for international authentication, and how many charged messages one had
at least.
Source: pricing/authentication-international-rates, 14 November 2025, and webhooks/reference/account_update in
https://developers.facebook.com/documentation/business-messaging/whatsapp/
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from typing import Any

import msgspec

from trunkline.channels.whatsapp_cloud.members import milliseconds, obj, objects, text
from trunkline.channels.whatsapp_cloud.pricing.cards import CATEGORIES
from trunkline.channels.whatsapp_cloud.pricing.markets import market_map
from trunkline.pricing.cards import Place
from trunkline.pricing.days import day_at
from trunkline.pricing.meter import Counts
from trunkline.pricing.rows import plain

_COUNTRIES = {
    date.min: ("EG", "IN", "ID", "MY", "NG", "PK", "SA", "ZA", "AE"),
    date(2026, 10, 1): ("BD", "IQ", "KZ", "KW", "LK", "MA", "NP", "OM", "UA"),
}
"""Those that have a rate for international authentication, and before which day they had none."""

_TIER = re.compile(r"([0-9]{1,15}):(?:[0-9]{1,15}|MAX)", re.ASCII | re.IGNORECASE)
_LONGEST = 8000
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)


_INTERNATIONAL = "international_rates"
_VOLUME = "volume_tier "


class ReachedTier(msgspec.Struct, frozen=True):
    """In this month so many messages of a market and category were charged, at least."""

    month: str
    place: Place
    at_least: int
    at: int
    """When it was reached; 0 where that was not told."""


def remembered(value: Mapping[str, Any]) -> dict[str, str]:
    """Of a number: a newer word of the same takes its place. Empty where nothing is told of prices."""
    info: dict[str, str] = {}
    if told := obj(value.get("auth_international_rate_eligibility")):
        info[_INTERNATIONAL] = msgspec.json.encode(told).decode()[:_LONGEST]
    if (reached := reached_tier(value)) is not None:
        market, category = reached.place
        info[f"{_VOLUME}{category} {market}"] = f"{reached.month} {reached.at_least} {reached.at}"
    return info


def international_told(info: Mapping[str, str], home: str | None, zone: tzinfo) -> dict[str, date]:
    try:
        told = msgspec.json.decode(info.get(_INTERNATIONAL, "{}"))
    except msgspec.DecodeError:  # it was longer than is remembered
        return {}
    return international_since({"auth_international_rate_eligibility": told}, home, zone)


def tiers_told(info: Mapping[str, str]) -> Iterator[ReachedTier]:
    for name, said in info.items():
        if name.startswith(_VOLUME):
            category, _, market = name.removeprefix(_VOLUME).partition(" ")
            month, at_least, at = said.split()
            yield ReachedTier(month, (market, category), int(at_least), int(at))


def international_since(value: Mapping[str, Any], home: str | None, zone: tzinfo) -> dict[str, date]:
    """Market → the day on which its rate for international authentication begins: `Terms.international`.

    `home`: the country of the business as Meta determined it. It pays the domestic rate there; while Meta has
    determined none, it pays the international one everywhere.
    """
    told = obj(value.get("auth_international_rate_eligibility"))
    general = _day(told.get("start_time"), zone)
    days = {
        code: day
        for one in objects(told.get("exception_countries"))
        if (code := text(one.get("country_code"))) and (day := _day(one.get("start_time"), zone))
    }
    since: dict[str, date] = {}
    for first, countries in _COUNTRIES.items():
        for country in countries:
            day = days.get(country, general)
            if day is not None and country != home:
                begins = max(day, first)
                since[market_map().of_country(country, begins)] = begins
    return since


def reached_tier(value: Mapping[str, Any]) -> ReachedTier | None:
    """None for what names no market, category, month or tier that is known here."""
    told = obj(value.get("volume_tier_info"))
    market = _MARKETS.get(plain(text(told.get("region")) or ""))
    category = (text(told.get("pricing_category")) or "").lower()
    month = text(told.get("effective_month")) or ""
    tier = _TIER.fullmatch(text(told.get("tier")) or "")
    if market is None or category not in CATEGORIES or tier is None or not _MONTH.fullmatch(month):
        return None
    reached_at = milliseconds(told.get("tier_update_time"))
    return ReachedTier(month, (market, category), max(0, int(tier[1]) - 1), reached_at)


def with_tier(counts: Counts, month: str, reached: ReachedTier) -> Counts:
    """Messages that others sent for the business count, too: Meta's word raises ours, and never lowers it."""
    if reached.month != month or counts.charged.get(reached.place, 0) >= reached.at_least:
        return counts
    charged = {**counts.charged, reached.place: reached.at_least}
    return msgspec.structs.replace(counts, charged=charged)


def _day(seconds: object, zone: tzinfo) -> date | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 1 << 36:
        return None
    return day_at(seconds * 1000, zone)


_MARKETS = {plain(market): market for market in market_map().markets}
