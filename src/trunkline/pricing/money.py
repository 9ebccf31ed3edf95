"""Amounts of money as whole micro-units: a millionth of a currency's unit. Pure.

Text goes in and comes out; in between there is no rounding, because there are no fractions.
"""

import re

MICROS = 1_000_000
_DIGITS_BEHIND = 6

_NUMBER = re.compile(r"([0-9]{1,12})(?:\.([0-9]+))?", re.ASCII)


def parse_micros(text: str) -> int:
    """`0.0118` → 11800. `ValueError` says in a sentence what is wrong."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError("this is not a number such as 0.0118")
    behind = (match[2] or "").rstrip("0")
    if len(behind) > _DIGITS_BEHIND:
        raise ValueError(
            f"it has {len(behind)} digits behind the point, and at most {_DIGITS_BEHIND} are kept"
        )
    return int(match[1]) * MICROS + int(behind.ljust(_DIGITS_BEHIND, "0"))


def format_micros(amount: int) -> str:
    """11800 → `0.0118`; at least two digits behind the point, and never fewer than there are."""
    sign = "-" if amount < 0 else ""
    whole, behind = divmod(abs(amount), MICROS)
    digits = f"{behind:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{digits}"
