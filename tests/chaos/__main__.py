"""`make chaos`: every long form in order, each in pieces of at most fifteen minutes.

    python -m tests.chaos [NAME …] [--list] [--folder F] [--one-piece] [--keep]

A run keeps its state below the folder and goes on there after an interruption; what is finished is not done
again until its folder is removed. With `--one-piece` a single piece is done and 75 is the exit code while
there is more to do.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MORE_TO_DO = 75
_ORDER = ("--per-lane", "3", "--messages", "30000", "--kills", "20")
RESUMABLE = {
    "kill-sqlite": ("kill", "--engine", "sqlite"),
    "kill-postgres": ("kill", "--engine", "postgres"),
    "order-sqlite": ("kill", "--engine", "sqlite", *_ORDER),
    "order-postgres": ("kill", "--engine", "postgres", *_ORDER),
    "failpoints-sqlite": ("failpoints", "--engine", "sqlite"),
    "failpoints-postgres": ("failpoints", "--engine", "postgres"),
    "statuses-sqlite": ("statuses", "--engine", "sqlite"),
    "statuses-postgres": ("statuses", "--engine", "postgres"),
    "deliveries-sqlite": ("deliveries", "--engine", "sqlite"),
    "deliveries-postgres": ("deliveries", "--engine", "postgres", "--kills", "20", "--times", "5"),
    "dispatchers": ("dispatchers",),
    "campaign-sqlite": ("campaign", "--engine", "sqlite"),
    "campaign-postgres": ("campaign", "--engine", "postgres"),
}
AT_ONCE = {
    "upstream-sqlite": ("upstream", "--engine", "sqlite"),
    "upstream-postgres": ("upstream", "--engine", "postgres"),
    "outage-sqlite": ("outage", "--engine", "sqlite"),
    "outage-postgres": ("outage", "--engine", "postgres"),
    "outage-ordered": ("outage", "--events", "20000", "--ordered"),
    "tier-sqlite": ("tier", "--engine", "sqlite"),
    "tier-postgres": ("tier", "--engine", "postgres"),
    "power-calls": ("power.calls",),
    "power-cuts": ("power.cuts",),
    "power-loop-image": ("power.loop_image",),
    "power-postgres": ("power.postgres_stop",),
}
"""Shorter than a piece."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all by default")
    parser.add_argument("--list", action="store_true", help="name them, and what each of them starts")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "trunkline-chaos")
    parser.add_argument("--one-piece", action="store_true")
    parser.add_argument("--keep", action="store_true", help="write the results to tests/chaos/results")
    options = parser.parse_args()
    known = RESUMABLE | AT_ONCE
    if unknown := set(options.names) - set(known):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(known)}")
    if options.list:
        for name, command in known.items():
            print(f"{name:22} python -m tests.chaos.{' '.join(command)}")
        return 0
    worst = 0
    for name in options.names or known:
        code = _run(name, options)
        if code == MORE_TO_DO:
            return code
        worst = max(worst, abs(code))
    return worst


def _run(name: str, options: argparse.Namespace) -> int:
    folder = options.folder / name
    if (folder / "done").exists():
        print(f"{name}: done before; remove {folder} to do it again")
        return 0
    extra = ["--keep"] if options.keep else []
    if name in AT_ONCE:
        code = _start(AT_ONCE[name], extra)
    else:
        extra += ["--folder", str(folder)]
        code = _start(RESUMABLE[name], extra)
        while code == MORE_TO_DO and not options.one_piece:
            code = _start(RESUMABLE[name], extra)
    if code == 0:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "done").touch()
    return code


def _start(command: tuple[str, ...], extra: list[str]) -> int:
    module, *arguments = command
    line = [sys.executable, "-m", f"tests.chaos.{module}", *arguments, *extra]
    print(f"python {' '.join(line[1:])}", flush=True)
    return subprocess.run(line, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
