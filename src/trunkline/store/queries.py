"""Named queries in plain SQL files, one text for both engines.

A query starts with `-- name: <name>` and a comment that says what it does. Values are written `:name`; a
call passes them by name, a batch as tuples in the order in which the names first appear (an INSERT's own
column order). Where the engines need different texts, a section is named for one: `-- name: lock (postgres)`.
`@now` is the database's own clock, in milliseconds: what processes on several machines agree on.
"""

import re
from importlib import resources
from typing import Any, NamedTuple

_SECTION = re.compile(r"^-- name: (\w+)(?: \((sqlite|postgres)\))?\s*$", re.MULTILINE)
_VALUE = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")
_NOW = {
    "sqlite": "database_now()",  # a function that `sqlite.connect` adds
    "postgres": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


class Query(NamedTuple):
    """One named statement in both engines' spelling."""

    name: str
    params: tuple[str, ...]
    sqlite: str
    postgres: str

    def row(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """The values in the statement's order. `KeyError` names a missing one."""
        if len(values) != len(self.params):
            raise KeyError(f"{self.name} takes {self.params}, got {tuple(values)}")
        return tuple([values[name] for name in self.params])


def load(table: str) -> dict[str, Query]:
    """The queries of `<table>.sql`, by name."""
    text = resources.files("trunkline.store").joinpath(f"{table}.sql").read_text("utf-8")
    parts = _SECTION.split(text)[1:]
    texts: dict[str, dict[str, str]] = {}
    for name, engine, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        statement = _COMMENT.sub("", body).strip().rstrip(";")
        texts.setdefault(name, {})[engine or "both"] = statement
    return {name: _query(f"{table}.{name}", variants) for name, variants in texts.items()}


def _query(name: str, variants: dict[str, str]) -> Query:
    sqlite = variants.get("sqlite") or variants["both"]
    postgres = variants.get("postgres") or variants["both"]
    params = tuple(dict.fromkeys(_VALUE.findall(sqlite)))
    place = {param: index + 1 for index, param in enumerate(params)}
    return Query(
        name,
        params,
        _VALUE.sub(lambda match: f"?{place[match[1]]}", sqlite).replace("@now", _NOW["sqlite"]),
        _VALUE.sub(lambda match: f"${place[match[1]]}", postgres).replace("@now", _NOW["postgres"]),
    )
