"""The rows of an export: everybody in a campaign's audience, with all that became of their message."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

import msgspec

from trunkline.campaigns.causes import error_of
from trunkline.campaigns.report import WITHIN_MS
from trunkline.channels.contract import SendError
from trunkline.model.campaign import Definition
from trunkline.runtime import Runtime
from trunkline.store import campaign_reports
from trunkline.store.campaign_reports import ExportRow
from trunkline.store.campaigns import CampaignRow
from trunkline.store.contract import Work

AT_ONCE = 500
_values = msgspec.json.Decoder(dict[str, str])


class Kind(Enum):
    TEXT = auto()
    WHOLE = auto()
    MOMENT = auto()  # milliseconds
    YES_NO = auto()


class Known(NamedTuple):
    """A row, with what stands in it as JSON."""

    row: ExportRow
    sender: str | None
    error: SendError | None
    values: Mapping[str, str]


class Column(NamedTuple):
    name: str
    kind: Kind
    of: Callable[[Known], Any]


def columns_of(campaign: CampaignRow) -> tuple[Column, ...]:
    """Those that all exports have, and one for each variable."""
    variables = msgspec.json.decode(campaign.definition, type=Definition).variables
    return (*_COLUMNS, *(_of_variable(name) for name in variables))


def _of_variable(name: str) -> Column:
    return Column(f"variable {name}", Kind.TEXT, lambda known: known.values.get(name))


def _of_row(name: str, kind: Kind = Kind.TEXT, called: str | None = None) -> Column:
    return Column(called or name, kind, lambda known: getattr(known.row, name))


def _of_error(name: str, called: str, kind: Kind = Kind.TEXT) -> Column:
    return Column(called, kind, lambda known: getattr(known.error, name) if known.error is not None else None)


_COLUMNS: tuple[Column, ...] = (
    _of_row("n", Kind.WHOLE),
    _of_row("contact_id"),
    _of_row("address", called="to"),
    Column("from", Kind.TEXT, lambda known: known.sender),
    _of_row("variant"),
    _of_row("language"),
    Column("state", Kind.TEXT, lambda known: known.row.message_state or known.row.state),
    _of_row("reason"),
    _of_row("detail"),
    _of_row("message_id"),
    _of_row("provider_id"),
    Column("due_at", Kind.MOMENT, lambda known: known.row.due_at or None),  # skipped ones have no turn
    _of_row("created_at", Kind.MOMENT),
    _of_row("submitted_at", Kind.MOMENT, "accepted_at"),
    _of_row("sent_at", Kind.MOMENT),
    _of_row("delivered_at", Kind.MOMENT),
    _of_row("read_at", Kind.MOMENT),
    _of_row("replied_at", Kind.MOMENT),
    _of_row("first_clicked_at", Kind.MOMENT, "clicked_at"),
    _of_row("clicks", Kind.WHOLE),
    _of_row("opted_out_at", Kind.MOMENT),
    _of_row("failed_at", Kind.MOMENT),
    _of_error("code", "error_code", Kind.WHOLE),
    _of_error("title", "error"),
    _of_error("cause", "error_cause"),
    _of_error("detail", "error_detail"),
    _of_error("actor", "error_actor"),
    _of_error("remedy", "error_remedy"),
    _of_error("may_pass", "retryable", Kind.YES_NO),
)


class Page:
    """Some rows, as they were when they were read."""

    def __init__(
        self, rows: Sequence[ExportRow], columns: Sequence[Column], senders: Mapping[str, str]
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._senders = senders

    def cells(self) -> Iterator[list[Any]]:
        """Row by row: to be asked for beside the event loop, since a page takes some milliseconds."""
        for row in self._rows:
            known = Known(
                row,
                self._senders.get(row.number_id or ""),
                error_of(row.error) if row.error is not None else None,
                _values.decode(row.vars) if row.vars != "{}" else {},
            )
            yield [column.of(known) for column in self._columns]


async def pages(
    runtime: Runtime, campaign: CampaignRow, columns: Sequence[Column]
) -> AsyncGenerator[Page, None]:
    senders = {number.id: number.digits for number in runtime.directory.of_account(campaign.account_id)}
    after = 0
    while rows := await runtime.store.read(_reading(campaign, after)):
        yield Page(rows, columns, senders)
        after = rows[-1].n


def _reading(campaign: CampaignRow, after: int) -> Work[list[ExportRow]]:
    return lambda tx: campaign_reports.rows(tx, campaign.account_id, campaign.id, after, AT_ONCE, WITHIN_MS)
