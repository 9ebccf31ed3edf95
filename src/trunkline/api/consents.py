"""The ledger of consents: what people agreed to and took back, as the account writes it down. Append-only.

The ledger says what was agreed; what is stopped is said by the suppressions.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.paging import Paging, as_page
from trunkline.api.views import Time
from trunkline.channels.whatsapp_cloud.content.addressing import RECIPIENT
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.shape import BROKEN, Anything, Choice, Findings, Object, Text
from trunkline.store import consents
from trunkline.store.consents import Consent
from trunkline.store.suppressions import SOURCES

_LONGEST_PROOF = 16_384
_DEFAULT_LIMIT = 50
_WORD = "[a-z0-9][a-z0-9_.-]{0,63}"


class Person(forms.Address):
    """A phone number or a user id that could be one: a slip must not look as if somebody was stopped."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and not self._digits.fullmatch(value):
            tried = Findings()
            RECIPIENT.check(value, at, tried)
            if not tried.problems:
                return value
            detail = "This is neither a phone number nor a user id."
            expected = f"{self._phone.says}, or {RECIPIENT.says}"
            findings.refuse(at, "format", detail, found=value, expected=expected)
            return BROKEN
        return super().check(value, at, findings)


def word(about: str) -> Text:
    return Text(pattern=_WORD, form="a word in small letters", about=about)


SOURCE = Text(
    pattern=f"(?!(?:{'|'.join(SOURCES)})$){_WORD}",
    form=f"a word in small letters other than {', '.join(SOURCES)}, which Trunkline writes itself",
    about="Where they said so, such as `checkout` or `phone_call`.",
)


FORM = Object(
    {
        "to": Person("Whose it is: a phone number or a user id."),
        "purpose": word("What for: `all`, `marketing`, or a word of your own."),
        "action": Choice("granted", "withdrawn", about="Whether they agreed, or took it back."),
        "source": SOURCE,
    },
    {
        "proof": Anything("What shows it: JSON of your own, up to 16 KiB."),
        "at": forms.Moment("When they said so; now by default."),
    },
)

QUERY = Object(
    {},
    {
        "address": Person("Only entries of this phone number or user id."),
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Entries on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.CONSENT),
    },
)


class ConsentView(msgspec.Struct, kw_only=True):
    """An entry of the ledger."""

    id: str
    address: Annotated[str, Meta(description="Digits, or a user id.")]
    purpose: str
    action: Annotated[str, Meta(description="granted or withdrawn.")]
    source: str
    proof: Annotated[Any, Meta(description="What shows it; null when nothing was given.")]
    at: Annotated[Time, Meta(description="When it was said.")]
    recorded_at: Annotated[Time, Meta(description="When it was written down here.")]


class ConsentPage(msgspec.Struct):
    """Entries of the ledger, newest first."""

    data: list[ConsentView]
    paging: Paging


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    start = given.get("after", ids.last_id(ids.CONSENT))
    rows = await api.runtime.store.read(
        lambda tx: consents.page(tx, account_id, given.get("address", ""), start, limit + 1)
    )
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = make_cursor(api.cursor_key, account_id, rows[-1].id) if more else None
    return as_page(request, ConsentPage([_show(row) for row in rows], Paging(next=cursor, previous=None)))


async def append(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_body(FORM, request)
    now = api.runtime.clock.now()
    made = entry(given["to"], given["purpose"], given["action"], given["source"], given.get("proof"), now)
    if len(made.proof or "") > _LONGEST_PROOF:
        detail = f"The proof has more than {_LONGEST_PROOF} characters."
        raise Refusal("invalid_request", problems=[Problem("/proof", "too_long", detail)])
    if given.get("at", now) > now:
        raise Refusal("invalid_request", problems=[Problem("/at", "in_the_future", "This is yet to come.")])
    made = msgspec.structs.replace(made, at=given.get("at", now))
    await api.runtime.store.write(lambda tx: consents.append_many(tx, caller.account_id, [made]))
    return as_json(_show(made), 201)


def entry(  # noqa: PLR0913, PLR0917 - what an entry says
    address: str, purpose: str, action: str, source: str, proof: Any, now: int
) -> Consent:
    """A new one, said and written down now."""
    return Consent(
        id=ids.new_id(ids.CONSENT),
        address=address,
        purpose=purpose,
        action=action,
        source=source,
        proof=None if proof is None else msgspec.json.encode(proof).decode(),
        at=now,
        recorded_at=now,
    )


def _show(row: Consent) -> ConsentView:
    return ConsentView(
        id=row.id,
        address=row.address,
        purpose=row.purpose,
        action=row.action,
        source=row.source,
        proof=msgspec.Raw(row.proof.encode()) if row.proof else None,
        at=to_rfc3339(row.at),
        recorded_at=to_rfc3339(row.recorded_at),
    )
