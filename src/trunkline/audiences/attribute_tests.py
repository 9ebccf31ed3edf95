"""What a rule asks of an attribute, which is text: the same, contained, larger, or there at all. Pure.

Capital and small letters are the same. Numbers are compared as numbers and days (`2026-01-31`) as days; what
is neither is neither more nor less than anything.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)

TESTS = ("is", "is_not", "one_of", "contains", "more_than", "less_than", "exists")

Test = Callable[[str | None], bool]


def attribute_test(rule: Mapping[str, Any]) -> Test:
    """Whether the text of an attribute, None where there is none, is as the rule wants it."""
    word = next(each for each in TESTS if each in rule)
    return _MAKERS[word](rule[word])


def _is(wanted: str) -> Test:
    folded = wanted.casefold()
    return lambda text: text is not None and text.casefold() == folded


def _is_not(wanted: str) -> Test:
    same = _is(wanted)
    return lambda text: not same(text)


def _one_of(wanted: list[str]) -> Test:
    folded = frozenset(each.casefold() for each in wanted)
    return lambda text: text is not None and text.casefold() in folded


def _contains(wanted: str) -> Test:
    folded = wanted.casefold()
    return lambda text: text is not None and folded in text.casefold()


def _more_than(wanted: str) -> Test:
    return lambda text: text is not None and _compared(text, wanted) == 1


def _less_than(wanted: str) -> Test:
    return lambda text: text is not None and _compared(text, wanted) == -1


def _exists(wanted: bool) -> Test:
    return lambda text: bool(text) is wanted


def _compared(text: str, other: str) -> int | None:
    if _NUMBER.fullmatch(text) and _NUMBER.fullmatch(other):
        return _sign(Decimal(text), Decimal(other))
    if _DAY.fullmatch(text) and _DAY.fullmatch(other):
        return _sign(text[:10], other[:10])
    return None


def _sign(a: Any, b: Any) -> int:
    return int(a > b) - int(a < b)


def comparable(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _DAY.fullmatch(text))


_MAKERS: Mapping[str, Callable[[Any], Test]] = {
    "is": _is,
    "is_not": _is_not,
    "one_of": _one_of,
    "contains": _contains,
    "more_than": _more_than,
    "less_than": _less_than,
    "exists": _exists,
}
