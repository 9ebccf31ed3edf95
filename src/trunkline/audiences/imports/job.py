"""One dry run, or one run: batches from the reading process, each judged or kept in a transaction of its own.

The place behind a batch is kept with it, so that after a crash the next one follows: no row is taken twice,
none is left out. Every transaction looks first whether somebody changed or canceled the import meanwhile, or
another process has it now; then this one leaves it alone.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import msgspec

from trunkline import shelving
from trunkline.audiences.imports import mapping, people, reader
from trunkline.audiences.imports.forgetting import without_examples, without_people
from trunkline.audiences.imports.frames import LETTERS, Bad, Batch, Read
from trunkline.audiences.imports.options import Counts, Found, Options, Report, Shown
from trunkline.audiences.imports.pace import Pace
from trunkline.loops import until_kept
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, imports, media_leaving
from trunkline.store.contract import Conflict, Rank, StoreUnavailable, T
from trunkline.store.imports import Fault, ImportRow, ImportState
from trunkline.table_files import TableError

SAVE_SECONDS = 0.5
"""How old the told progress of a dry run can get."""

_AT_ONCE = 5_000
_FIRST = 20


class Changed(Exception):
    """It is not this process's to go on with."""


class Job:
    def __init__(self, runtime: Runtime, row: ImportRow) -> None:
        self._runtime = runtime
        self._row = row
        self._options = msgspec.json.decode(row.options, type=Options)
        self._found = msgspec.json.decode(row.found, type=Found)
        self._counts = Counts()
        self._position = row.position
        self._report = Report(counts=self._counts)

    async def run(self) -> None:
        """To its end, unless somebody else changes the import: then it just ends."""
        try:
            await (self._check() if self._row.state is ImportState.CHECKING else self._take_over())
        except Changed:
            return
        except TableError as error:
            await self._end(ImportState.FAILED, error.reason, error.detail)
        except FileNotFoundError:
            await self._end(ImportState.FAILED, "file_gone", "The file is not kept here any more.")

    # -- the dry run

    async def _check(self) -> None:
        """Always from the beginning: it changes nobody."""
        self._position = 0
        while await self._written(self._begin, beginning=True):
            pass
        waiting: list[Bad] = []
        saved_at = _now()
        async for batch in self._batches():
            self._report.first += await self._judge(batch)
            waiting += batch.bad
            if len(waiting) >= _AT_ONCE or _now() > saved_at + SAVE_SECONDS:
                await self._save(waiting, batch.last)
                waiting, saved_at = [], _now()
        await self._save(waiting, self._counts.rows)
        await self._checked()

    async def _begin(self, tx: Tx, row: ImportRow) -> int:
        """How many faults of an earlier dry run were cleared."""
        await imports.advance(tx, row, 0, "{}", self._runtime.clock.now())
        return await imports.clear_faults(tx, row.account_id, row.id, _AT_ONCE)

    async def _judge(self, batch: Batch) -> list[Shown]:
        """Of the first rows, how they would be."""
        account_id = self._row.account_id

        async def work(tx: Tx) -> people.Known:
            return await people.look_up(tx, account_id, batch.good)

        known = await until_kept(self._name, lambda: self._runtime.store.read(work))
        self._count(batch)
        new = sum(one.n not in known.rows for one in batch.good)
        self._counts.new += new
        self._counts.known += len(batch.good) - new
        self._counts.suppressed += len(known.suppressed)
        left = _FIRST - len(self._report.first)
        return [people.shown(one, self._options, one.n not in known.rows) for one in batch.good[:left]]

    async def _save(self, bad: Sequence[Bad], last: int) -> None:
        faults = [Fault(*msgspec.structs.astuple(one)) for one in bad]
        counts = msgspec.json.encode(self._counts).decode()

        async def work(tx: Tx, row: ImportRow) -> None:
            await imports.add_faults(tx, row.account_id, row.id, faults)
            await imports.advance(tx, row, last, counts, self._runtime.clock.now())

        await self._written(work, weight=len(faults) + 1)
        self._position = last

    async def _checked(self) -> None:
        report = msgspec.json.encode(self._report).decode()

        async def work(tx: Tx, row: ImportRow) -> None:
            now = self._runtime.clock.now()
            ready = msgspec.structs.replace(row, state=ImportState.CHECKED, report=report, updated_at=now)
            await imports.put(tx, ready)

        await self._written(work)

    # -- the run

    async def _take_over(self) -> None:
        self._counts = msgspec.json.decode(self._row.counts, type=Counts)
        pace, waiting = Pace(self._runtime.store.load, _now), Batch(self._position)
        async for batch in self._batches():
            waiting = _joined(waiting, batch)
            if len(waiting.good) + len(waiting.bad) >= pace.rows or waiting.letters >= LETTERS:
                began = _now()
                await self._keep(waiting)
                await asyncio.sleep(pace.wrote(_weight(waiting), _now() - began))
                waiting = Batch(self._position)
        if waiting.last > self._position:
            await self._keep(waiting)
        await self._end(ImportState.FINISHED, None, None)

    async def _keep(self, batch: Batch) -> None:
        """A row that the store does not take must not keep back the others: it is found, and named."""
        try:
            await self._keep_together(batch)
        except (StoreUnavailable, Conflict, Changed):
            raise
        except Exception as fault:
            if len(batch.good) > 1:
                for part in _halves(batch):
                    await self._keep(part)
            elif batch.good:
                log.error("%s: a row could not be kept", self._name, exc_info=fault)
                await self._refuse(batch)
            else:
                raise

    async def _keep_together(self, batch: Batch) -> None:
        before = msgspec.structs.replace(self._counts, bad=dict(self._counts.bad))
        now = self._runtime.clock.now()

        async def work(tx: Tx, row: ImportRow) -> Counts:
            kept = await people.keep(tx, row.account_id, row.list_id, batch.good, self._options, now)
            counts = msgspec.structs.replace(before, bad=dict(before.bad))
            _add(counts, batch)
            counts.new += kept.new
            counts.known += len(batch.good) - kept.new
            counts.consents += kept.consents
            await imports.advance(tx, row, batch.last, msgspec.json.encode(counts).decode(), now)
            return counts

        self._counts = await self._written(work, weight=_weight(batch))
        self._position = batch.last

    async def _refuse(self, batch: Batch) -> None:
        [one] = batch.good
        why = Bad(one.n, one.line, None, "not_kept", "The database does not take this row.", None)
        bad = Batch(batch.last, [], [*batch.bad, why])
        self._count(bad)
        await self._save([why], batch.last)

    # -- both

    @property
    def _name(self) -> str:
        return f"import {self._row.id}"

    async def _batches(self) -> AsyncGenerator[Batch, None]:
        row = self._row
        async with self._runtime.shelf.local(row.account_id, row.sha256) as path:
            order = Read(
                path=str(path),
                options=self._options,
                uses=mapping.settled(self._found.columns, self._options.mapping),
                done=self._position,
            )
            async with reader.batches(order) as batches:
                async for batch in batches:
                    yield batch

    def _count(self, batch: Batch) -> None:
        _add(self._counts, batch)

    async def _written(
        self,
        work: Callable[[Tx, ImportRow], Awaitable[T]],
        *,
        weight: int = 1,
        beginning: bool = False,
    ) -> T:
        """In one transaction with the look whether the import is still as this job knows it."""

        async def alone(tx: Tx, items: Sequence[None]) -> Sequence[T]:
            row = await imports.lock(tx, self._row.account_id, self._row.id)
            if row is None or row.version != self._row.version or row.state is not self._row.state:
                raise Changed
            if row.position != self._position and not beginning:
                raise Changed
            return [await work(tx, row)]

        store = self._runtime.store
        return await until_kept(self._name, lambda: store.batch(alone, None, weight=weight, rank=Rank.NEW))

    async def _end(self, state: ImportState, reason: str | None, detail: str | None) -> None:
        """Its file goes: all that is to be kept of it is kept."""

        async def work(tx: Tx, row: ImportRow) -> None:
            await end(tx, row, state, reason, detail, self._runtime.clock.now())

        try:
            await self._written(work)
        except Changed:
            return
        await shelving.let_go(self._runtime, self._row.account_id, self._row.sha256)


