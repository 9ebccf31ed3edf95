"""Named places where a test can end or freeze this process, to prove that nothing depends on luck there.

    TRUNKLINE_FAILPOINTS=C9:kill:3,C6:stop     the third time past C9: kill -9; the first past C6: SIGSTOP

Nothing is armed in normal use, and then passing a place costs one look into an empty dictionary. The names
are those of docs/reliability.md, which says what must hold after a crash at each of them.
"""

import os
import signal
from pathlib import Path
from typing import NamedTuple

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class _Armed(NamedTuple):
    how: signal.Signals
    at: int
    report: Path


_armed: dict[str, _Armed] = {}
_passed: dict[str, int] = {}


def arm(text: str, report: Path) -> None:
    """`name:kill|stop[:count]`, several with commas. What struck is written to `report`, one name a line."""
    for part in filter(None, text.split(",")):
        name, how, *count = part.split(":")
        _armed[name] = _Armed(_SIGNALS[how], int(count[0]) if count else 1, report)


def reach(name: str) -> None:
    """The process is at this place."""
    if name in _armed:
        _strike(name, _armed[name])


def _strike(name: str, armed: _Armed) -> None:
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == armed.at:
        with armed.report.open("a") as report:
            report.write(f"{name}\n")
        os.kill(os.getpid(), armed.how)
