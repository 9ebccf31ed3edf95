"""API keys: public id, keyed hash, and until when they hold."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("api_keys")


class ApiKey(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    name: str
    digest: bytes
    is_live: int
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None

    def holds(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


async def insert(tx: Tx, key: ApiKey) -> None:
    values = msgspec.structs.asdict(key)
    del values["revoked_at"]
    await tx.execute(_Q["insert"], **values)


async def by_id(tx: Tx, key_id: str) -> ApiKey | None:
    row = await tx.fetch_one(_Q["by_id"], id=key_id)
    return ApiKey(*row) if row else None


async def of_account(tx: Tx, account_id: str) -> list[ApiKey]:
    return [ApiKey(*row) for row in await tx.fetch(_Q["of_account"], account_id=account_id)]


async def revoke(tx: Tx, account_id: str, key_id: str, now: int) -> bool:
    """False when there is no such key, or it was revoked before."""
    return await tx.fetch_one(_Q["revoke"], account_id=account_id, id=key_id, now=now) is not None
