"""The checker on the kept files of a run:

python -m tests.chaos.check FOLDER
"""

import argparse
import sys
from pathlib import Path

import msgspec

from tests.chaos.checker import Evidence, Verdict, check
from tests.chaos.history import ATTEMPTS, HISTORY, LEASES, LEDGER, MESSAGES, SETTLED, read_lines

_SHOWN = 20


def check_folder(folder: Path) -> Verdict:
    return check(
        Evidence(
            history=list(read_lines(folder / HISTORY)),
            messages=list(read_lines(folder / MESSAGES)),
            attempts=list(read_lines(folder / ATTEMPTS)),
            leases=list(read_lines(folder / LEASES)),
            settled=list(read_lines(folder / SETTLED)),
            ledger=list(read_lines(folder / LEDGER)),
        )
    )


def show(verdict: msgspec.Struct) -> str:
    """As JSON, the lists of ids cut short."""
    whole = msgspec.to_builtins(verdict)
    short = {
        name: [*value[:_SHOWN], f"{len(value)} in all"] if isinstance(value, list) and value else value
        for name, value in whole.items()
    }
    return msgspec.json.format(msgspec.json.encode(short)).decode()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    verdict = check_folder(parser.parse_args().folder)
    print(show(verdict))
    print("clean" if verdict.is_clean() else f"NOT CLEAN: {', '.join(verdict.faults_found())}")
    return 0 if verdict.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
