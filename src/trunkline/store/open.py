"""Opening a store: choose the engine, bring its schema up to date."""

from pathlib import Path

from trunkline.store import migrate, postgres, sqlite
from trunkline.store.contract import Store

FILE_NAME = "trunkline.db"


async def open_store(url: str | None, data_dir: Path, now: int) -> Store:
    """PostgreSQL when `url` names one, else SQLite in the data folder; migrated either way."""
    if url:
        await migrate.migrate_postgres(url, now)
        return await postgres.connect(url)
    path = data_dir / FILE_NAME
    migrate.migrate_sqlite(path, now)
    return sqlite.SqliteStore(path)
