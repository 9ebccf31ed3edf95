"""The only place with SQL: one store, two engines (SQLite in the data folder, PostgreSQL for many machines).

Each table has a pair of files, `messages.sql` with its named queries and `messages.py` with the functions
that run them. Functions take a transaction, so the caller decides what is atomic. Callers of the store
give it *units of work*; see `contract.py`.
"""

from trunkline.store.contract import Store, StoreBroken, StoreBusy, StoreUnavailable, Tx
from trunkline.store.open import open_store

__all__ = ["Store", "StoreBroken", "StoreBusy", "StoreUnavailable", "Tx", "open_store"]
