"""CHECK: every recipient of a campaign gets a verdict, a number and a turn before anything is sent.

In comes a campaign in the state `checking`; its recipients are written down a page at a time, and at the end
its report, with the state `checked`. A check that was interrupted begins anew, since its plan and its cost
are of one moment. Each page is kept only while the campaign is still checking, and by this very run: one that
was canceled or taken over stops at the next page.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from trunkline.audiences import members
from trunkline.audiences.members import Member
from trunkline.campaigns import actions
from trunkline.campaigns.check_page import Checker
from trunkline.campaigns.check_report import make_report
from trunkline.campaigns.report_types import Progress
from trunkline.model import ids
from trunkline.model.campaign import Audience, CampaignState
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients
from trunkline.store.campaigns import CampaignRow
from trunkline.store.load import Load
from trunkline.store.recipients import NewRecipient
from trunkline.templates.book import TemplateBook

PAGE = 400
"""Recipients of one transaction: fewer than make the API refuse lists (`store/load.py`, `api/gate.py`)."""

PAGE_BESIDE_OTHERS = 200
"""While others write: so few that these wait for 3 ms at most."""

_CLEARED_AT_ONCE = 2_000


class Page(msgspec.Struct, frozen=True):
    """What one transaction is to write."""

    account_id: str
    campaign_id: str
    before: str
    """The campaign's position as this run knows it."""
    after: str
    rows: Sequence[NewRecipient]
    progress: Progress


class _Stopped(Exception):
    """The campaign is not checking any more, or another run checks it."""


async def run(runtime: Runtime, book: TemplateBook, account_id: str, campaign_id: str) -> None:
    """Returns when all is done, or somebody stopped it. `StoreUnavailable`: begin again later."""
    try:
        await _run(runtime, book, account_id, campaign_id)
    except _Stopped:
        return


async def _run(runtime: Runtime, book: TemplateBook, account_id: str, campaign_id: str) -> None:
    began = runtime.clock.monotonic()
    token = ids.new_id(ids.PROCESS)
    row = await _begin(runtime, account_id, campaign_id, token)
    checker = await Checker.open(runtime, book, row)
    audience, before, sizes = checker.definition.audience, token, _Sizes(runtime.store.load)
    found, following = await _members(runtime, account_id, audience, "", sizes.next())
    while found or following is not None:
        rows = await checker.check(found)
        after = f"{token} {checker.sums.recipients}"
        page = Page(account_id, campaign_id, before, after, rows, checker.sums.progress())
        # Not while this thread is at work: who reads would wait for it at every row.
        is_kept, (found, following) = await asyncio.gather(
            runtime.store.batch(keep_pages, page, weight=max(1, len(rows))),
            _members(runtime, account_id, audience, following, sizes.next(max(1, len(rows)))),
        )
        if not is_kept:
            raise _Stopped
        before = after
    report = make_report(checker, took_seconds=runtime.clock.monotonic() - began)
    await _finish(runtime, row, before, msgspec.json.encode(report).decode())


class _Sizes:
    """How many recipients the next page has, by whether others have written since the last one."""

    def __init__(self, load: Load) -> None:
        self._commits = load.commits
        self._rows = load.commits.rows
        self._ours = 0

    def next(self, coming: int = 0) -> int:
        """`coming`: the rows of ours that are about to be written."""
        others = self._commits.rows - self._rows - self._ours
        self._rows, self._ours = self._commits.rows, coming
        return min(PAGE, PAGE_BESIDE_OTHERS) if others > 0 else PAGE


async def _members(
    runtime: Runtime, account_id: str, audience: Audience, position: str | None, count: int
) -> tuple[list[Member], str | None]:
    if position is None:
        return [], None
    now = runtime.clock.now()
    return await members.page(runtime.store, account_id, audience, position, count, now=now)


async def _begin(runtime: Runtime, account_id: str, campaign_id: str, token: str) -> CampaignRow:
    """From the first one on: what an earlier check left is removed."""

    async def work(tx: Tx) -> tuple[CampaignRow, int]:
        row = await campaigns.lock(tx, account_id, campaign_id)
        if row is None or row.state is not CampaignState.CHECKING:
            raise _Stopped
        removed = await recipients.clear(tx, account_id, campaign_id, _CLEARED_AT_ONCE)
        return await campaigns.put(tx, msgspec.structs.replace(row, position=token, report=None)), removed

    while True:
        row, removed = await runtime.store.write(work)
        if not removed:
            return row
        await asyncio.sleep(0)


async def keep_pages(tx: Tx, pages: Sequence[Page]) -> list[bool]:
    """Whether each was kept: False when this run is not the one that checks the campaign."""
    return [await _keep(tx, page) for page in pages]


async def _keep(tx: Tx, page: Page) -> bool:
    row = await campaigns.lock(tx, page.account_id, page.campaign_id)
    if row is None or row.state is not CampaignState.CHECKING or row.position != page.before:
        return False
    await recipients.insert_many(tx, page.rows)
    progress = msgspec.json.encode(page.progress).decode()
    await campaigns.put(tx, msgspec.structs.replace(row, position=page.after, report=progress))
    return True


async def _finish(runtime: Runtime, begun: CampaignRow, position: str, report: str) -> None:
    now = runtime.clock.now()

    async def work(tx: Tx) -> None:
        row = await campaigns.lock(tx, begun.account_id, begun.id)
        if row is None or row.state is not CampaignState.CHECKING or row.position != position:
            raise _Stopped
        done = msgspec.structs.replace(
            row, state=CampaignState.CHECKED, position="", report=report, checked_at=now, updated_at=now
        )
        await actions.keep(tx, row, done, now)

    await runtime.store.write(work)
