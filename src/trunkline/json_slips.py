"""What the author of broken JSON most likely meant. Pure guesses about one place in a text.

Called by `json_faults` with the place where the grammar broke and what the grammar wanted there. The slips
named here are those of hand-edited samples: a doubled brace, a trailing comma, a placeholder left in, a word
without quotes, the wrong quotes, something that is never closed.
"""

import re
from typing import Literal

import msgspec

Wanted = Literal[
    "start", "end", "name", "value", "colon", "comma", "no comma", "number", "text", "closing quote"
]

_WORD = re.compile(r"[^\W\d][\w.-]*")
_TOKEN = re.compile(r'[-+.\w]+|"[^"\n]*"?|[^\s\w]')
_BRACED = re.compile(r"\{\{[^{}\"':\n]{1,100}\}\}")
_ANGLED = re.compile(r"<[^<>\"\n]{1,100}>")
_QUOTES = dict.fromkeys("“”„‟«»", "curly") | dict.fromkeys("'‘’", "single") | {"`": "back"}  # noqa: RUF001
_OTHER_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}
_CLOSING = {"{": "}", "[": "]"}


class Slip(msgspec.Struct, frozen=True):
    """`detail` says what is wrong, `expected` what would be right."""

    detail: str
    expected: str
    opened_at: int | None = None
    """Where the thing began that `detail` ends with."""


def excerpt(text: str, limit: int = 60) -> str | None:
    """Its first line, for `Problem.found`; None when there is nothing to show."""
    line = text[: limit + 1].split("\n", 1)[0].rstrip()
    return (line if len(line) <= limit else line[: limit - 1] + "…") or None


def is_placeholder(text: str, at: int) -> bool:
    """`{{Recipient-Phone-Number}}` without quotes, which otherwise reads as the brace of an object."""
    return _BRACED.match(text, at) is not None


def end_of_stand_in(text: str, at: int) -> int | None:
    """The end of a word or placeholder that stands for a value, so that reading can go on behind it."""
    stand_in = _WORD.match(text, at) or _BRACED.match(text, at) or _ANGLED.match(text, at)
    return stand_in.end() if stand_in is not None else None


def guess(text: str, at: int, wanted: Wanted, opened_at: int | None) -> Slip:
    """`opened_at` is where the innermost object or array began that is still open."""
    if wanted in _PLAIN:
        return _PLAIN[wanted]
    if at == len(text) and opened_at is not None:
        bracket = text[opened_at]
        detail = f"the body ends before anything closes the “{bracket}”"
        return Slip(detail, f"“{_CLOSING[bracket]}” for each one that is open", opened_at)
    match wanted:
        case "number":
            return _no_number(text, at)
        case "text":
            return _no_text(text, at)
        case "name":
            return _stray(text, at, opened_at) or _no_name(text, at)
        case "value":
            return _stray(text, at, opened_at) or _no_value(text, at)
        case "comma":
            return _stray(text, at, opened_at) or _no_comma(text, at, opened_at)
        case "colon":
            return Slip(f"{_shown(text, at)} stands where the “:” behind a name must", "“:” and a value")
        case _:
            return _stray(text, at, opened_at) or _no_end(text, at)


_PLAIN: dict[Wanted, Slip] = {
    "start": Slip("the body starts with a byte order mark", "the JSON without that mark"),
    "no comma": Slip("trailing comma: nothing follows it", "no comma before the closing bracket"),
    "closing quote": Slip("the text that starts here is not closed on its line", '“"” at its end'),
}


def _stray(text: str, at: int, opened_at: int | None) -> Slip | None:
    """What is never JSON, wherever it stands."""
    if quotes := _QUOTES.get(text[at]):
        return Slip(f"{quotes} quotes; JSON knows only double ones", 'names and texts in "double quotes"')
    if text.startswith(("//", "/*", "#"), at):
        return Slip("a comment; JSON has none", "the body without comments")
    placeholder = _BRACED.match(text, at) or (opened_at is not None and _ANGLED.match(text, at))
    if placeholder:
        return Slip(f"the placeholder {placeholder[0]} was left in", "your own value in its place")
    return None


