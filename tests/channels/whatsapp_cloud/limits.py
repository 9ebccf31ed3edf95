"""Rows of limits: what is counted, its bounds, and a request of any size."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest


class Limit(NamedTuple):
    name: str
    least: int | None
    """The smallest that is accepted; None where there is no lower bound to test."""
    most: int | None
    pointer: str
    """Of the problem, beyond either bound."""
    request: Callable[[int], dict[str, Any]]


def chars(count: int) -> str:
    return "\N{PARTY POPPER}" * count


def accepted_sizes(limits: Sequence[Limit]) -> list[Any]:
    found = []
    for limit in limits:
        sizes = {limit.least, limit.most} - {None}
        sizes |= {limit.most - 1} if limit.most is not None and limit.most != limit.least else set()
        sizes |= {limit.least + 1} if limit.least is not None and limit.most != limit.least else set()
        found += [pytest.param(limit, size, id=f"{limit.name} {size}") for size in sorted(sizes)]
    return found


def refused_sizes(limits: Sequence[Limit]) -> list[Any]:
    found = []
    for limit in limits:
        sizes = [limit.most + 1] if limit.most is not None else []
        sizes += [limit.least - 1] if limit.least is not None else []
        found += [pytest.param(limit, size, id=f"{limit.name} {size}") for size in sizes]
    return found
