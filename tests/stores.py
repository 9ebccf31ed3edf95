"""A store in the data folder or on PostgreSQL, as after its migrations: SQLite's are made once and copied.

For the many tests that are not about migrations: applying them is most of what opening a new file costs.
"""

import functools
import tempfile
from pathlib import Path

from tests.factories import NOW
from trunkline.store import Store, migrate, open_store
from trunkline.store.open import FILE_NAME


async def quick_store(url: str | None, folder: Path, now: int) -> Store:
    """`open_store`, where it finds what it needs."""
    file = folder / FILE_NAME
    if not url and not file.exists():
        file.write_bytes(_migrated())
    return await open_store(url or None, folder, now)


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILE_NAME
        migrate.migrate_sqlite(file, NOW)
        return file.read_bytes()
