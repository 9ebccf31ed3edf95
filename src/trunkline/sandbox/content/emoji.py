"""Emoji in texts: whether a text is exactly one, and whether it has any.

The ranges are those of Unicode's pictographs, a little generous: a character that Unicode reserves for a
future emoji counts as one.
"""

import re

_PICTOGRAPH = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f004\U0001f0cf\U0001f170-\U0001f251\U0001f300-\U0001faff]"
)
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_TAGS = "[\U000e0020-\U000e007e]+\U000e007f"
_PART = f"{_PICTOGRAPH}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?(?:{_TAGS})?"
_ONE = re.compile(f"{_FLAG}|{_KEYCAP}|{_PART}(?:\u200d{_PART})*")
# Without the signs that are plain text until a variation selector makes them emoji.
_ANY = re.compile(f"\ufe0f|\u20e3|{_FLAG}|[\u2600-\u27bf\U0001f300-\U0001faff]")


def is_one_emoji(text: str) -> bool:
    return _ONE.fullmatch(text) is not None


def has_emoji(text: str) -> bool:
    return _ANY.search(text) is not None
