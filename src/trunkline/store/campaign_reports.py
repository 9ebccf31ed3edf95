"""What became of the recipients of a campaign: counted for its report, row by row for its export."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("campaign_reports")


class Alike(msgspec.Struct, frozen=True):
    """Recipients of whom the report says the same, and how many of them came how far."""

    variant: str | None
    number_id: str | None
    language: str | None
    state: str
    reason: str | None
    message_state: str | None
    count: int
    taken: int
    sent: int
    delivered: int
    read: int
    replied: int
    clicked: int
    opted_out: int


class Failure(msgspec.Struct, frozen=True):
    code: str | None
    title: str | None
    error: str | None
    """One of theirs, as JSON text."""
    count: int


class Followed(msgspec.Struct, frozen=True):
    """Where short links lead."""

    url: str
    links: int
    clicks: int
    people: int


class ExportRow(msgspec.Struct, frozen=True):
    """A recipient, and everything that is known of their message. Moments are milliseconds."""

    n: int
    contact_id: str
    address: str
    state: str
    reason: str | None
    detail: str | None
    number_id: str | None
    variant: str | None
    language: str | None
    vars: str
    due_at: int
    message_id: str | None
    message_state: str | None
    error: str | None
    created_at: int | None
    submitted_at: int | None
    sent_at: int | None
    delivered_at: int | None
    read_at: int | None
    failed_at: int | None
    provider_id: str | None
    replied_at: int | None
    opted_out_at: int | None
    clicks: int | None
    first_clicked_at: int | None


class OutcomeRow(msgspec.Struct, frozen=True):
    n: int
    contact_id: str
    address: str
    vars: str
    state: str
    reason: str | None
    message_state: str | None
    error: str | None
    submitted_at: int | None
    was_opened: int
    """Whether they opened a link of it."""
    was_risked: int
    """Whether it may have come by an attempt before its last one."""


async def funnel(  # noqa: PLR0913, PLR0917 - a key, from where to where, and what counts as an answer
    tx: Tx, account_id: str, campaign_id: str, after: int, to: int, within: int
) -> list[Alike]:
    """Of those behind `after` up to `to`. `within`: milliseconds after the message came."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "after": after, "to": to}
    rows = await tx.fetch(_Q["funnel"], **values, within=within)
    return [Alike(*row) for row in rows]


async def failures(tx: Tx, account_id: str, campaign_id: str) -> list[Failure]:
    rows = await tx.fetch(_Q["failures"], account_id=account_id, campaign_id=campaign_id)
    return [Failure(*row) for row in rows]


async def links(tx: Tx, account_id: str, campaign_id: str, count: int) -> list[Followed]:
    """The most followed first."""
    values = {"account_id": account_id, "campaign_id": campaign_id, "count": count}
    return [Followed(*row) for row in await tx.fetch(_Q["links"], **values)]


async def rows(  # noqa: PLR0913, PLR0917 - as `funnel`
    tx: Tx, account_id: str, campaign_id: str, after: int, count: int, within: int
) -> list[ExportRow]:
    values = {"account_id": account_id, "campaign_id": campaign_id, "after": after, "count": count}
    found = await tx.fetch(_Q["rows"], **values, within=within)
    return [ExportRow(*row) for row in found]


async def outcomes(tx: Tx, account_id: str, campaign_id: str, after: int, count: int) -> list[OutcomeRow]:
    values = {"account_id": account_id, "campaign_id": campaign_id, "after": after, "count": count}
    return [OutcomeRow(*row) for row in await tx.fetch(_Q["outcomes"], **values)]
