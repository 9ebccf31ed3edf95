"""Meta's no → our `SendError`, and what an answer proves about the message. Pure; never raises.

`from_answer` takes any answer that is not a clean success, `from_status_error` an error inside a `failed`
status. What a code means is data, in `failures.toml`. The rule that outranks it: only a 429, or a 4xx that
carries a Graph error code, proves that Meta did not take the message. A 5xx proves nothing, whatever its
code, and neither does a 4xx without one, which may come from something between Meta and us.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from trunkline.channels.contract import Ambiguous, Refused, SendError
from trunkline.outgoing_http import retry_after

_LONGEST_DETAIL = 1000
_UNKNOWN_FILE = re.compile(r"not a valid [a-z ]*media attachment id", re.IGNORECASE)
"""Meta has no code of its own for it; these are its words."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Known(msgspec.Struct, frozen=True):
    """What the table says of one code."""

    title: str
    cause: str
    actor: str
    remedy: str
    effect: str = "fail"
    wait: float | None = None


def _load() -> dict[str, _Known]:
    text = files(__package__).joinpath("failures.toml").read_text("utf-8")
    table: dict[str, _Known] = {}
    for keys, row in tomllib.loads(text).items():
        known = msgspec.convert(row, _Known)
        for key in keys.split(","):
            first, _, last = key.partition("-")
            codes = range(int(first), int(last) + 1) if last else [key]
            table |= {str(code): known for code in codes if str(code) not in table}
    return table


KNOWN = _load()
"""By code; `100/33` is code 100 with subcode 33."""

_UNKNOWN = _Known(
    title="Unknown error",
    cause="Meta gave a code that is not in our table.",
    actor="sender",
    remedy="See Meta's words and its list of error codes.",
)


def from_answer(http_status: int, headers: Mapping[str, str], body: bytes) -> Refused | Ambiguous:
    """An answer other than a success that names the message."""
    if http_status >= 500:
        return Ambiguous(f"HTTP {http_status}{_words_of(body)}", http_status)
    error = _graph_error(body) if 400 <= http_status < 500 else None
    if error is None and http_status != 429:
        return Ambiguous(f"HTTP {http_status} without an answer of Meta's", http_status)
    refused = from_status_error(error if error is not None else {"code": 429})
    if refused.code in (100, 131009) and _UNKNOWN_FILE.search(refused.detail or ""):
        refused = msgspec.structs.replace(refused, effect="renew_media")
    waits = [seconds for seconds in (refused.retry_after, retry_after(headers)) if seconds is not None]
    return Refused(
        msgspec.structs.replace(refused, http_status=http_status, retry_after=max(waits, default=None))
    )


def from_status_error(error: dict[str, Any]) -> SendError:
    """An error object of Meta's, of an answer or a status; code -1 where it has none that can be read."""
    code = _code(error.get("code"))
    known = KNOWN.get(f"{code}/{_code(error.get('error_subcode'))}") or KNOWN.get(str(code), _UNKNOWN)
    effect = known.effect
    if effect == "fail" and error.get("is_transient") is True:
        effect = "retry"
    return SendError(
        code=code if code is not None else -1,
        title=known.title if known is not _UNKNOWN else _title(error),
        cause=known.cause,
        actor=known.actor,
        remedy=known.remedy,
        effect=effect,
        detail=_words(error),
        retry_after=known.wait,
    )


def code_of(value: Any) -> str:
    """Of a decoded answer, as the table writes it: `100/33` where there is a subcode; empty without one."""
    error = value.get("error") if isinstance(value, dict) else None
    code = _code(error.get("code")) if isinstance(error, dict) else None
    if not isinstance(error, dict) or code is None:
        return ""
    subcode = _code(error.get("error_subcode"))
    return str(code) if subcode is None else f"{code}/{subcode}"


def _graph_error(body: bytes) -> dict[str, Any] | None:
    """The `error` object, when it has a code."""
    value = decoded(body)
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) and _code(error.get("code")) is not None else None


def decoded(body: bytes) -> Any:
    """The value of an answer, None when it is not JSON. NUL, which no database takes, is replaced."""
    body = body.replace(b"\\u0000", b"\\ufffd")
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _mended(body)


def _mended(body: bytes) -> Any:
    """A name that was cut inside a character must not cost all else; Python's own reader takes it."""
    if _SURROGATE.search(body) is None:
        return None
    try:
        return msgspec.json.decode(json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _code(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    is_code = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12
    return value if is_code else None


def _title(error: dict[str, Any]) -> str:
    title = error.get("title") or error.get("type")
    return title[:200] if isinstance(title, str) else _UNKNOWN.title


def _words(error: dict[str, Any]) -> str | None:
    """Meta's own words, each once: the message, the details, what is meant for users."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    for_people = (error.get("error_user_title"), error.get("error_user_msg"))
    told = (error.get("message"), error.get("title"), details, *for_people)
    words: list[str] = []
    for text in told:
        if isinstance(text, str) and text and not any(text in word for word in words):
            words.append(text)
    return ": ".join(words)[:_LONGEST_DETAIL] or None


def _words_of(body: bytes) -> str:
    error = _graph_error(body)
    words = _words(error) if error is not None else None
    return f", {words}" if words else ""
