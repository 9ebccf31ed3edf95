"""The JSON gate: bytes of a request body → a value that is safe to store, search and send on, or a refusal.

Stricter than RFC 8259 where parsers differ or a later stage would stumble: no name twice in an object, no
NUL, no lone surrogate, no integer beyond 64 bits, no number that turns infinite, nothing deeper than 32.
Called by every route that takes JSON; raises nothing but `Refusal`.

`msgspec` decodes and refuses some of that by itself, but keeps the last of two equal names, takes NUL and
integers of any size. The gate decides those by counting and searching bytes, which costs a few microseconds;
only when the answer is no does `json_faults` read the body again, to say where and why.
"""

import re
from typing import Any

import msgspec

from trunkline import json_faults
from trunkline.errors import Problem, Refusal

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG_RUN = b"0" * 19  # as many digits as 2^63 - 1 has; a number of over 64 characters has such a run, too
_NUMBER = re.compile(rb"-?[0-9][-+.0-9eE]*")
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CURLY_TO_SQUARE = bytes.maketrans(b"{}", b"[]")


def decode(body: bytes, *, limit: int) -> Any:
    """The value of `body`, or `Refusal` `too_large` / `bad_json` with the problems that were found."""
    if len(body) > limit:
        detail = f"the body has {len(body)} bytes, and {limit} are allowed"
        raise Refusal("too_large", problems=[Problem("", "too_large", detail)])
    if _may_be_too_deep(body):  # before the decoder, which would recurse
        raise _refusal(
            body, "too_deep", f"more than {json_faults.DEEPEST} objects and arrays inside each other"
        )
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(body, "json_syntax", str(error)) from None
    fault = _fault(body, value)
    if fault is not None:
        raise _refusal(body, *fault)
    return value


def _refusal(body: bytes, rule: str, detail: str) -> Refusal:
    """The rule and detail serve where the body is too long for a search of the place."""
    return Refusal("bad_json", problems=json_faults.find(body) or [Problem("", rule, detail)])


def _may_be_too_deep(body: bytes) -> bool:
    """Exact for sound JSON. In broken JSON it may miss, and the decoder stops at the fault."""
    if body.count(b"{") + body.count(b"[") <= json_faults.DEEPEST:
        return False
    brackets = _outside_strings(body).translate(_CURLY_TO_SQUARE, _ALL_BUT_BRACKETS)
    for _ in range(json_faults.DEEPEST):  # each round takes the innermost level away
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets or brackets.count(b"[") > json_faults.DEEPEST


def _outside_strings(body: bytes) -> bytes:
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(body.split(b'"')[::2])


def _fault(body: bytes, value: Any) -> tuple[str, str] | None:
    """What the decoder took and we do not, as rule and detail. Exact; `body` is sound JSON here."""
    colons = body.count(b":")
    if b"\\u" in body:
        escapes = body.replace(b"\\\\", b"")  # so that every `\u` that is left is an escape
        if b"\\u0000" in escapes:
            return "nul_character", "a text contains the character NUL"
        colons += escapes.count(b"\\u003a") + escapes.count(b"\\u003A")
    # Every member has a colon of its own, and those inside strings come out as they went in. So one is
    # missing exactly when the decoder dropped a member, which it does for no reason but an equal name.
    if colons != msgspec.json.encode(value).count(b":"):
        return "duplicate_key", "a name stands twice in one object"
    if _LONG_RUN in body.translate(_DIGITS_TO_ZERO) and _has_long_number(body):
        return "number_range", "a number is too large or too long"
    return None


def _has_long_number(body: bytes) -> bool:
    for literal in _NUMBER.findall(_outside_strings(body)):
        if len(literal) > json_faults.LONGEST_NUMBER:
            return True
        if literal.lstrip(b"-").isdigit() and int(literal) not in json_faults.INT64:
            return True
    return False
