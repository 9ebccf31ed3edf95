"""What can be told of a store without changing it: for `trunkline doctor`, beside a running server or not."""

from pathlib import Path

import msgspec

from trunkline.store import accounts, messages, migrate, numbers, postgres, sqlite
from trunkline.store.contract import Row, Store, Tx
from trunkline.store.messages import Filters
from trunkline.store.numbers import NumberRow
from trunkline.store.open import FILE_NAME
from trunkline.store.probe import has_checksums
from trunkline.store.queries import load

_Q = load("schema_migrations")
_LAST = "msg_~"  # sorts after every id


class Sight(msgspec.Struct, frozen=True):
    engine: str
    missing: list[str]
    """Migrations that the next start will apply. The rest is only looked at when there are none."""
    accounts: int = 0
    numbers: list[NumberRow] = []
    newest_at: int | None = None
    """When the last message was accepted."""
    has_checksums: bool = True
    """Whether damage on the disk would be noticed."""


async def look(url: str | None, data_dir: Path) -> Sight | None:
    """None: there is no store yet. `StoreUnavailable`: there is one that can not be opened as it should."""
    store: Store
    if url:
        store = await postgres.connect(url)
    elif (data_dir / FILE_NAME).exists():
        store = sqlite.SqliteStore(data_dir / FILE_NAME)
    else:
        return None
    try:
        return await _look(store)
    finally:
        await store.close()


async def _look(store: Store) -> Sight:
    try:
        applied = await store.read(_applied)
    except Exception:  # each engine has its own way to say that there is no such table
        applied = []
    missing = [each.label for each in migrate.waiting(store.engine, applied)]
    if missing:
        return Sight(store.engine, missing)
    return await store.read(lambda tx: _contents(tx, store.engine))


async def _applied(tx: Tx) -> list[Row]:
    return await tx.fetch(_Q["applied"])


async def _contents(tx: Tx, engine: str) -> Sight:
    everybody = await accounts.every(tx)
    newest = [await messages.page(tx, account.id, Filters(), _LAST, 1) for account in everybody]
    moments = [page[0].created_at for page in newest if page]
    checked = await has_checksums(tx)
    return Sight(engine, [], len(everybody), await numbers.active(tx), max(moments, default=None), checked)
