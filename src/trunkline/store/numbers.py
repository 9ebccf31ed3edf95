"""Business numbers. Secrets are sealed here; the runtime's directory opens them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trunkline.model.events import NumberData, of_number
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
    window_policy: str = "enforce"
    """What becomes of a free-form message outside the 24-hour window: `enforce`, `hold` or `advise`."""
    provider_info: str | None = None
    """What the provider last told of the number (quality, limit, name); JSON text."""
    links: str = "fetch"
    """Who fetches the files that messages name by link: `fetch` (we) or `pass_through` (the provider)."""
    template_check: str = "check"
    """Whether templates are held against what is known of them: `check` or `pass_through`."""
    tier_reserve: int | None = None
    """Of `daily_recipients`, how many messages of bulk leave to others; None is a tenth."""


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


async def set_window_policy(tx: Tx, account_id: str, number_id: str, policy: str, now: int) -> bool:
    row = await tx.fetch_one(
        _Q["set_window_policy"], account_id=account_id, id=number_id, policy=policy, now=now
    )
    return row is not None


async def set_links(tx: Tx, account_id: str, number_id: str, links: str, now: int) -> bool:
    row = await tx.fetch_one(_Q["set_links"], account_id=account_id, id=number_id, links=links, now=now)
    return row is not None


async def set_template_check(tx: Tx, account_id: str, number_id: str, check: str, now: int) -> bool:
    row = await tx.fetch_one(
        _Q["set_template_check"], account_id=account_id, id=number_id, template_check=check, now=now
    )
    return row is not None


async def set_tier_reserve(tx: Tx, account_id: str, number_id: str, reserve: int | None, now: int) -> bool:
    values = {"account_id": account_id, "id": number_id, "tier_reserve": reserve, "now": now}
    return await tx.fetch_one(_Q["set_tier_reserve"], **values) is not None


async def remove(tx: Tx, account_id: str, number_id: str, now: int) -> bool:
    return await tx.fetch_one(_Q["remove"], account_id=account_id, id=number_id, now=now) is not None


async def hold(tx: Tx, account_id: str, number_id: str, reason: str, now: int) -> None:
    if await tx.fetch_one(_Q["hold"], account_id=account_id, id=number_id, reason=reason, now=now):
        held = NumberData(id=number_id, at=now, reason=reason)
        tx.emit(of_number(account_id, held, is_held=True))


async def release(tx: Tx, account_id: str, number_id: str, now: int) -> bool:
    """False when there is no such number."""
    held = await tx.fetch_one(_Q["held_for"], account_id=account_id, id=number_id)
    if await tx.fetch_one(_Q["release"], account_id=account_id, id=number_id, now=now) is None:
        return False
    if held is not None:
        released = NumberData(id=number_id, at=now, reason=held[0])
        tx.emit(of_number(account_id, released, is_held=False))
    return True


async def release_held_for(tx: Tx, account_id: str, number_id: str, beginning: str, now: int) -> bool:
    """When the reason of the hold begins like this."""
    held = await tx.fetch_one(_Q["held_for"], account_id=account_id, id=number_id)
    if held is None or not str(held[0]).startswith(beginning):
        return False
    return await release(tx, account_id, number_id, now)


async def learn(  # noqa: PLR0913, PLR0917 - a number, and what was told of it when
    tx: Tx, account_id: str, number_id: str, info: Mapping[str, Any], limit: int | None, at: int, now: int
) -> None:
    """Keep what the provider told at `at`, unless something newer is known; a limit of 0 is none at all."""
    row = await tx.fetch_one(_Q["for_news"], account_id=account_id, id=number_id)
    if row is None:
        return
    known = msgspec.json.decode(row[0], type=dict[str, Any]) if row[0] else {}
    told_at = known.get("told_at", {})
    news = {name: value for name, value in info.items() if at >= told_at.get(name, 0)}
    is_new_limit = limit is not None and at >= told_at.get("daily_recipients", 0)
    told_at |= dict.fromkeys([*news, *(["daily_recipients"] if is_new_limit else [])], at)
    await tx.execute(
        _Q["learn"],
        provider_info=msgspec.json.encode(known | news | {"told_at": told_at}).decode(),
        daily_recipients=(limit or None) if is_new_limit else row[1],
        account_id=account_id,
        id=number_id,
        now=now,
    )
