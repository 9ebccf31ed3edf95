"""From results to what people read: the table on the screen, the file that is kept, docs/performance.md."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.figures import Latency, Rate, Ratio, Result
from bench.servers import ROOT

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
RATIO_WANTED = 1 / 3
P99_WANTED_MS = 60.0

_SERVERS = {
    "accept": "Trunkline accepts: checked, stored, synced",
    "constant": "Starlette + msgspec answers a constant",
    "bare": "bare ASGI application answers a constant",
    "insert": "bare store insert of the same row",
}
RATIOS = {
    "accept_to_constant": "accept ÷ Starlette + msgspec, requests a second",
    "accept_to_bare": "accept ÷ bare ASGI, requests a second",
    "accept_to_insert": "accept ÷ bare insert, rows a second",
    "cpu_accept_to_constant": "accept ÷ Starlette + msgspec, CPU time of one request",
    "cpu_accept_to_bare": "accept ÷ bare ASGI, CPU time of one request",
}
_NUMBER = "The business number sends once a second, to a port where nobody listens: sends do not disturb."


def keep(result: Result, path: Path | None) -> Path:
    """Write the results where they are looked for, under their day."""
    path = path or RESULTS / f"{result.measured_at[:10]}-{result.case}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    return path


def newest() -> Result:
    """The last accept run that was kept."""
    return msgspec.json.decode(max(RESULTS.glob("*-accept.json")).read_bytes(), type=Result)


def table(result: Result) -> str:
    """For the screen: the page's tables, and what was asked for."""
    return "\n\n".join(
        (_ratios(result), _rates(result), _latency(result), _setting(result), _verdict(result))
    )


def page(result: Result) -> str:
    plan = result.plan
    return f"""<!-- Made from the newest file of bench/results/ by `python -m bench --page`. -->
# Performance

What it costs to accept a message, beside what the same machine does with less: measured by `make bench` on
{result.measured_at[:10]}. **Read the ratios.** Absolute figures are those of one machine at one time; the
next run of the same program may show twice as much or half of it.

{_ratios(result)}

{_rates(result)}

{_latency(result)}

## How it was measured

- **Accept** is a real `trunkline serve` with SQLite in a data folder of its own. It reads the key, checks
  every rule, stores the message and answers when the commit is synced to disk (`synchronous=FULL`).
  Afterwards the run looks every id up in the store: {result.answered:,} were given, and all were there.
- {_NUMBER} Sending and statuses are not part of this case.
- **Starlette + msgspec** decodes the same body, sent with the same headers, into types and answers a
  constant. The **bare ASGI** application looks at nothing. Both run on the web server that Trunkline uses
  (uvicorn with uvloop and httptools, no access log), with its settings.
- **Bare insert** is one thread that writes the same row with the same settings of SQLite, in transactions as
  large as the gateway's were in that round. SQLite itself counts those, in the index of its log.
- **Load**: {plan.clients} keep-alive connections from one process; each body has {result.body_bytes}
  bytes, with a text and a recipient of its own. For rates every client sends again as soon as it has its
  answer. For latency requests have their moments, {plan.rate:g} a second, and the time counts from the
  moment, not from when a connection was free: a server that stalls does not slow the load down.
- **Cores**: {_cores(result)}
- **Rounds**: everything takes its turn, {plan.seconds:g} s each, {plan.rounds} times. Ratios are taken inside
  a round; the table has their median, least and greatest. CPU time is what the system counts for all threads
  of the server's process, divided by the requests. Where other programs use the machine as well, trust it
  more than rates; "others" is their share of the machine just before each round.
- The bare application is so quick that the load may be what limits its rate. Its CPU time is not affected.

{_setting(result)}

`{result.command}`
"""


def _cores(result: Result) -> str:
    servers, load = result.cores.servers, result.cores.load
    if servers is None:
        return "nothing was pinned to a core, as this machine has only one or does not allow it."
    return f"the server under test on core {servers}, the load on core {load}."


def _ratios(result: Result) -> str:
    rows = [(text, *_ratio(result.ratios[name])) for name, text in RATIOS.items()]
    return _grid(("ratio", "median", "least", "greatest"), rows)


def _ratio(ratio: Ratio) -> tuple[str, str, str]:
    return f"{ratio.median:.2f}", f"{ratio.low:.2f}", f"{ratio.high:.2f}"


def _rates(result: Result) -> str:
    names = [f"round {number + 1}" for number in range(len(result.rounds))]
    rows = []
    for server, text in _SERVERS.items():
        turns: list[Rate] = [getattr(one, server) for one in result.rounds]
        rows.append((text, *(f"{turn.per_second:,.0f}/s, {turn.cpu_us:.0f} µs" for turn in turns)))
    rows.append(("rows in one commit", *(f"{one.rows_per_commit:g}" for one in result.rounds)))
    rows.append(("others", *(f"{one.others_busy:.0%}" for one in result.rounds)))
    return _grid(("rate, and CPU time of one", *names), rows)


def _latency(result: Result) -> str:
    rows = [(_SERVERS[name], *_times(latency)) for name, latency in result.latency.items()]
    head = f"latency at {result.plan.rate:g} requests a second"
    return _grid((head, "p50", "p99", "longest", "requests", "the load's own share, p99"), rows)


def _times(found: Latency) -> tuple[str, ...]:
    times = (f"{value:.1f} ms" for value in (found.p50_ms, found.p99_ms, found.max_ms))
    return (*times, f"{found.count:,}", f"{found.driver_late_p99_ms:.1f} ms")


def _setting(result: Result) -> str:
    about = result.machine
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    return (
        f"Machine: {about.cores} cores ({about.cpu}), {about.memory_gib:g} GiB, {about.system}.\n"
        f"Load average before the run: {about.load_average:g}. "
        f"4 KiB are written and synced in {about.sync_us:.0f} µs.\n"
        f"Versions: {versions}."
    )


def _verdict(result: Result) -> str:
    ratio, p99 = result.ratios["accept_to_constant"].median, result.latency["accept"].p99_ms
    fast, prompt = ratio >= RATIO_WANTED, p99 < P99_WANTED_MS
    return (
        f"{_NUMBER}\nCores: {_cores(result)}\n"
        f"{result.answered:,} ids were given, and all of them are in the store.\n"
        f"accept ÷ Starlette + msgspec: {ratio:.2f}, wanted {RATIO_WANTED:.2f}: {_met(fast)}\n"
        f"p99 of accept: {p99:.1f} ms, wanted less than {P99_WANTED_MS:g} ms: {_met(prompt)}"
    )


def _met(is_met: bool) -> str:
    return "met" if is_met else "NOT MET"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that reads well as text and is Markdown: the first column to the left, all others right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (head, rule, *rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
    return f"| {' | '.join(cells)} |"
