"""Limits as the Cloud API words them, for texts, numbers and counts whose excess is code 131009 or 100.

Each check takes what was read and raises `GraphError`. Lengths count characters, not bytes.
"""

import re
from typing import Any

from trunkline.sandbox.errors import invalid, invalid_value
from trunkline.sandbox.params import Param

_ADDRESS = re.compile(r"https?://[^\s/?#].*", re.IGNORECASE)


def check_length(text: str, what: str, most: int, fewest: int = 1) -> None:
    if not fewest <= len(text) <= most:
        raise invalid_value(f"{what} length invalid. Min length: {fewest}, Max length: {most}")


def check_longest(text: str, what: str, most: int) -> None:
    if len(text) > most:
        raise invalid_value(f"{what} is too long. Max length is {most}")


def check_count(count: int, what: str, fewest: int, most: int) -> None:
    if not fewest <= count <= most:
        raise invalid_value(f"Invalid {what} count. Min allowed {what}: {fewest}, Max allowed {what}: {most}")


def whole_number(holder: Param, key: str, least: int, most: int) -> int:
    """A required integer, or its decimal digits as a string."""
    value = holder.need(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 19:
        value = int(value)
    if not _is_whole(value) or not least <= value <= most:
        raise invalid(f"Param {holder.path(key)} must be an integer between {least} and {most}.")
    return int(value)


def web_address(holder: Param, key: str, longest: int = 2000) -> str:
    """A required URL of the web."""
    address = holder.text(key, longest)
    if _ADDRESS.fullmatch(address) is None:
        raise invalid_value(f"{holder.path(key)} is not a valid URL: it must begin with http:// or https://")
    return address


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
