"""SEGMENTS: the people for whom a rule holds at the moment when it is asked, page by page.

Everybody of the account is looked at, or only those with the tag or on the list that the rule asks of all.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from trunkline.audiences.rules import Group, narrowed, read_rule
from trunkline.store import Store, Tx, lists, segments
from trunkline.store.contacts import Contact


class Part(msgspec.Struct, frozen=True):
    """Which part of whose people is looked at, and by which moment."""

    account_id: str
    after: str
    """The last one who was looked at; empty at the begin."""
    count: int
    now: int


class Counted(msgspec.Struct, frozen=True):
    count: int
    looked_at: int
    """How many people had to be looked at."""
    is_complete: bool
    """False when it took too long: there are at least so many."""
    first: tuple[Contact, ...]
    """A few of them."""


async def page(tx: Tx, part: Part, rule: Mapping[str, Any]) -> tuple[list[Contact], str | None, int]:
    """Those among the next who are looked at, the last of these (None at the end), and how many they were."""
    looked_at = await _looked_at(tx, part, rule)
    found = await matching(tx, part.account_id, rule, looked_at, part.now)
    last = looked_at[-1].id if len(looked_at) == part.count else None
    return found, last, len(looked_at)


async def matching(
    tx: Tx, account_id: str, rule: Mapping[str, Any], people: list[Contact], now: int
) -> list[Contact]:
    """Those of these people for whom it holds, in their order."""
    group = Group(account_id, {contact.id: contact for contact in people}, now)
    found = await read_rule(rule).holds(tx, group, set(group.contacts))
    return [contact for contact in people if contact.id in found]


async def _looked_at(tx: Tx, part: Part, rule: Mapping[str, Any]) -> list[Contact]:
    kind, which = narrowed(rule) or ("", "")
    if kind == "tag":
        return await segments.tagged(tx, part.account_id, which, part.after, part.count)
    if kind == "list":
        rows = await lists.members(tx, part.account_id, which, part.after, part.count)
        return [row.contact for row in rows]
    return await segments.everybody(tx, part.account_id, part.after, part.count)


async def count_all(
    store: Store, part: Part, rule: Mapping[str, Any], goes_on: Callable[[], bool], shown: int
) -> Counted:
    """All of them, as long as `goes_on`, in parts of this size; each is another moment."""
    counted = looked_at = 0
    first: list[Contact] = []
    while goes_on():
        found, last, looked = await store.read(partial(_page, part=part, rule=rule))
        counted += len(found)
        looked_at += looked
        first += found[: shown - len(first)]
        if last is None:
            return Counted(counted, looked_at, True, tuple(first))
        part = msgspec.structs.replace(part, after=last)
    return Counted(counted, looked_at, False, tuple(first))


async def _page(tx: Tx, *, part: Part, rule: Mapping[str, Any]) -> tuple[list[Contact], str | None, int]:
    return await page(tx, part, rule)
