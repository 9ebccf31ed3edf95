"""Whoever is meant by an audience, page by page.

An audience is gone through source by source: its lists, its segments, its contacts, the
recipients of another campaign. Within each, people come
in the order of their contacts' ids, so a place in it stays one while people come and go.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from trunkline.audiences import members_of_campaign, segments
from trunkline.audiences.segments import Part
from trunkline.model.campaign import Audience
from trunkline.store import Store, Tx, contacts, lists
from trunkline.store import segments as segment_rows
from trunkline.store.contacts import Contact

_texts = msgspec.json.Decoder(dict[str, str])


class Member(msgspec.Struct, frozen=True):
    """Somebody in an audience, as they are known now."""

    contact_id: str
    address: str
    """By which they are reached: phone digits, or else a user id; empty when there is neither."""
    addresses: tuple[str, ...]
    """Every one that they have or had, with this."""
    name: str | None
    language: str | None
    time_zone: str | None
    attributes: dict[str, str]
    columns: dict[str, str]
    """What their row of a list's file said; empty for members of segments."""


async def page(  # noqa: PLR0913 - whose, which, from where and how many
    store: Store, account_id: str, audience: Audience, position: str, count: int, *, now: int
) -> tuple[list[Member], str | None]:
    """Up to `count` behind `position` ("" at the begin), and the position behind them, None at the end.

    There may be fewer, even nobody, with more behind. Whoever is in two lists comes twice.
    """
    sources = _sources(audience)
    place, _, after = position.partition(" ")
    at = int(place or 0)
    if at >= len(sources):
        return [], None
    of_source, name = sources[at]

    async def work(tx: Tx) -> tuple[list[Member], str | None]:
        found, last = await of_source(tx, Part(account_id, after, count, now), name)
        return await _without(tx, account_id, audience, found, now), last

    found, last = await store.read(work)
    if last is not None:
        return found, f"{at} {last}"
    return found, f"{at + 1} " if at + 1 < len(sources) else None


def _sources(audience: Audience) -> "list[tuple[_Source, str]]":
    found: list[tuple[_Source, str]] = [(of_list, each) for each in audience.lists]
    found += [(of_segment, each) for each in audience.segments]
    if audience.contacts:
        found.append((_of_contacts, " ".join(sorted(set(audience.contacts)))))
    if audience.campaign is not None:
        found.append((of_campaign, f"{audience.campaign} {audience.outcome or 'all'}"))
    return found


async def _without(
    tx: Tx, account_id: str, audience: Audience, found: list[Member], now: int
) -> list[Member]:
    """Less those whom the audience leaves out."""
    out: set[str] = set()
    own = [one.contact_id for one in found]
    for list_id in audience.without_lists:
        out |= await lists.who_is_on(tx, account_id, list_id, own)
    for segment_id in audience.without_segments if own else ():
        people = await contacts.get_many(tx, account_id, own)
        rule = await _rule_of(tx, account_id, segment_id)
        out |= {one.id for one in await segments.matching(tx, account_id, rule, people, now)}
    return [one for one in found if one.contact_id not in out] if out else found


async def of_list(tx: Tx, part: Part, list_id: str) -> tuple[list[Member], str | None]:
    """The next people on a list, and the last of them, None when nobody follows."""
    rows = await lists.members(tx, part.account_id, list_id, part.after, part.count)
    if not rows:
        return [], None
    last = rows[-1].contact.id
    addresses = await lists.members_addresses(tx, part.account_id, list_id, part.after, last)
    found = [member(row.contact, addresses.get(row.contact.id, ()), row.address, row.columns) for row in rows]
    return found, last if len(rows) == part.count else None


async def of_segment(tx: Tx, part: Part, segment_id: str) -> tuple[list[Member], str | None]:
    rule = await _rule_of(tx, part.account_id, segment_id)
    people, last, _ = await segments.page(tx, part, rule)
    return await _as_members(tx, part.account_id, people), last


async def _of_contacts(tx: Tx, part: Part, ids: str) -> tuple[list[Member], str | None]:
    following = [each for each in ids.split(" ") if each > part.after]
    asked = following[: part.count]
    people = await contacts.get_many(tx, part.account_id, asked)
    return await _as_members(tx, part.account_id, people), asked[-1] if len(following) > part.count else None


async def of_campaign(tx: Tx, part: Part, which: str) -> tuple[list[Member], str | None]:
    campaign_id, _, outcome = which.partition(" ")
    rows, last = await members_of_campaign.wanted(tx, part, campaign_id, outcome)
    own = await contacts.known(tx, part.account_id, [row.address for row in rows])
    addresses = await contacts.addresses_of(tx, part.account_id, [one.id for one in own.values()])
    found = [
        member(own[row.address], addresses[own[row.address].id], row.address, row.columns)
        for row in rows
        if row.address in own
    ]
    return found, last


async def _as_members(tx: Tx, account_id: str, people: Sequence[Contact]) -> list[Member]:
    addresses = await contacts.addresses_of(tx, account_id, [one.id for one in people])
    return [member(one, addresses[one.id]) for one in people]


async def _rule_of(tx: Tx, account_id: str, segment_id: str) -> Any:
    """Nobody is in a segment that was removed."""
    row = await segment_rows.get(tx, account_id, segment_id)
    return msgspec.json.decode(row.rule) if row is not None else {"any": []}


def member(contact: Contact, addresses: Sequence[str], address: str = "", columns: str = "{}") -> Member:
    """With the address of their row, as long as it is still theirs."""
    own = contact.phone or contact.user_id or ""
    return Member(
        contact_id=contact.id,
        address=address if address in addresses else own,
        addresses=tuple(addresses),
        name=contact.name,
        language=contact.language,
        time_zone=contact.time_zone,
        attributes=_texts.decode(contact.attributes) if contact.attributes != "{}" else {},
        columns=_texts.decode(columns) if columns != "{}" else {},
    )


_Source = Callable[[Tx, Part, str], Awaitable[tuple[list[Member], str | None]]]
