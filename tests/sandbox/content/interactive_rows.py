"""Rows of limits on interactive messages, with the words that most of them share."""

from typing import Any

from tests.sandbox.content.bodies import MESSAGES
from tests.sandbox.content.limits import Limit

BY_KIND = {
    body["interactive"]["type"]: body
    for body in MESSAGES.values()
    if "interactive" in body and "category" not in body
}
REQUIRED = "The parameter {} is required."
LENGTH = "{} length invalid. Min length: {}, Max length: {}"
TOO_LONG = "{} is too long. Max length is {}"
COUNT = "Invalid {0} count. Min allowed {0}: {1}, Max allowed {0}: {2}"


def of(kind: str, path: str, taken: list[Any], refused: list[Any], code: int, words: str) -> Limit:
    """A row on the kind's full body; the path begins inside of `interactive`."""
    return Limit(BY_KIND[kind], f"interactive.{path}", taken, refused, code, words)
