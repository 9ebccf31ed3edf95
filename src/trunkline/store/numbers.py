"""Business numbers. Secrets are sealed here; the runtime's directory opens them."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("numbers")


class NumberRow(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    connector: str
    digits: str
    phone_number_id: str
    waba_id: str
    app_id: str
    sealed_token: str
    sealed_app_secret: str
    base_url: str
    is_default: int
    is_builtin: int
    messages_per_second: int
    held_reason: str | None
    created_at: int
    updated_at: int
    is_shared: int = 0
    """Others send from it too, such as the phone app: an unknown provider id may not be ours."""
    daily_recipients: int | None = None
    """New recipients that Meta allows in 24 hours; None where that is not known or not limited."""


async def active(tx: Tx) -> list[NumberRow]:
    return [NumberRow(*row) for row in await tx.fetch(_Q["active"])]


async def digits_by_id(tx: Tx, account_id: str) -> dict[str, str]:
    """Of removed numbers too: messages point at them."""
    return {row[0]: row[1] for row in await tx.fetch(_Q["digits_by_id"], account_id=account_id)}


async def insert(tx: Tx, number: NumberRow) -> None:
    """A default number takes that place from the one that had it."""
    if number.is_default:
        await tx.execute(_Q["clear_default"], account_id=number.account_id)
    values = msgspec.structs.asdict(number)
    del values["held_reason"]
    await tx.execute(_Q["insert"], **values)


async def update(tx: Tx, number: NumberRow) -> None:
    """Credentials, address and pace; also ends a hold."""
    names = _Q["update"].params
    values = msgspec.structs.asdict(number)
    await tx.execute(_Q["update"], **{name: values[name] for name in names})


async def set_default(tx: Tx, account_id: str, number_id: str, now: int) -> bool:
    """False, and nothing changed, when there is no such number."""
    rows = [row for row in await active(tx) if row.account_id == account_id and row.id == number_id]
    if not rows:
        return False
    await tx.execute(_Q["clear_default"], account_id=account_id)
    await tx.fetch_one(_Q["set_default"], account_id=account_id, id=number_id, now=now)
    return True


async def remove(tx: Tx, account_id: str, number_id: str, now: int) -> bool:
    return await tx.fetch_one(_Q["remove"], account_id=account_id, id=number_id, now=now) is not None


async def hold(tx: Tx, account_id: str, number_id: str, reason: str, now: int) -> None:
    await tx.execute(_Q["hold"], account_id=account_id, id=number_id, reason=reason, now=now)


async def release(tx: Tx, account_id: str, number_id: str, now: int) -> bool:
    return await tx.fetch_one(_Q["release"], account_id=account_id, id=number_id, now=now) is not None
