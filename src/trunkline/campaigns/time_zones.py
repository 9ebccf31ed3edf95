"""Time zones of people: by the name that is known of somebody, or else by where their address is from.

Comes in: phone digits or a user id. Goes out: every time zone of its country, since a number does not say
where in the country its owner is. The data are those of the `tzdata` package and of `phonenumbers`.
"""

from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE, region_code_for_number

NOWHERE = ("UTC",)
"""Satellite phones and the like."""


def zones_of(address: str) -> tuple[str, ...]:
    """Of the address's country, by name."""
    if address[:1].isdigit():
        return _of_prefix(address[:4])
    return _of_regions((address[:2],))  # a user id begins with its country


@lru_cache(4096)
def zone(name: str) -> ZoneInfo | None:
    """None when there is no such zone, which may be what a file said."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path, a folder such as `America`
        return None


@lru_cache(20_000)  # of digits: at most 10,000
def _of_prefix(digits: str) -> tuple[str, ...]:
    for size in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:size]))
        if regions is not None:
            return _of_regions(_narrowed(digits, regions))
    return NOWHERE


def _narrowed(digits: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    """Two codes belong to countries that are far from each other, and what follows tells them apart."""
    if digits.startswith("1"):
        number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{digits[1:4]:0<3}5550123"))
        return (region_code_for_number(number) or "US",)
    if digits.startswith("7"):
        return ("KZ",) if digits[1:2] in ("6", "7") else ("RU",)
    return regions


def _of_regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    table = _table()
    return tuple(sorted({name for region in regions for name in table.get(region, ())})) or NOWHERE


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """Country → the names of its zones."""
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text("ascii")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, tuple[str, ...]] = {}
    for region, _, name, *_ in rows:
        found[region] = (*found.get(region, ()), name)
    return found
