"""What is wrong with a JSON body, and where.

Reads a body a second time, slowly and exactly, when `json_gate` has refused it. Goes on after faults of
content (a name twice, a NUL, a number too large) and after slips whose repair is plain (a doubled brace, a
trailing comma, a word or placeholder for a value); any other fault of syntax ends the reading, since what
follows can only be guessed. `json_slips` says what the author most likely meant. Lines and columns count
from 1; a column is a Unicode code point.
"""

import json
import re
from collections.abc import Callable
from typing import NoReturn

from trunkline import json_slips
from trunkline.errors import Problem, shorten

DEEPEST = 32
LONGEST_NUMBER = 64
INT64 = range(-(2**63), 2**63)
_MOST_PROBLEMS = 20
_MOST_VALUES = 20_000  # 50 ms: long enough to explain, too short to hold up the others

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LITERAL = re.compile(r"(?:true|false|null)(?![\w.])")
_strings = json.JSONDecoder()


def find(body: bytes) -> list[Problem]:
    """Every fault in the order of the text, at most twenty.

    Empty when the body is sound, and when the first fault of content lies beyond the first 20,000 values.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return [_not_utf8(body, error.start)]
    if not text.strip():
        return [Problem("", "empty_body", "the body is empty", expected="a JSON object")]
    reader = _Reader(text)
    try:
        reader.read()
    except _Stop:
        return reader.problems or _unexplained(text)
    return reader.problems


def _unexplained(text: str) -> list[Problem]:
    """The place of the syntax fault alone, at the speed of the standard library."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return [Problem("", "json_syntax", f"line {error.lineno}, column {error.colno}: {error.msg}")]
    except (ValueError, RecursionError):  # a number of thousands of digits, a depth of thousands
        pass
    return []


def _not_utf8(body: bytes, at: int) -> Problem:
    before = body[:at].decode()
    detail = f"{_place(before, len(before))}: the byte 0x{body[at]:02X} is not UTF-8"
    return Problem("", "not_utf8", detail, expected="text in UTF-8")


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - text.rfind(chr(10), 0, at)}"


class _Stop(Exception):
    """Nothing after this can be trusted, or enough was found."""


