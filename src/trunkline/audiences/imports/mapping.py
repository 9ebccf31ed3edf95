"""What each column is for: as the caller says, else as its name and cells suggest. Pure."""

from collections.abc import Mapping, Sequence

from trunkline.audiences.imports.options import ONCE, Column, ColumnUse
from trunkline.table_files import guess_mapping

EXAMPLES = 3
LONGEST_ATTRIBUTE_NAME = 64


def guessed(columns: Sequence[str], sample: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    guesses = guess_mapping(columns, sample)
    return tuple(
        Column(
            name,
            ColumnUse(guesses[name].field, guesses[name].attribute),
            guesses[name].reason,
            tuple(row[at] for row in sample if row[at])[:EXAMPLES],
        )
        for at, name in enumerate(columns)
    )


def settled(columns: Sequence[Column], stated: Mapping[str, ColumnUse]) -> dict[str, ColumnUse]:
    """What is stated goes first: a column that was taken for the same field becomes an attribute."""
    taken = {use.field for use in stated.values() if use.field in ONCE}
    uses: dict[str, ColumnUse] = {}
    for column in columns:
        use = stated.get(column.name)
        if use is None:
            use = ColumnUse("attribute") if column.use.field in taken else column.use
        if use.field == "attribute":
            name = use.attribute or attribute_name(column.name)
            use = ColumnUse("attribute", name[:LONGEST_ATTRIBUTE_NAME])
        uses[column.name] = use
    return uses


def has_address(uses: Mapping[str, ColumnUse]) -> bool:
    return any(use.field in {"phone", "user_id"} for use in uses.values())


def attribute_name(column: str) -> str:
    """The name that the guess gives to a column which is nothing else."""
    return guess_mapping([column], [])[column].attribute or "_".join(column.casefold().split())
