"""The country of a phone number or user id, for rules that ask for it. Pure."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE, region_code_for_number

_USER_ID = re.compile(r"([A-Z]{2})\..+", re.DOTALL)
_WORLD = "001"
"""The library's word for a calling code that belongs to no country."""


def country_of(address: str) -> str | None:
    """Two capital letters. A user id says it itself (`IN.1349…`)."""
    user_id = _USER_ID.fullmatch(address)
    if user_id is not None:
        return user_id[1]
    if not address.isdecimal():
        return None
    for size in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(address[:size]))
        if regions is not None:
            return _of_several(address, size, regions)
    return None


def _of_several(digits: str, size: int, regions: tuple[str, ...]) -> str | None:
    if len(regions) == 1:
        return None if regions[0] == _WORLD else regions[0]
    if digits[:size] == "1":  # told apart by the area code
        return _by_ranges(size, digits[:4] + "2345678") or regions[0]
    return _by_ranges(size, digits) or regions[0]


@lru_cache(maxsize=16_384)
def _by_ranges(size: int, digits: str) -> str | None:
    """The library's own answer, which takes up to 60 µs."""
    number = phonenumbers.PhoneNumber(
        country_code=int(digits[:size]), national_number=int(digits[size:] or 0)
    )
    return region_code_for_number(number)
