"""What is known of people before a campaign writes to them: for many at once, one look-up by index each.

Who is not in an answer has nothing of the kind.
"""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("verdict_facts")


class Failure(msgspec.Struct, frozen=True):
    """Of the last message to somebody whose end is known."""

    error: str | None
    """JSON with the members of a `SendError`."""
    created_at: int


class Consent(msgspec.Struct, frozen=True):
    """What was said last."""

    action: str
    """`granted` or `withdrawn`."""
    at: int


class Window(msgspec.Struct, frozen=True):
    """Of one person and one number."""

    number_id: str
    closes_at: int
    free_until: int


async def suppressed(tx: Tx, account_id: str, addresses: Iterable[str]) -> dict[str, list[str]]:
    """Address → scopes."""
    found: dict[str, list[str]] = {}
    rows = await tx.fetch(_Q["suppressed"], asked=_json(addresses), account_id=account_id)
    for address, scope in rows:
        found.setdefault(address, []).append(scope)
    return found


async def consents(tx: Tx, account_id: str, addresses: Iterable[str], purpose: str) -> dict[str, Consent]:
    """Address → what was said there last."""
    values = {"asked": _json(addresses), "account_id": account_id, "purpose": purpose}
    rows = await tx.fetch(_Q["consents"], **values)
    return {address: Consent(action, at) for address, action, at in rows}


async def failed(tx: Tx, account_id: str, addresses: Iterable[str], since: int) -> dict[str, Failure]:
    """Address → why the last message to it failed, of those since then that failed or arrived."""
    values = {"asked": _json(addresses), "account_id": account_id, "since": since}
    rows = await tx.fetch(_Q["failed"], **values)
    return {address: Failure(error, at) for address, error, at in rows}


async def windows(tx: Tx, account_id: str, contact_ids: Iterable[str]) -> dict[str, list[Window]]:
    """Contact → their conversations."""
    found: dict[str, list[Window]] = {}
    rows = await tx.fetch(_Q["windows"], asked=_json(contact_ids), account_id=account_id)
    for contact_id, *members in rows:
        found.setdefault(contact_id, []).append(Window(*members))
    return found


async def received(
    tx: Tx, account_id: str, campaign_ids: Sequence[str], addresses: Sequence[str]
) -> set[str]:
    """Those who have got one of these campaigns."""
    asked = [(account_id, campaign, address) for campaign in campaign_ids for address in addresses]
    return {row[0] for row in await tx.fetch_many(_Q["received"], asked)}


async def had_campaign(tx: Tx, account_id: str, addresses: Sequence[str], since: int) -> set[str]:
    """Those who got a message of any campaign since then."""
    asked = [(account_id, address, since) for address in addresses]
    return {row[0] for row in await tx.fetch_many(_Q["had_campaign"], asked)}


async def known_contacts(tx: Tx, account_id: str, campaign_id: str, contact_ids: Sequence[str]) -> set[str]:
    """Those to whom a campaign goes already."""
    values = {"asked": _json(contact_ids), "account_id": account_id, "campaign_id": campaign_id}
    return {row[0] for row in await tx.fetch(_Q["known_contacts"], **values)}


def _json(texts: Iterable[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()
