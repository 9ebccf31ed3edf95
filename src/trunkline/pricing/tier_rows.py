"""The spans of volume tiers that a file names → tiers, or why they do not fit together. Pure."""

from collections.abc import Sequence

import msgspec

from trunkline.pricing.cards import Tier
from trunkline.pricing.rows import Fault, Row


class TierSpan(msgspec.Struct, frozen=True):
    row: Row
    first: int
    last: int | None
    rate: int


def tiers_of(spans: Sequence[TierSpan], faults: list[Fault]) -> tuple[Tier, ...] | None:
    """They may stand in any order; they must cover every count once, and the last has no end."""
    ordered = sorted(spans, key=lambda span: span.first)
    expected: int | None = 1
    for span in ordered:
        if expected is None:
            faults.append(span.row.fault("from", "the tier before it has no end"))
            return None
        if span.first != expected:
            faults.append(span.row.fault("from", f"the tiers must follow each other: expected {expected}"))
            return None
        if span.last is not None and span.last < span.first:
            faults.append(span.row.fault("to", "the tier ends before it begins"))
            return None
        expected = None if span.last is None else span.last + 1
    if expected is not None:
        faults.append(ordered[-1].row.fault("to", "the last tier must have no end: leave it empty, or MAX"))
        return None
    return tuple(Tier(span.first, span.rate) for span in ordered)
