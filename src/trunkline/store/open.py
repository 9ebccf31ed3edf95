"""Opening a store: choose the engine, bring its schema up to date.

A data folder whose database was copied to PostgreSQL has no `trunkline.db`. An empty one must not be made in
its place: it would look as if everything were lost.
"""

from pathlib import Path

from trunkline.store import migrate, postgres, sqlite
from trunkline.store.ballast import Ballast
from trunkline.store.contract import Store, StoreUnavailable

FILE_NAME = "trunkline.db"
COPYING = f"{FILE_NAME}.copying"
"""While nobody knows whether PostgreSQL has taken it: see `copy.py`."""
COPIED = f"{FILE_NAME}.copied-"
"""With the date."""


async def open_store(
    url: str | None, data_dir: Path, now: int, *, may_migrate: bool = True, ballast_mib: int = 0
) -> Store:
    """PostgreSQL when `url` names one, else SQLite in the data folder; migrated either way, or refused."""
    if not may_migrate:
        _refuse_to_wait(await waiting(url, data_dir))
    if url:
        if may_migrate:
            await migrate.migrate_postgres(url, now)
        return await postgres.connect(url)
    path = sqlite_file(data_dir)
    migrate.migrate_sqlite(path, now)
    return sqlite.SqliteStore(path, Ballast(data_dir, ballast_mib))


async def waiting(url: str | None, data_dir: Path) -> list[str]:
    """Migrations that the database does not have yet."""
    if url:
        return await migrate.waiting_on_postgres(url)
    return migrate.waiting_on_sqlite(sqlite_file(data_dir))


def _refuse_to_wait(missing: list[str]) -> None:
    if missing:
        raise StoreUnavailable(
            f"migrations wait: {', '.join(missing)}; apply them with `trunkline migrate` "
            "(store.migrate = never keeps the start from doing it)"
        )


def sqlite_file(data_dir: Path) -> Path:
    """Where the database is, or would be made. `StoreUnavailable` when it was moved away."""
    path = data_dir / FILE_NAME
    if path.exists():
        return path
    if (data_dir / COPYING).exists():
        raise StoreUnavailable(
            f"the copy of {path} to PostgreSQL was interrupted: run `trunkline db copy` again with the same "
            "address, which finds out how far it came"
        )
    if copied := sorted(data_dir.glob(f"{COPIED}*")):
        raise StoreUnavailable(
            f"the database of {data_dir} was copied to PostgreSQL ({copied[-1].name}): start with --database "
            "postgresql://… and the same data folder, where the master key is"
        )
    return path
