"""The 24-hour window: which messages need it, and what is said of one that found it closed. Pure.

A person opens it by writing to a number. While it is closed only templates may go to that person from there.
"""

import msgspec

from trunkline.clock import to_rfc3339

POLICIES = ("enforce", "hold", "advise")
"""What becomes of a free-form message while its window is closed: refused, held for it, or sent anyway."""

WINDOWLESS = frozenset({"template", "read"})
"""Types that may go at any time."""

CODE = 131047
"""Meta's code for it, so that whoever understands Meta's refusal understands ours."""

_HOUR = 3_600_000
WINDOW_MS = 24 * _HOUR
"""Cloud API, "Customer service windows"."""


def needs_window(message_type: str) -> bool:
    return message_type not in WINDOWLESS


def closed_since(closed_at: int | None, now: int) -> str:
    """A sentence about why the window is closed."""
    if closed_at is None:
        return "the person has never written to this number, as far as is known here"
    wrote_at = closed_at - WINDOW_MS
    hours = (now - wrote_at) // _HOUR
    ago = f"{hours} hours" if hours < 72 else f"{hours // 24} days"
    return f"the person last wrote {ago} ago, at {to_rfc3339(wrote_at)}"


def closed_error(closed_at: int | None, now: int) -> str:
    """The error of a message that was refused for it: JSON with the members of a `SendError`."""
    why = closed_since(closed_at, now)
    error = {
        "code": CODE,
        "title": "The 24-hour window is closed",
        "cause": f"A free-form message may only follow within 24 hours, and {why}. WhatsApp was not asked.",
        "actor": "sender",
        "remedy": "Send a template, or wait until they write.",
    }
    return msgspec.json.encode(error).decode()