class _Reader:
    """One pass over the text, by recursive descent; `too_deep` bounds the recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.values = 0
        self.doubled = 0
        """Second braces that were stepped over; each may have its own end."""
        self.problems: list[Problem] = []
        self.path: list[str | int] = []
        """The steps of a JSON pointer to where the reader stands."""
        self.open: list[int] = []
        """Where each object and array began that is not closed yet."""

    def read(self) -> None:
        if self.text.startswith("\ufeff"):
            self.stop("start")
        self.value()
        while self.doubled and self.next_is("}"):
            self.doubled -= 1
        if self.ahead():
            self.stop("end")

    def value(self) -> None:
        self.values += 1
        if self.values > _MOST_VALUES:
            raise _Stop
        first = self.ahead()
        if first == '"':
            self.string()
        elif first == "{" and not json_slips.is_placeholder(self.text, self.at):
            self.nested(self.members)
        elif first == "[":
            self.nested(self.items)
        elif number := _NUMBER.match(self.text, self.at):
            self.number(number)
        elif literal := _LITERAL.match(self.text, self.at):
            self.at = literal.end()
        elif self.open and (end := json_slips.end_of_stand_in(self.text, self.at)):
            self.slip("value", self.at)
            self.at = end
        else:
            self.stop("value")

    def nested(self, content: Callable[[], None]) -> None:
        if len(self.open) == DEEPEST:
            detail = f"more than {DEEPEST} objects and arrays inside each other"
            self.note(self.at, "too_deep", detail, f"at most {DEEPEST}")
            raise _Stop
        self.open.append(self.at)
        self.at += 1
        content()
        self.open.pop()

    def members(self) -> None:
        names: set[str] = set()
        while self.ahead() == "{" and not json_slips.is_placeholder(self.text, self.at):
            self.slip("name", self.at)
            self.doubled += 1
            self.at += 1
        if self.next_is("}"):
            return
        while True:
            self.member(names)
            if self.is_last("}"):
                return

    def member(self, names: set[str]) -> None:
        if self.ahead() != '"':
            self.stop("name")
        start = self.at
        name = self.string()
        self.path.append(name)
        if name in names:
            detail = f"the name {shorten(name)} stands twice in this object"
            self.note(start, "duplicate_key", detail, "each name once")
        names.add(name)
        if not self.next_is(":"):
            self.stop("colon")
        self.value()
        self.path.pop()

    def items(self) -> None:
        if self.next_is("]"):
            return
        index = 0
        while True:
            self.path.append(index)
            self.value()
            if self.is_last("]"):
                self.path.pop()
                return
            self.path.pop()
            index += 1

    def is_last(self, closing: str) -> bool:
        if self.next_is(closing):
            return True
        comma = self.at
        if not self.next_is(","):
            self.stop("comma")
        if self.ahead() == closing:
            self.slip("no comma", comma)
        return self.next_is(closing)

    def string(self) -> str:
        start = self.at
        try:
            value, self.at = _strings.raw_decode(self.text, start)
        except json.JSONDecodeError as error:
            self.stop_in_string(start, error)
        text = str(value)
        if "\0" in text:
            self.note(start, "nul_character", "the text contains the character NUL", "the text without it")
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            detail = "the text contains one half of a surrogate pair"
            self.note(start, "lone_surrogate", detail, "both halves, or the character itself")
            return text.encode("utf-8", "replace").decode()  # it may become a step of a pointer
        return text

    def stop_in_string(self, start: int, error: json.JSONDecodeError) -> NoReturn:
        if error.msg.startswith("Unterminated") or self.text[error.pos] in "\r\n":
            self.stop("closing quote", start)
        self.stop(
            "text", self.text.rindex("\\", start, error.pos + 1) if "escape" in error.msg else error.pos
        )

    def number(self, match: re.Match[str]) -> None:
        start, self.at = self.at, match.end()
        literal = match[0]
        if self.text[self.at : self.at + 1].isalnum() or self.text[self.at : self.at + 1] in ("_", "."):
            self.stop("number", start)
        whole = match[1] is None and match[2] is None
        if len(literal) > LONGEST_NUMBER:
            detail = f"the number has {len(literal)} characters"
            self.note(start, "number_range", detail, f"at most {LONGEST_NUMBER} characters")
        elif whole and int(literal) not in INT64:
            detail = "the number does not fit into 64 bits"
            self.note(start, "number_range", detail, expected="-2^63 to 2^63 - 1, or a text in double quotes")
        elif not whole and abs(float(literal)) == float("inf"):
            self.note(start, "number_range", "the number is too large", expected="at most 1.79e308")

    def ahead(self) -> str:
        """Skips space; the next character, empty at the end."""
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space is not None else self.at
        return self.text[self.at : self.at + 1]

    def next_is(self, character: str) -> bool:
        if self.ahead() != character:
            return False
        self.at += 1
        return True

    def stop(self, wanted: json_slips.Wanted, at: int | None = None) -> NoReturn:
        self.slip(wanted, self.at if at is None else at)
        raise _Stop

    def slip(self, wanted: json_slips.Wanted, at: int) -> None:
        guess = json_slips.guess(self.text, at, wanted, self.open[-1] if self.open else None)
        opened = f" of {_place(self.text, guess.opened_at)}" if guess.opened_at is not None else ""
        self.note(at, "json_syntax", guess.detail + opened, guess.expected, self.text[at : at + 80])

    def note(
        self, at: int, rule: str, detail: str, expected: str | None = None, found: str | None = None
    ) -> None:
        """What was found is, unless given, all from `at` to where the reader is now."""
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        shown = json_slips.excerpt(self.text[at : self.at] if found is None else found)
        self.problems.append(Problem(pointer, rule, f"{_place(self.text, at)}: {detail}", shown, expected))
        if len(self.problems) == _MOST_PROBLEMS:
            raise _Stop
