"""Numbers that spreadsheets wrote another way than people typed them: `4.91700001234E+11`, `491700001234.0`.

Comes in: the text of a number. Goes out: the digits, or `Lost` where digits are gone for good.
"""

import re
from decimal import Decimal
from enum import Enum

_MOST_DIGITS = 15  # a double keeps no more of a whole number that a person typed
_SHORT = re.compile(r"([1-9])[.,]?([0-9]*)[eE]\+?([0-9]{1,2})")
_WHOLE_AS_FLOAT = re.compile(r"([0-9]{7,15})\.0+")
_LEAST_EXPONENT, _MOST_EXPONENT = 6, 30


class Lost(Enum):
    SHORTENED = "shortened"
    ROUNDED = "rounded"


def typed(text: str) -> str | Lost:
    """A cell of text: all that does not look like the above comes back as it is."""
    if (whole := _WHOLE_AS_FLOAT.fullmatch(text)) is not None:
        return whole[1]
    short = _SHORT.fullmatch(text)
    if short is None or "+" not in text:
        return text
    exponent = int(short[3])
    if not _LEAST_EXPONENT <= exponent <= _MOST_EXPONENT:
        return text
    digits = short[1] + short[2]
    return digits if len(digits) == exponent + 1 else Lost.SHORTENED


def stored(raw: str) -> str | Lost:
    """A number as a workbook stores it, such as `4.91700001234E11`, as a person would read it in the cell."""
    if raw.isdecimal() and raw.isascii() and len(raw) <= _MOST_DIGITS:
        return raw
    try:
        number = float(raw)
        exact = Decimal(raw.strip())
    except (ValueError, ArithmeticError):
        return raw
    if exact == exact.to_integral_value() and abs(number) < 10.0**_MOST_EXPONENT:
        return Lost.ROUNDED if abs(exact) >= 10**_MOST_DIGITS else str(int(exact))
    return format(number, f".{_MOST_DIGITS}g")
