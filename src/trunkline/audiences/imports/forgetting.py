"""What an import shows of people beside their contacts: gone when it ends, and when somebody is erased."""

import re

import msgspec

from trunkline.audiences.imports.options import Found, Report
from trunkline.store import Tx, imports
from trunkline.store.imports import ENDED

_NO_DIGITS = re.compile("[^0-9]")
_TELLING = 7
"""Digits at the end of a number, however its beginning is written, that may name somebody."""


async def forget(tx: Tx, account_id: str, address: str) -> None:
    """Whoever has this address is not shown by imports that wait. Their files stay as they are."""
    for import_id in await imports.waiting(tx, account_id):
        row = await imports.lock(tx, account_id, import_id)
        if row is None or row.state in ENDED:
            continue
        report = row.report and _without(row.report, address)
        if report != row.report or _may_show(row.found, address):
            found = without_examples(row.found)
            await imports.put(tx, msgspec.structs.replace(row, found=found, report=report))


def without_people(report: str | None) -> str | None:
    """Its counts stay."""
    if report is None:
        return None
    return msgspec.json.encode(Report(counts=msgspec.json.decode(report, type=Report).counts)).decode()


def without_examples(found: str) -> str:
    """The cells that were shown are somebody's."""
    known = msgspec.json.decode(found, type=Found)
    columns = tuple(msgspec.structs.replace(column, examples=()) for column in known.columns)
    return msgspec.json.encode(msgspec.structs.replace(known, columns=columns)).decode()


def _without(report: str, address: str) -> str:
    known = msgspec.json.decode(report, type=Report)
    first = [one for one in known.first if address not in {one.phone, one.user_id}]
    if len(first) == len(known.first):
        return report
    return msgspec.json.encode(msgspec.structs.replace(known, first=first)).decode()


def _may_show(found: str, address: str) -> bool:
    known = msgspec.json.decode(found, type=Found)
    cells = [cell.strip() for column in known.columns for cell in column.examples]
    end = address[-_TELLING:]
    return any(cell == address or _NO_DIGITS.sub("", cell)[-_TELLING:] == end for cell in cells)
