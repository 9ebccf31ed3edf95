"""Every table of a database as it is: names, columns and rows, on both engines, and a sum to compare them by.

For what treats all tables alike, such as the copy from one engine to the other. Nothing here knows a table by
its name but the ledger of migrations, which each database has for itself.
"""

import graphlib
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import apsw
import msgspec

_LEDGER = "schema_migrations"
_AT_ONCE = 5_000
_encode = msgspec.msgpack.Encoder().encode


class Table(NamedTuple):
    name: str
    columns: tuple[str, ...]

    @property
    def select(self) -> str:
        return f"SELECT {', '.join(self.columns)} FROM {self.name}"  # noqa: S608 - names of the schema


class Sum:
    """Of rows in any order: how many, and a digest."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = 0

    def add(self, row: tuple[Any, ...]) -> None:
        self.rows += 1
        mark = hashlib.blake2b(_encode(row), digest_size=16).digest()
        self._digest = (self._digest + int.from_bytes(mark, "big")) % 2**128

    def is_same(self, other: "Sum") -> bool:
        return (self.rows, self._digest) == (other.rows, other._digest)


def of_sqlite(connection: apsw.Connection) -> list[Table]:
    """In an order in which no row comes before what it refers to."""
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> ?",
            (_LEDGER,),
        )
    ]
    needs = {
        name: {
            row[0] for row in connection.execute('SELECT "table" FROM pragma_foreign_key_list(?)', (name,))
        }
        for name in names
    }
    return [
        Table(name, _columns(connection, name)) for name in graphlib.TopologicalSorter(needs).static_order()
    ]


def _columns(connection: apsw.Connection, name: str) -> tuple[str, ...]:
    return tuple(row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,)))


async def of_postgres(connection: Any) -> set[Table]:
    """The columns in alphabetical order: a column that was added may stand elsewhere."""
    found: dict[str, list[str]] = {}
    for row in await connection.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c "
        "JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> $1",
        _LEDGER,
    ):
        found.setdefault(row[0], []).append(row[1])
    return {Table(name, tuple(sorted(columns))) for name, columns in found.items()}


def rows_of_sqlite(connection: apsw.Connection, table: Table, total: Sum) -> Iterator[tuple[Any, ...]]:
    """Row by row, each added to `total` on its way: a table of any size takes little memory."""
    for row in connection.execute(table.select):
        total.add(row)
        yield row


async def sum_of_postgres(connection: Any, table: Table) -> Sum:
    """In the caller's transaction."""
    total = Sum()
    async for row in connection.cursor(table.select, prefetch=_AT_ONCE):
        total.add(tuple(row))
    return total
