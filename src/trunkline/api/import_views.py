"""What callers are shown of imports."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from trunkline.api.paging import NextPage, Paging
from trunkline.api.views import MaybeTime, Time
from trunkline.audiences.imports.keeping import uses
from trunkline.audiences.imports.options import Counts, Found, Options, Report, Shown
from trunkline.clock import to_rfc3339
from trunkline.store.imports import Fault, ImportRow, ImportState


class ImportColumn(msgspec.Struct, kw_only=True):
    """A column of the file."""

    name: str
    field: Annotated[
        str,
        Meta(
            description="phone, user_id, name, first_name, language, time_zone, tags, consent, attribute (of "
            "the contact), column (kept with the row in the list alone) or ignore."
        ),
    ]
    attribute: str | None
    is_guessed: bool
    reason: Annotated[str | None, Meta(description="Why it was guessed so.")]
    examples: list[str]


class ImportTable(msgspec.Struct, kw_only=True):
    """How the file is read."""

    kind: Annotated[str, Meta(description="csv or xlsx.")]
    encoding: str | None
    delimiter: str | None
    quote: str | None
    has_header: bool | None
    sheet: str | None
    sheets: list[str]
    notes: Annotated[list[str], Meta(description="What was changed or left out without being an error.")]


class ImportCounts(msgspec.Struct, kw_only=True):
    """Rows by what becomes of them."""

    rows: Annotated[int, Meta(description="Read so far.")]
    good: int
    new: Annotated[int, Meta(description="Of the good ones: people who were not known.")]
    known: int
    suppressed: Annotated[
        int, Meta(description="Of the good ones: who must not be written to. Dry run only.")
    ]
    consents: Annotated[int, Meta(description="Entries that were written into the ledger.")]
    bad: int
    reasons: Annotated[dict[str, int], Meta(description="Reason → bad rows.")]
    hidden: Annotated[int, Meta(description="Good rows that the spreadsheet hides; they are read as well.")]
    formulas: Annotated[int, Meta(description="Cells whose text is what a formula came to.")]


class ImportPerson(msgspec.Struct, kw_only=True):
    """One of the first rows, as they will be."""

    line: int
    is_new: bool
    phone: str | None
    user_id: str | None
    name: str | None
    language: str | None
    time_zone: str | None
    tags: list[str]
    consent: str | None
    attributes: dict[str, str]


class ImportReport(msgspec.Struct, kw_only=True):
    """What the dry run found. Nobody was changed by it."""

    counts: ImportCounts
    first: list[ImportPerson]


class ImportOptions(msgspec.Struct, kw_only=True):
    """What becomes of its people."""

    country: str | None
    tags: list[str]
    consent: Any
    on_conflict: str
    list: Annotated[dict[str, str] | None, Meta(description="The list's id, or the name it will have.")]


class ImportView(msgspec.Struct, kw_only=True):
    """An import of a table of people."""

    id: str
    state: Annotated[
        str, Meta(description="draft, checking, checked, running, finished, failed or canceled.")
    ]
    state_reason: str | None
    detail: Annotated[str | None, Meta(description="For people: what the reason means here.")]
    file_name: str
    size: Annotated[int, Meta(description="Bytes.")]
    sha256: str
    list_id: Annotated[str | None, Meta(description="Once it is known.")]
    progress: Annotated[
        float | None, Meta(description="0 to 1 while it runs; null while nobody knows how long it is.")
    ]
    counts: Annotated[ImportCounts, Meta(description="How far it is.")]
    created_at: Time
    updated_at: Time
    finished_at: MaybeTime
    table: ImportTable | UnsetType = UNSET
    columns: list[ImportColumn] | UnsetType = UNSET
    options: ImportOptions | UnsetType = UNSET
    report: Annotated[
        ImportReport | UnsetType | None, Meta(description="Of the dry run, when it is over.")
    ] = UNSET


class ImportPage(msgspec.Struct):
    """Imports, newest first, without what is in their files."""

    data: list[ImportView]
    paging: Paging


class FaultView(msgspec.Struct, kw_only=True):
    """A row that can not be used."""

    row: Annotated[int, Meta(description="Which one, counted from 1 behind the header.")]
    line: Annotated[int, Meta(description="Of the file as an editor counts, of the sheet as it shows it.")]
    column: Annotated[str | None, Meta(description="Null when no one cell is to blame.")]
    reason: str
    detail: str
    found: Annotated[str | None, Meta(description="What stood there, shortened.")]


class FaultPage(msgspec.Struct):
    """Bad rows, in the order of the file."""

    data: list[FaultView]
    paging: NextPage


def show(row: ImportRow) -> ImportView:
    """All of it."""
    options = msgspec.json.decode(row.options, type=Options)
    found = msgspec.json.decode(row.found, type=Found)
    view = show_briefly(row)
    view.table = _table(found)
    view.columns = _columns(found, options)
    view.options = _options(row, options)
    view.report = None if row.report is None else _report(msgspec.json.decode(row.report, type=Report))
    return view


def show_briefly(row: ImportRow) -> ImportView:
    counts = msgspec.json.decode(row.counts, type=Counts)
    return ImportView(
        id=row.id,
        state=row.state,
        state_reason=row.state_reason,
        detail=row.detail,
        file_name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        list_id=row.list_id,
        progress=_progress(row, counts),
        counts=_counts(counts),
        created_at=to_rfc3339(row.created_at),
        updated_at=to_rfc3339(row.updated_at),
        finished_at=None if row.finished_at is None else to_rfc3339(row.finished_at),
    )


def show_fault(fault: Fault) -> FaultView:
    return FaultView(
        row=fault.n,
        line=fault.line,
        column=fault.column,
        reason=fault.reason,
        detail=fault.detail,
        found=fault.found,
    )


def _progress(row: ImportRow, counts: Counts) -> float | None:
    if row.state is ImportState.FINISHED:
        return 1.0
    if row.state is not ImportState.RUNNING or row.report is None:
        return None
    rows = msgspec.json.decode(row.report, type=Report).counts.rows
    return round(counts.rows / rows, 4) if rows else 0.0


def _counts(counts: Counts) -> ImportCounts:
    return ImportCounts(
        rows=counts.rows,
        good=counts.good,
        new=counts.new,
        known=counts.known,
        suppressed=counts.suppressed,
        consents=counts.consents,
        bad=sum(counts.bad.values()),
        reasons=counts.bad,
        hidden=counts.hidden,
        formulas=counts.formulas,
    )


def _table(found: Found) -> ImportTable:
    dialect = found.dialect
    return ImportTable(
        kind=found.kind,
        encoding=dialect.encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        has_header=dialect.has_header,
        sheet=found.sheet,
        sheets=list(found.sheets),
        notes=list(found.notes),
    )


def _columns(found: Found, options: Options) -> list[ImportColumn]:
    settled = uses(found, options)
    return [
        ImportColumn(
            name=column.name,
            field=settled[column.name].field,
            attribute=settled[column.name].attribute,
            is_guessed=column.name not in options.mapping,
            reason=None if column.name in options.mapping else column.reason,
            examples=list(column.examples),
        )
        for column in found.columns
    ]


def _options(row: ImportRow, options: Options) -> ImportOptions:
    chosen = {"id": row.list_id or options.list_id, "name": options.list_name}
    consent = msgspec.to_builtins(options.consent)
    if consent is not None and "at" in consent:
        consent["at"] = to_rfc3339(consent["at"])
    return ImportOptions(
        country=options.country,
        list={name: text for name, text in chosen.items() if text} or None,
        tags=list(options.tags),
        consent=consent,
        on_conflict=options.on_conflict,
    )


def _report(report: Report) -> ImportReport:
    return ImportReport(counts=_counts(report.counts), first=[_person(one) for one in report.first])


def _person(one: Shown) -> ImportPerson:
    return ImportPerson(
        line=one.line,
        is_new=one.is_new,
        phone=one.phone,
        user_id=one.user_id,
        name=one.name,
        language=one.language,
        time_zone=one.time_zone,
        tags=list(one.tags),
        consent=one.consent,
        attributes=one.attributes,
    )
