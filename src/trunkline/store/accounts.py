"""Accounts: the owners of everything else."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("accounts")


class Account(msgspec.Struct, frozen=True):
    id: str
    name: str
    hook_key: str
    sealed_verify_token: str
    created_at: int
    doubt_policy: str = "never_resend"
    resend_after_seconds: int | None = None


async def insert(tx: Tx, account: Account) -> None:
    await tx.execute(_Q["insert"], **msgspec.structs.asdict(account))


async def every(tx: Tx) -> list[Account]:
    return [Account(*row) for row in await tx.fetch(_Q["every"])]


async def set_doubt_policy(tx: Tx, account_id: str, policy: str, seconds: int | None) -> None:
    await tx.execute(_Q["set_doubt_policy"], account_id=account_id, policy=policy, seconds=seconds)
