"""Gaps in a template's texts, `{{1}}` or `{{first_name}}`: found, filled in, shown to people. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_GAP = re.compile(r"\{\{([^{}]*)\}\}")
_SHOWN = 60  # characters on either side of a gap that is shown


class Gap(NamedTuple):
    name: str
    start: int
    end: int


def gaps_of(text: str) -> list[Gap]:
    """All of them, in the order in which they stand."""
    return [Gap(found[1].strip(), found.start(), found.end()) for found in _GAP.finditer(text)]


def names_of(text: str) -> tuple[str, ...]:
    """Each once: numbers in their order, as `{{2}}` may stand before `{{1}}`, and names as they stand."""
    names = dict.fromkeys(gap.name for gap in gaps_of(text))
    return tuple(sorted(names, key=lambda name: int(name) if is_number(name) else 0))


def is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 6


def fill(text: str, values: Mapping[str, str]) -> str:
    """With the values in the gaps; a gap without one stays as it is."""
    return _GAP.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def without_gaps(text: str) -> str:
    return _GAP.sub(" ", text)


def marked(text: str, name: str) -> str:
    """The text on one line with that gap in brackets, shortened around it."""
    gap = next((gap for gap in gaps_of(text) if gap.name == name), None)
    if gap is None:
        return shown(text)
    before, after = text[: gap.start], text[gap.end :]
    head = before if len(before) <= _SHOWN else "…" + before[-_SHOWN:]
    tail = after if len(after) <= _SHOWN else after[:_SHOWN] + "…"
    return " ".join(f"{head}[{text[gap.start : gap.end]}]{tail}".split())


def shown(text: str) -> str:
    """On one line, shortened."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= 2 * _SHOWN else line[: 2 * _SHOWN - 1] + "…"
