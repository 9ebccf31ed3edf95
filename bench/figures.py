"""The figures of a run: what is kept of it, and how it is computed from what was measured."""

import math
import statistics
from collections.abc import Iterable, Sequence

import msgspec

from bench.machine import Cores, Machine


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    rounds: int
    seconds: float
    """Of each server in each round."""
    patience_seconds: float
    """How long to wait before each turn for the machine to be idle."""
    rate: float
    """Requests a second, for the latency."""
    latency_seconds: float
    """Of each server, over all rounds together."""
    clients: int = 64


class Rate(msgspec.Struct, frozen=True):
    """One turn of one server."""

    count: int
    per_second: float
    cpu_us: float
    """CPU time of the server's process for each request."""


class Round(msgspec.Struct, frozen=True):
    accept: Rate
    constant: Rate
    bare: Rate
    insert: Rate
    rows_per_commit: float
    others_busy: float
    """Just before the round: the share of the machine that other programs used."""


class Ratio(msgspec.Struct, frozen=True):
    """Over the rounds."""

    median: float
    low: float
    high: float


class Latency(msgspec.Struct, frozen=True):
    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_us: float
    driver_late_p99_ms: float
    """How late the load itself was. It is part of the figures above."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    measured_at: str
    command: str
    plan: Plan
    cores: Cores
    machine: Machine
    body_bytes: int
    answered: int
    """Ids that were given over the whole run. All of them were found in the store."""
    rounds: list[Round]
    ratios: dict[str, Ratio]
    latency: dict[str, Latency]


def rate(count: int, seconds: float, cpu_seconds: float) -> Rate:
    return Rate(count, round(count / seconds, 1), round(cpu_seconds / count * 1e6, 1))


def ratios(rounds: list[Round]) -> dict[str, Ratio]:
    return {
        "accept_to_constant": _ratio(each.accept.per_second / each.constant.per_second for each in rounds),
        "accept_to_bare": _ratio(each.accept.per_second / each.bare.per_second for each in rounds),
        "accept_to_insert": _ratio(each.accept.per_second / each.insert.per_second for each in rounds),
        "cpu_accept_to_constant": _ratio(each.accept.cpu_us / each.constant.cpu_us for each in rounds),
        "cpu_accept_to_bare": _ratio(each.accept.cpu_us / each.bare.cpu_us for each in rounds),
    }


def _ratio(values: Iterable[float]) -> Ratio:
    found = list(values)
    return Ratio(round(statistics.median(found), 3), round(min(found), 3), round(max(found), 3))


def latency(took: Sequence[float], late: Sequence[float], cpu_seconds: float) -> Latency:
    took, late = sorted(took), sorted(late)
    return Latency(
        count=len(took),
        p50_ms=_at(took, 0.5),
        p99_ms=_at(took, 0.99),
        max_ms=_at(took, 1.0),
        cpu_us=round(cpu_seconds / len(took) * 1e6, 1),
        driver_late_p99_ms=_at(late, 0.99),
    )


def _at(ordered: list[float], share: float) -> float:
    """In milliseconds: the smallest value that so large a share of all does not exceed."""
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000, 2)
