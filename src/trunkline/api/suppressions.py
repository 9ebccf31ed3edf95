"""Suppressions: the list of those who must not be written to, kept by hand beside what people say themselves.

Whatever is added or lifted counts for every address of the person, and is written into the ledger. What
people said themselves is lifted only with a proof that they changed their mind.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.consents import Person, entry
from trunkline.api.context import Api
from trunkline.api.cursors import Owner, PlaceCursor, make_place
from trunkline.api.http import Request, Response, as_json, bad_query
from trunkline.api.paging import Paging, as_page
from trunkline.api.views import Time
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem, Refusal
from trunkline.model.opt_out import ALL, MARKETING
from trunkline.shape import Anything, Array, Choice, Findings, Object, Schema, Text
from trunkline.store import Tx, consents, suppressions
from trunkline.store.suppressions import IMPORT, OPERATOR, SOURCES, Suppression

MOST_AT_ONCE = 10_000
_STEP = 500
"""Addresses of an import that are written together: intents wait for them meanwhile."""

_DEFAULT_LIMIT = 50

_SCOPE = Choice(ALL, MARKETING, about="`all` stops everything, `marketing` only that; `all` by default.")
_REASON = Text(at_most=500, about="Why; it is kept as proof.")
_ADDRESS = Person("Whom: a phone number or a user id.")

FORM = Object({"to": _ADDRESS}, {"scope": _SCOPE, "reason": _REASON})


class Entry(Anything):
    """An address of an import, looked at one by one: a bad one does not stop the others."""

    def schema(self) -> Schema:
        return {"type": "string"}


IMPORT_FORM = Object(
    {"addresses": Array(Entry(), at_least=1, at_most=MOST_AT_ONCE, about="Phone numbers and user ids.")},
    {"scope": _SCOPE, "reason": _REASON},
)

QUERY = Object(
    {},
    {
        "limit": forms.Count(
            at_least=1, at_most=1000, about=f"Entries on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": PlaceCursor("`paging.next` of another page: what follows it.", at_most=600),
    },
)

LIFT_QUERY = Object(
    {},
    {
        "scope": Choice(ALL, MARKETING, about="Only this one; without it, whatever stands."),
        "proof": Text(
            at_most=1000, about="What shows that they agreed again. Required for what they said themselves."
        ),
    },
)


class SuppressionView(msgspec.Struct, kw_only=True):
    """Somebody who must not be written to."""

    address: Annotated[str, Meta(description="Digits, or a user id.")]
    scope: Annotated[str, Meta(description="all or marketing.")]
    source: Annotated[
        str,
        Meta(description="message (they wrote STOP), preference (set at the provider), operator or import."),
    ]
    reason: str | None
    created_at: Time


class SuppressionPage(msgspec.Struct):
    """Suppressions, in the order of their addresses."""

    data: list[SuppressionView]
    paging: Paging


class SuppressionList(msgspec.Struct):
    """What stands against writing to somebody, or what was lifted."""

    data: list[SuppressionView]


class RefusedAddress(msgspec.Struct, kw_only=True):
    """One that was not taken. The pointer says where it stood."""

    problems: list[Problem]


class ImportResult(msgspec.Struct, kw_only=True):
    """What became of an import. What was wrong is named, all else is kept."""

    added: Annotated[int, Meta(description="Addresses that were not on the list.")]
    known: Annotated[int, Meta(description="Addresses that were.")]
    refused: list[RefusedAddress]


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    address, _, scope = given.get("after", "").partition(" ")
    start = (address, scope)
    rows = await api.runtime.store.read(lambda tx: suppressions.page(tx, account_id, start, limit + 1))
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = make_place(api.cursor_key, account_id, f"{rows[-1].address} {rows[-1].scope}") if more else None
    page = SuppressionPage([_show(row) for row in rows], Paging(next=cursor, previous=None))
    return as_page(request, page)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    address = _address_of(request)
    rows = await api.runtime.store.read(
        lambda tx: suppressions.of_addresses(tx, caller.account_id, [address])
    )
    return as_json(SuppressionList([_show(row) for row in rows or _nobody()]))


async def add(api: Api, request: Request, caller: Caller) -> Response:
    """201 when it is new; 200 when it was on the list."""
    given = forms.read_body(FORM, request)
    address, scope, reason = given["to"], given.get("scope", ALL), given.get("reason")
    account_id, now = caller.account_id, api.runtime.clock.now()

    async def work(tx: Tx) -> tuple[bool, list[Suppression]]:
        added = await _add(tx, account_id, [address], Suppression("", scope, OPERATOR, reason, now))
        return bool(added), await suppressions.of_addresses(tx, account_id, [address])

    is_new, rows = await api.runtime.store.write(work)
    return as_json(SuppressionList([_show(row) for row in rows]), 201 if is_new else 200)


async def add_many(api: Api, request: Request, caller: Caller) -> Response:
    """In steps, each kept before the next: after a fault it can be sent again as a whole."""
    given = forms.read_body(IMPORT_FORM, request)
    good, refused = _sorted_out(given["addresses"])
    account_id, scope, now = caller.account_id, given.get("scope", ALL), api.runtime.clock.now()
    model = Suppression("", scope, IMPORT, given.get("reason"), now)
    added = 0
    for at in range(0, len(good), _STEP):
        step = good[at : at + _STEP]

        async def work(tx: Tx, step: Sequence[str] = step) -> set[str]:
            return await _add(tx, account_id, step, model)

        added += len((await api.runtime.store.write(work)) & set(step))
    return as_json(ImportResult(added=added, known=len(good) - added, refused=refused))


async def lift(api: Api, request: Request, caller: Caller) -> Response:
    """What is lifted counts for every address of the person."""
    given = forms.read_query(LIFT_QUERY, request)
    address, proof = _address_of(request), given.get("proof")
    scopes = [given["scope"]] if "scope" in given else [ALL, MARKETING]
    account_id, now = caller.account_id, api.runtime.clock.now()

    async def work(tx: Tx) -> list[Suppression]:
        everywhere = await suppressions.known_as(tx, account_id, [address])
        standing = await suppressions.of_addresses(tx, account_id, everywhere)
        standing = [row for row in standing if row.scope in scopes] or _nobody()
        if proof is None and await _is_their_will(tx, account_id, standing):
            raise _no_proof()
        lifted = await suppressions.lift(tx, account_id, everywhere, scopes, SOURCES)
        if proof is not None:
            said = [
                entry(row.address, row.scope, "granted", OPERATOR, {"proof": proof}, now) for row in lifted
            ]
            await consents.append_many(tx, account_id, said)
        return lifted

    return as_json(SuppressionList([_show(row) for row in await api.runtime.store.write(work)]))


async def _is_their_will(tx: Tx, account_id: str, standing: Sequence[Suppression]) -> bool:
    """An entry of an operator takes the place of theirs: the ledger knows whether there was one."""
    for row in standing:
        if row.source != OPERATOR or await consents.has_refused(tx, account_id, row.address, row.scope):
            return True
    return False


async def _add(tx: Tx, account_id: str, addresses: Sequence[str], model: Suppression) -> set[str]:
    """The addresses that were not on the list. The ledger has an entry for each that was given."""
    everywhere = await suppressions.known_as(tx, account_id, addresses)
    await suppressions.lock(tx, account_id)
    rows = [msgspec.structs.replace(model, address=address) for address in everywhere]
    new = await suppressions.add_many(tx, account_id, rows)
    await suppressions.end_waiting(tx, account_id, [address for address, _ in new], model.created_at)
    proof = {"reason": model.reason} if model.reason else None
    said = [entry(a, model.scope, "withdrawn", model.source, proof, model.created_at) for a in addresses]
    await consents.append_many(tx, account_id, said)
    return {address for address, _ in new}


def _sorted_out(addresses: Sequence[Any]) -> tuple[list[str], list[RefusedAddress]]:
    """Those that are addresses, each once, and what is wrong with the others."""
    good: dict[str, None] = {}
    refused: list[RefusedAddress] = []
    for index, text in enumerate(addresses):
        findings = Findings()
        address = _ADDRESS.check(text, f"/addresses/{index}", findings)
        if findings.problems:
            refused.append(RefusedAddress(problems=findings.problems))
        else:
            good[address] = None
    return list(good), refused


def _address_of(request: Request) -> str:
    findings = Findings()
    address: Any = _ADDRESS.check(request.params["address"], "", findings)
    if findings.problems:
        _nobody()
    return str(address)


def _show(row: Suppression) -> SuppressionView:
    return SuppressionView(
        address=row.address,
        scope=row.scope,
        source=row.source,
        reason=row.reason,
        created_at=to_rfc3339(row.created_at),
    )


def _nobody() -> list[Suppression]:
    raise Refusal("not_found", "Nothing stands against writing to this address.")


def _no_proof() -> Refusal:
    detail = "They said so themselves; it is lifted only with a proof that they agreed again."
    return bad_query("proof", "required", detail, "what shows that they agreed again")