async def end(  # noqa: PLR0913, PLR0917 - how it ended
    tx: Tx, row: ImportRow, state: ImportState, reason: str | None, detail: str | None, now: int
) -> ImportRow:
    """The caller has called `imports.lock`, and lets the file go afterwards."""
    ended = msgspec.structs.replace(
        row,
        state=state,
        state_reason=reason,
        detail=detail,
        found=without_examples(row.found),
        report=without_people(row.report),
        version=row.version + 1,
        updated_at=now,
        finished_at=now,
    )
    await imports.put(tx, ended)
    await media_leaving.expect(tx, row.account_id, row.sha256, now)
    return ended


def _add(counts: Counts, batch: Batch) -> None:
    counts.rows += len(batch.good) + len(batch.bad)
    counts.good += len(batch.good)
    counts.hidden += batch.hidden
    counts.formulas += batch.formulas
    for one in batch.bad:
        counts.bad[one.reason] = counts.bad.get(one.reason, 0) + 1


def _weight(batch: Batch) -> int:
    return len(batch.good) + 1


def _joined(first: Batch, then: Batch) -> Batch:
    return Batch(
        then.last,
        first.good + then.good,
        first.bad + then.bad,
        first.hidden + then.hidden,
        first.formulas + then.formulas,
        first.letters + then.letters,
    )


def _halves(batch: Batch) -> list[Batch]:
    """By their place in the file; what is counted of the whole goes with the second."""
    middle = batch.good[len(batch.good) // 2].n
    first = Batch(
        middle - 1,
        [one for one in batch.good if one.n < middle],
        [one for one in batch.bad if one.n < middle],
    )
    rest = [one for one in batch.good if one.n >= middle], [one for one in batch.bad if one.n >= middle]
    return [first, Batch(batch.last, *rest, batch.hidden, batch.formulas)]


def _now() -> float:
    return asyncio.get_running_loop().time()
