"""An import from its upload to its end, as its caller acts on it: made, changed, started, canceled."""

from collections.abc import Awaitable, Callable

import msgspec

from trunkline import shelving
from trunkline.audiences.imports import mapping, reader
from trunkline.audiences.imports.job import end
from trunkline.audiences.imports.options import ColumnUse, Found, Options
from trunkline.errors import Refusal
from trunkline.media_files import Draft
from trunkline.model import ids
from trunkline.runtime import Runtime
from trunkline.store import Tx, imports, lists, media_leaving
from trunkline.store.imports import ENDED, ImportRow, ImportState
from trunkline.store.lists import ListRow

NO_ADDRESS = "no_address"
"""`state_reason` of a draft: no column is known to have phone numbers or user ids."""

NEWS = "imports"

Check = Callable[[Options, Found], Awaitable[None]]
"""Whether what is stated fits what was found; `Refusal` where it does not."""


async def create(  # noqa: PLR0913, PLR0917 - whose, what, and how it is read
    runtime: Runtime, account_id: str, draft: Draft, file_name: str, options: Options, found: Found
) -> ImportRow:
    """The file is kept, and its dry run begins. `OSError` where the bytes are not taken."""
    now = runtime.clock.now()
    state, reason = _beginning(found, options)
    row = ImportRow(
        account_id=account_id,
        id=ids.new_id(ids.IMPORT),
        state=state,
        state_reason=reason,
        detail=None,
        file_name=file_name,
        sha256=draft.sha256,
        size=draft.size,
        options=msgspec.json.encode(options).decode(),
        found=msgspec.json.encode(found).decode(),
        report=None,
        list_id=options.list_id,
        position=0,
        counts="{}",
        version=0,
        created_at=now,
        updated_at=now,
    )
    due_at = now + shelving.ANNOUNCED_MS
    await runtime.store.write(lambda tx: media_leaving.expect(tx, account_id, row.sha256, due_at))
    await runtime.shelf.keep(draft, account_id)

    async def work(tx: Tx) -> None:
        await imports.insert(tx, row)
        await media_leaving.settle(tx, account_id, row.sha256)
        await tx.tell(f"{NEWS} {account_id}")

    await runtime.store.write(work)
    return row


async def change(runtime: Runtime, row: ImportRow, options: Options, check: Check) -> ImportRow:
    """Read in another way: its dry run begins anew. `TableError` where the file can not be read so."""
    _expect(row, ImportState.DRAFT, ImportState.CHECKING, ImportState.CHECKED)
    before = msgspec.json.decode(row.options, type=Options)
    found = msgspec.json.decode(row.found, type=Found)
    if (before.dialect(), before.sheet) != (options.dialect(), options.sheet):
        async with runtime.shelf.local(row.account_id, row.sha256) as path:
            found = await reader.look(path, options)
    await check(options, found)
    state, reason = _beginning(found, options)
    now = runtime.clock.now()

    async def work(tx: Tx) -> ImportRow:
        known = await _locked(tx, row)
        _expect(known, ImportState.DRAFT, ImportState.CHECKING, ImportState.CHECKED)
        changed = msgspec.structs.replace(
            known,
            state=state,
            state_reason=reason,
            options=msgspec.json.encode(options).decode(),
            found=msgspec.json.encode(found).decode(),
            report=None,
            list_id=options.list_id,
            position=0,
            counts="{}",
            version=known.version + 1,
            updated_at=now,
        )
        await imports.put(tx, changed)
        await tx.tell(f"{NEWS} {row.account_id}")
        return changed

    return await runtime.store.write(work)


async def start(runtime: Runtime, row: ImportRow) -> ImportRow:
    """Its people are taken over from now on. Its list is made, if it is to have one that is not there."""
    now = runtime.clock.now()

    async def work(tx: Tx) -> ImportRow:
        known = await _locked(tx, row)
        _expect(known, ImportState.CHECKED)
        options = msgspec.json.decode(known.options, type=Options)
        started = msgspec.structs.replace(
            known,
            state=ImportState.RUNNING,
            list_id=await _list_of(tx, row.account_id, options, now),
            position=0,
            counts="{}",
            version=known.version + 1,
            updated_at=now,
        )
        await imports.put(tx, started)
        await tx.tell(f"{NEWS} {row.account_id}")
        return started

    return await runtime.store.write(work)


async def cancel(runtime: Runtime, row: ImportRow) -> ImportRow:
    """What was taken over stays; nothing more is."""
    now = runtime.clock.now()

    async def work(tx: Tx) -> ImportRow:
        known = await _locked(tx, row)
        if known.state in ENDED:
            raise _wrong_state(known)
        canceled = await end(tx, known, ImportState.CANCELED, "caller", None, now)
        await tx.tell(f"{NEWS} {row.account_id}")
        return canceled

    canceled = await runtime.store.write(work)
    await shelving.let_go(runtime, row.account_id, row.sha256)
    return canceled


def _beginning(found: Found, options: Options) -> tuple[ImportState, str | None]:
    if mapping.has_address(uses(found, options)):
        return ImportState.CHECKING, None
    return ImportState.DRAFT, NO_ADDRESS


def uses(found: Found, options: Options) -> dict[str, ColumnUse]:
    return mapping.settled(found.columns, options.mapping)


async def _list_of(tx: Tx, account_id: str, options: Options, now: int) -> str | None:
    if options.list_id is not None:
        if await lists.get(tx, account_id, options.list_id) is None:
            raise Refusal("not_found", "The list was removed meanwhile.")
        return options.list_id
    if options.list_name is None:
        return None
    if (known := await lists.by_name(tx, account_id, options.list_name)) is not None:
        return known.id
    made = ListRow(account_id, ids.new_id(ids.LIST), options.list_name, now, now)
    await lists.insert(tx, made)
    return made.id


async def _locked(tx: Tx, row: ImportRow) -> ImportRow:
    known = await imports.lock(tx, row.account_id, row.id)
    if known is None:
        raise Refusal("not_found", "There is no import of that id in this account.")
    return known


def _expect(row: ImportRow, *states: ImportState) -> None:
    if row.state not in states:
        raise _wrong_state(row)


def _wrong_state(row: ImportRow) -> Refusal:
    return Refusal("wrong_state", f"The import is {row.state}, which does not allow this.")
