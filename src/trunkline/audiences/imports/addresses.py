"""Phone numbers and user ids as they stand in people's tables.

Beside what `phones.normalise` takes, numbers are read that begin with `00`, and, where a country is named,
those that are written as they are dialled inside it. Pure.
"""

import re
from functools import cache

import phonenumbers

from trunkline import phones
from trunkline.phones import PhoneError

USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
_FULL = re.compile(r"\+[1-9][0-9]{4,14}")
_LAYOUT = str.maketrans("", "", " -.()/\u00a0\u202f\u2010\u2011\u2012\u2013\t'")
_AROUND = "".join(map(chr, (0x200B, 0x200E, 0x200F, 0x202A, 0x202C, 0x2066, 0x2069, 0xFEFF)))
"""Signs that are not seen, which come along when numbers are copied out of address books."""


def digits(cell: str, country: str | None) -> str:
    """E.164 without `+`. `PhoneError` says what is wrong with it."""
    if _FULL.fullmatch(cell) is not None:
        return phones.normalise(cell)[0]
    bare = cell.strip(_AROUND).translate(_LAYOUT)
    if bare.startswith("00") and (country is None or _prefix(country) == "0"):
        bare = f"+{bare[2:]}"
    if country is not None and not bare.startswith("+"):
        return _national(bare, country)
    return phones.normalise(bare)[0]


def _national(bare: str, country: str) -> str:
    if not (bare.isascii() and bare.isdecimal()):
        return phones.normalise(bare)[0]  # says which sign does not belong there
    if bare[0] == "0" and _prefix(country) == "0":
        return phones.normalise(f"+{_code(country)}{bare[1:]}")[0]
    try:
        number = phonenumbers.parse(bare, country)
    except phonenumbers.NumberParseException:
        raise PhoneError("phone_length", f"it is no number of {country}, nor of another country") from None
    if not phonenumbers.is_possible_number(number):
        raise PhoneError("phone_length", f"no number of {country} has {len(bare)} digits")
    return phones.normalise(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))[0]


@cache
def _prefix(country: str) -> str | None:
    """What is dialled before a national number, inside the country."""
    about = phonenumbers.PhoneMetadata.metadata_for_region(country)
    return None if about is None else about.national_prefix


@cache
def _code(country: str) -> int:
    return int(phonenumbers.country_code_for_region(country))
