"""Whether the store takes and syncs a write: one that leaves nothing behind. For readiness, and for the gate
of the API, which lets no new work in while the last commit failed.
"""

from trunkline.store.contract import Store, Tx
from trunkline.store.queries import load

_Q = load("probe")


async def probe(store: Store, process_id: str) -> None:
    """Returns after a synced commit; `StoreUnavailable` says why there is none."""
    name = f"probe {process_id}"

    async def work(tx: Tx) -> None:
        await tx.execute(_Q["come"], name=name)
        await tx.execute(_Q["go"], name=name)

    await store.write(work)


async def has_checksums(tx: Tx) -> bool:
    """Whether the database would notice that its disk changed a page."""
    row = await tx.fetch_one(_Q["checksums"])
    return row is None or row[0] == "on"
