"""What a check has found so far: problems, warnings, and the two marks of a normal form."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Final

from trunkline.errors import Problem, shorten

MOST_PROBLEMS: Final = 100
"""More are counted as one: a hostile body must not make a huge answer."""
_LONGEST_NAME: Final = 64


class _Mark:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


BROKEN: Final = _Mark("BROKEN")
"""Stands in a normal form for a value of the wrong type."""
ABSENT: Final = _Mark("ABSENT")
"""What a shape returns for a value that counts as not given."""


class Findings:
    """Collects. `setting` is whatever the caller's own shapes need to know (the time, what is allowed)."""

    __slots__ = ("problems", "setting", "warnings")

    def __init__(self, setting: Any = None) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.setting = setting

    @property
    def full(self) -> bool:
        """True when further problems would not be kept: then the search for good advice can be saved."""
        return len(self.problems) > MOST_PROBLEMS

    def refuse(
        self, at: str, rule: str, detail: str, *, found: Any = ABSENT, expected: str | None = None
    ) -> None:
        _add(self.problems, (at, rule, detail, found, expected))

    def warn(
        self, at: str, rule: str, detail: str, *, found: Any = ABSENT, expected: str | None = None
    ) -> None:
        _add(self.warnings, (at, rule, detail, found, expected))


def _add(to: list[Problem], what: tuple[str, str, str, Any, str | None]) -> None:
    at, rule, detail, found, expected = what
    if len(to) < MOST_PROBLEMS:
        to.append(Problem(at, rule, detail, None if found is ABSENT else shorten(found), expected))
    elif len(to) == MOST_PROBLEMS:
        to.append(Problem("", "more", f"There is more; these are the first {MOST_PROBLEMS}."))


def child(at: str, name: str) -> str:
    """The pointer to a member that we may not know: escaped, and shortened when it is absurdly long."""
    name = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return f"{at}/{name.replace('~', '~0').replace('/', '~1')}"


def did_you_mean(given: str, known: Collection[str]) -> str:
    """` Did you mean …?`, or nothing when no known word is near."""
    near = _nearest(given, known)
    return f" Did you mean `{near}`?" if near else ""


def _nearest(given: str, known: Collection[str]) -> str | None:
    if len(given) > _LONGEST_NAME:
        return None
    folded = {word.casefold(): word for word in known}
    wanted = given.strip().casefold()
    found = [wanted] if wanted in folded else get_close_matches(wanted, folded, 1)
    return folded[found[0]] if found else None
