"""Whether what a campaign names by ids is there: lists, segments, contacts, other campaigns.

In come the members of a form, out goes a problem for each id that leads nowhere, with its pointer.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from trunkline.errors import Problem, shorten
from trunkline.model import ids
from trunkline.store import Store, Tx, campaigns, contacts, lists, segments

_Find = Callable[[Tx, str, str], Awaitable[Any]]

_KINDS: dict[str, tuple[str, str, _Find]] = {
    "list": ("a list", ids.LIST, lists.get),
    "segment": ("a segment", ids.SEGMENT, segments.get),
    "campaign": ("a campaign", ids.CAMPAIGN, campaigns.get),
}
_PLACES = (
    ("audience/lists", "list"),
    ("audience/segments", "segment"),
    ("audience/without_lists", "list"),
    ("audience/without_segments", "segment"),
    ("without_campaigns", "campaign"),
)


async def unknown_references(store: Store, account_id: str, given: Mapping[str, Any]) -> list[Problem]:
    named = list(_named(given))
    people = [(at, text) for at, text in _listed(given, "audience/contacts") if type(text) is str]
    if not named and not people:
        return []

    async def work(tx: Tx) -> list[Problem]:
        problems = [
            _unknown(at, kind, text)
            for at, kind, text in named
            if not await _is_there(tx, account_id, kind, text)
        ]
        known = await contacts.addresses_of(tx, account_id, [text for _, text in people]) if people else {}
        problems += [_unknown_contact(at, text) for at, text in people if not known[text]]
        return problems[:100]

    return await store.read(work)


def _named(given: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Pointer, kind and id."""
    for place, kind in _PLACES:
        for at, text in _listed(given, place):
            if type(text) is str:
                yield at, kind, text
    audience = given.get("audience")
    if type(audience) is dict and type(audience.get("campaign")) is str:
        yield "/audience/campaign", "campaign", audience["campaign"]


def _listed(given: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    value: Any = given
    for name in place.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    for index, item in enumerate(value if type(value) is list else ()):
        yield f"/{place}/{index}", item


async def _is_there(tx: Tx, account_id: str, kind: str, text: str) -> bool:
    _, prefix, find = _KINDS[kind]
    return ids.is_id(text, prefix) and await find(tx, account_id, text) is not None


def _unknown(at: str, kind: str, text: str) -> Problem:
    what, prefix, _ = _KINDS[kind]
    detail = f"There is no such {kind} in this account."
    return Problem(at, f"unknown_{kind}", detail, shorten(text), f"the id of {what}, {prefix}_…")


def _unknown_contact(at: str, text: str) -> Problem:
    detail = "There is no contact of this id that can be reached."
    return Problem(at, "unknown_contact", detail, shorten(text), f"the id of a contact, {ids.CONTACT}_…")
