"""Names of columns from the first row: none empty, no two alike."""

import re

_NO_LETTERS = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Signs that are no letters, which databases and terminals do not take."""


def name_columns(header: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names, and notes for people about those that were changed."""
    names: list[str] = []
    notes: list[str] = []
    taken = {cell.strip().casefold() for cell in header}
    seen: set[str] = set()
    for index, cell in enumerate(header, 1):
        wanted = _NO_LETTERS.sub("\N{REPLACEMENT CHARACTER}", " ".join(cell.split()))
        name = wanted or f"column {index}"
        if not wanted:
            notes.append(f"Column {index} has no name.")
        elif name.casefold() in seen:
            name = _free(name, taken | seen)
            notes.append(f"Column {index} is called {wanted} like one before it; here it is {name}.")
        seen.add(name.casefold())
        names.append(name)
    return tuple(names), tuple(notes)


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name} ({number})".casefold() in taken:
        number += 1
    return f"{name} ({number})"
