"""Rows of a batch as people: who is known already, and how they are written down."""

from collections.abc import Sequence

import msgspec

from trunkline.audiences import people
from trunkline.audiences.imports.frames import Good
from trunkline.audiences.imports.options import Consent, Options, Shown
from trunkline.audiences.people import Given
from trunkline.model import ids
from trunkline.store import Tx, consents, imports, lists
from trunkline.store.lists import OnList

GRANTED, WITHDRAWN = "granted", "withdrawn"


class Known(msgspec.Struct, frozen=True):
    """Which of these rows, by their number, are of people who are known, and who must not be written to."""

    rows: set[int]
    suppressed: set[int]


class Kept(msgspec.Struct, frozen=True):
    new: int
    consents: int


async def look_up(tx: Tx, account_id: str, rows: Sequence[Good]) -> Known:
    addresses = [address for one in rows for address in (one.phone, one.user_id) if address]
    known = await imports.known(tx, account_id, addresses)
    stopped = await imports.stopped(tx, account_id, addresses)
    return Known(
        {one.n for one in rows if one.phone in known or one.user_id in known},
        {one.n for one in rows if one.phone in stopped or one.user_id in stopped},
    )


async def keep(  # noqa: PLR0913, PLR0917 - who, where to, how and when
    tx: Tx, account_id: str, list_id: str | None, rows: Sequence[Good], options: Options, now: int
) -> Kept:
    """Contacts, their tags, their places on the list and what they agreed to, together."""
    if not rows:
        return Kept(0, 0)
    given = [_given(one, options) for one in rows]
    entered = await people.upsert(tx, account_id, given, now, keep=options.on_conflict == "keep")
    if list_id is not None:
        places = [
            OnList(who.contact_id, _address(one), one.columns) for who, one in zip(entered, rows, strict=True)
        ]
        await lists.add(tx, account_id, list_id, places, now)
    agreed = 0
    if options.consent is not None:
        agreed = await _record(tx, account_id, rows, options.consent, now)
    return Kept(sum(who.is_new for who in entered), agreed)


def shown(one: Good, options: Options, is_new: bool) -> Shown:
    return Shown(
        line=one.line,
        is_new=is_new,
        phone=one.phone,
        user_id=one.user_id,
        name=one.name,
        language=one.language,
        time_zone=one.time_zone,
        tags=_tags(one, options),
        consent=_word(one) if options.consent is not None else None,
        attributes=one.attributes,
    )


def _given(one: Good, options: Options) -> Given:
    return Given(
        phone=one.phone,
        user_id=one.user_id,
        name=one.name,
        language=one.language,
        time_zone=one.time_zone,
        attributes=one.attributes,
        tags=_tags(one, options),
    )


def _tags(one: Good, options: Options) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*options.tags, *one.tags))) if one.tags else options.tags


async def _record(tx: Tx, account_id: str, rows: Sequence[Good], consent: Consent, now: int) -> int:
    """An entry that the ledger has as its last word from this source is not written again."""
    told = {_address(one): word for one in rows if (word := _word(one)) is not None}
    known = await imports.said(tx, account_id, list(told), consent.purpose, consent.source)
    proof = None if consent.proof is None else msgspec.json.encode(consent.proof).decode()
    entries = [
        consents.Consent(
            id=ids.new_id(ids.CONSENT),
            address=address,
            purpose=consent.purpose,
            action=word,
            source=consent.source,
            proof=proof,
            at=consent.at or now,
            recorded_at=now,
        )
        for address, word in told.items()
        if known.get(address) != word
    ]
    await consents.append_many(tx, account_id, entries)
    return len(entries)


def _word(one: Good) -> str | None:
    """What the ledger is told of them; None where the row says nothing."""
    if one.agreed is None:
        return None
    return GRANTED if one.agreed else WITHDRAWN


def _address(one: Good) -> str:
    address = one.phone or one.user_id
    assert address is not None
    return address
