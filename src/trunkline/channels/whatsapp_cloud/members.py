"""Members of Meta's objects, which may be missing or odd: what can not be read counts as not there. Pure."""

from typing import Any

LONGEST_ID = 512
LONGEST_WORD = 64
_LONGEST_NAME = 1000


def text(value: Any, limit: int = LONGEST_ID) -> str | None:
    return value if isinstance(value, str) and len(value) <= limit else None


def word(value: Any) -> str | None:
    return text(value, LONGEST_WORD) or None


def name(value: Any) -> str | None:
    return value[:_LONGEST_NAME] or None if isinstance(value, str) else None


def digits(value: Any) -> str | None:
    """Of a phone number, however it is written; None when that is none."""
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        return None
    bare = "".join(letter for letter in value if letter not in "+-() .\u00a0")
    return bare if bare.isascii() and bare.isdigit() and len(bare) <= 32 else None


def whole(value: Any) -> int | None:
    """A number that Meta may write as text."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 12:
        return int(value)
    is_whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12
    return value if is_whole else None


def obj(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def milliseconds(timestamp: Any) -> int:
    """Meta's seconds, as text or as a number; 0 when it says none that can be read."""
    said = str(timestamp)
    return int(said) * 1000 if said.isascii() and said.isdigit() and len(said) <= 11 else 0