def _no_name(text: str, at: int) -> Slip:
    found = text[at]
    if found == "{":
        fewer = "one “{” less" if text.count("{") > text.count("}") else "one “{” and one “}” less"
        return Slip("doubled brace: a second “{” stands where a name must", fewer)
    if found == ",":
        return Slip("a comma with no member before it", "one comma between two members")
    if word := _WORD.match(text, at):
        return Slip(f"the name {word[0]} is not in quotes", f'"{word[0]}"')
    return Slip(f"{_shown(text, at)} stands where a name must", 'a name in "double quotes", or “}”')


def _no_value(text: str, at: int) -> Slip:
    word = _WORD.match(text, at)
    if word is not None:
        return _unquoted(word[0])
    token = _shown(text, at)
    if text[at] in ",]}":
        return Slip(f"a value is missing before {token}", "a value")
    if text[at] in "+-.":
        return Slip(f"{token} is not a number of JSON", 'a number like -0.5, or a text in "double quotes"')
    return Slip(f"{token} stands where a value must", "an object, array, text, number, true, false or null")


def _unquoted(word: str) -> Slip:
    if word in _OTHER_WORDS:
        return Slip(f"{word} is not a word of JSON", _OTHER_WORDS[word])
    if word.lower() in ("nan", "infinity", "inf"):
        return Slip(f"{word} is not a number of JSON", "a finite number, or null")
    if word.lower() in ("true", "false", "null"):
        return Slip(f"{word} must be in lower case", word.lower())
    return Slip(
        f"unquoted word: {word} is neither a number nor a text", f'your own number in its place, or "{word}"'
    )


def _no_comma(text: str, at: int, opened_at: int | None) -> Slip:
    bracket = text[opened_at] if opened_at is not None else "{"
    token = _shown(text, at)
    if text[at] in "}]":
        detail = f"{token} can not close the “{bracket}”"
        return Slip(detail, f"“{_CLOSING[bracket]}” first", opened_at)
    if _WORD.match(text, at) and text[:at].rstrip().endswith('"'):
        return Slip(
            f"the text ends before {token}: a quote inside it, or the closing quote of one before, is wrong",
            'a quote inside a text as \\", and one at its end',
        )
    if text[at] in '"{[-' or text[at].isalnum():
        return Slip(f"a comma is missing before {token}", "a comma between two members")
    return Slip(f"{token} stands where a comma must", f"a comma, or “{_CLOSING[bracket]}”")


def _no_number(text: str, at: int) -> Slip:
    token = _TOKEN.match(text, at)
    word = token[0] if token is not None else ""
    if word.lstrip("-").startswith("0") and word.lstrip("-")[1:].isdecimal():
        return Slip(f"the number {word} starts with 0", f'a number without it, or the text "{word}"')
    return Slip(f"{word} is not a number of JSON", f'a number, or the text "{word}"')


def _no_text(text: str, at: int) -> Slip:
    if text[at] == "\\":
        escape = text[at : at + (6 if text[at + 1] == "u" else 2)]
        return Slip(
            f"{escape} is not an escape of JSON",
            '\\" \\\\ \\/ \\b \\f \\n \\r \\t, or \\u and four hex digits',
        )
    code = ord(text[at])
    right = f"\\u{code:04x}" if code else "the text without it"  # NUL is not taken as an escape either
    return Slip(f"the control character U+{code:04X} stands in a text", right)


def _no_end(text: str, at: int) -> Slip:
    if text[at] == ":":
        return Slip("this is a part of an object, without its braces", "“{” at its start and “}” at its end")
    if text[at] in "}]":
        return Slip(f"one {_shown(text, at)} too many: the JSON ended before it", "the body without it")
    return Slip("more follows after the end of the JSON", "one JSON value, and nothing after it")


def _shown(text: str, at: int) -> str:
    token = _TOKEN.match(text, at)
    if token is None or not token[0].isprintable():
        return f"the character U+{ord(text[at]):04X}"
    return f"“{token[0][:40]}”"
