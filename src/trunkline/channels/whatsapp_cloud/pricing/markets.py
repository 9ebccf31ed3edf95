"""The market that a recipient is billed in, from their number or business-scoped user id, on a day. Pure.

Meta goes by the calling code, the longest that fits; in the countries of +1 by the area code, which is why
`phonenumbers` is asked there. A user id says its country itself (`IN.1349…`). The facts are in `markets.csv`.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec
import phonenumbers
from phonenumbers.phonenumberutil import region_code_for_number

OTHER = "Other"
_USER_ID = re.compile(r"([A-Z]{2})\..+", re.DOTALL)
_NANP = 1
_EVER = date.min


class MarketMap(msgspec.Struct, frozen=True):
    version: str
    spells: dict[str, tuple[tuple[date, str], ...]]
    """By country: since when it is in which market, the newest first."""
    codes: dict[str, str]
    """Calling code → country."""
    longest: int

    @property
    def markets(self) -> frozenset[str]:
        return frozenset(market for spells in self.spells.values() for _, market in spells) | {OTHER}

    def of_country(self, country: str | None, day: date) -> str:
        return next((market for since, market in self.spells.get(country or "", ()) if since <= day), OTHER)


def market_of(address: str, day: date) -> str:
    """`address`: digits, or a business-scoped user id. Who is nowhere else is in the market `Other`."""
    return market_map().of_country(country_of(address), day)


def country_of(address: str) -> str | None:
    """The country whose market it is: `GB` also for Jersey, which has no calling code of its own."""
    user_id = _USER_ID.fullmatch(address)
    if user_id is not None:
        return _of_user(user_id[1])
    return _nanp(address) if address.startswith("1") else _by_code(address)


@cache
def market_map() -> MarketMap:
    text = files(__package__).joinpath("markets.csv").read_text("utf-8")
    lines = text.splitlines()
    version = next(found[1] for line in lines if (found := re.match(r"# Version ([0-9-]+)", line)))
    spells: dict[str, list[tuple[date, str]]] = {}
    codes: dict[str, str] = {}
    for country, own, market, since in _rows(lines):
        spells.setdefault(country, []).append((since, market))
        codes.update(dict.fromkeys(own, country))
    ordered = {country: tuple(sorted(found, reverse=True)) for country, found in spells.items()}
    return MarketMap(version, ordered, codes, max(map(len, codes)))


def _rows(lines: list[str]) -> Iterator[tuple[str, list[str], str, date]]:
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        since = date.fromisoformat(row["from"]) if row["from"] else _EVER
        yield row["country"], row["codes"].split(), row["market"], since


def _of_user(country: str) -> str | None:
    if country in market_map().spells:
        return country
    code = phonenumbers.country_code_for_region(country)
    return None if code in {0, _NANP} else _by_code(str(code))


def _by_code(digits: str) -> str | None:
    known = market_map()
    prefixes = (digits[:size] for size in range(known.longest, 0, -1))
    return next((known.codes[prefix] for prefix in prefixes if prefix in known.codes), None)


def _nanp(digits: str) -> str | None:
    return _of_area(digits[1:4]) if len(digits) >= 4 and digits.isdecimal() else None


@cache  # bounded: there are a thousand area codes
def _of_area(area: str) -> str:
    """One that nobody has yet counts as the United States, as 555 does."""
    number = phonenumbers.PhoneNumber(country_code=_NANP, national_number=int(area + "2345678"))
    return region_code_for_number(number) or "US"
