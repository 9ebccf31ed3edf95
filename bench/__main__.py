"""`python -m bench`: see the package."""

import argparse
import sys
from pathlib import Path

import msgspec

from bench import accept, report
from bench.figures import Plan

FULL = Plan(rounds=5, seconds=4.0, patience_seconds=8.0, rate=300.0, latency_seconds=25.0)
QUICK = Plan(rounds=1, seconds=0.7, patience_seconds=0.0, rate=300.0, latency_seconds=1.0)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure accept beside its ceilings."
    )
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; keeps no results")
    parser.add_argument(
        "--page", action="store_true", help="write docs/performance.md from the newest results"
    )
    parser.add_argument("--rounds", type=int, help="how often everything takes its turn")
    parser.add_argument("--out", type=Path, help="file for the results instead of bench/results/")
    options = parser.parse_args(arguments)
    if options.page:
        report.PAGE.write_text(report.page(report.newest()), "utf-8")
        return 0
    plan = QUICK if options.quick else FULL
    if options.rounds:
        plan = msgspec.structs.replace(plan, rounds=options.rounds)
    result = accept.run(plan, arguments)
    print(report.table(result))
    if options.out or not options.quick:
        print(f"\nkept in {report.keep(result, options.out)}; `python -m bench --page` makes the page of it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
