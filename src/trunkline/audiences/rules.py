"""RULES of segments: who of some people they hold for.

In comes the JSON of a rule in its normal form (`rule_form.py` checks it); out goes a tree that is asked with
a page of contacts. A rule that needs the store asks it once for the whole page, and only about those who are
still in question: within `all`, what a contact itself tells is looked at first.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from trunkline.audiences.attribute_tests import attribute_test
from trunkline.audiences.countries import country_of
from trunkline.store import Tx, lists, segments
from trunkline.store.contacts import Contact

DAY_MS = 24 * 3_600_000
_texts = msgspec.json.Decoder(dict[str, str])


class Group:
    """Some contacts of an account, by id, in whom rules are interested."""

    def __init__(self, account_id: str, contacts: Mapping[str, Contact], now: int) -> None:
        self.account_id = account_id
        self.contacts = contacts
        self.now = now
        self._attributes: dict[str, dict[str, str]] = {}

    def attribute(self, contact: Contact, name: str) -> str | None:
        """One that they have, or what is known of everybody by this name."""
        found = self._attributes.get(contact.id)
        if found is None:
            found = self._attributes[contact.id] = _texts.decode(contact.attributes)
        return found.get(name) or _BUILT_IN.get(name, _nothing)(contact)

    def since(self, days: int) -> int:
        return self.now - days * DAY_MS


class Rule(Protocol):
    asks: bool
    """Whether it needs the store."""

    async def holds(self, tx: Tx, group: Group, among: set[str]) -> set[str]:
        """Those of the contacts `among` for whom it holds."""


class _All:
    def __init__(self, parts: list[Rule]) -> None:
        self._parts = sorted(parts, key=lambda part: part.asks)
        self.asks = any(part.asks for part in parts)

    async def holds(self, tx: Tx, group: Group, among: set[str]) -> set[str]:
        for part in self._parts:
            if not among:
                break
            among = await part.holds(tx, group, among)
        return among


class _Any:
    def __init__(self, parts: list[Rule]) -> None:
        self._parts = sorted(parts, key=lambda part: part.asks)
        self.asks = any(part.asks for part in parts)

    async def holds(self, tx: Tx, group: Group, among: set[str]) -> set[str]:
        found: set[str] = set()
        for part in self._parts:
            left = among - found
            if left:
                found |= await part.holds(tx, group, left)
        return found


class _Not:
    def __init__(self, part: Rule) -> None:
        self._part = part
        self.asks = part.asks

    async def holds(self, tx: Tx, group: Group, among: set[str]) -> set[str]:
        return among - await self._part.holds(tx, group, among)


class _Told:
    """What a contact itself tells."""

    asks = False

    def __init__(self, test: Callable[[Group, Contact], bool]) -> None:
        self._test = test

    async def holds(self, tx: Tx, group: Group, among: set[str]) -> set[str]:
        return {each for each in among if self._test(group, group.contacts[each])}


class _Asked:
    """What only the store knows."""

    asks = True

    def __init__(self, ask: "Callable[[Tx, Group, set[str]], Any]") -> None:
        self._ask = ask

    async def holds(self, tx: Tx, group: Group, among: set[str]) -> set[str]:
        found: set[str] = await self._ask(tx, group, among)
        return found


def read_rule(rule: Mapping[str, Any]) -> Rule:
    """Of JSON that is known to be a rule."""
    for word, make in _KINDS.items():
        if word in rule:
            return make(rule)
    raise ValueError(f"not a rule: {dict(rule)}")


def narrowed(rule: Mapping[str, Any]) -> tuple[str, str] | None:
    """(`tag` or `list`, which) that all for whom it holds have: nobody else needs to be looked at."""
    for part in (rule, *rule.get("all", ())):
        for kind in ("tag", "list"):
            if kind in part:
                return kind, part[kind]
    return None


def _attribute(rule: Mapping[str, Any]) -> Rule:
    name, test = rule["attribute"], attribute_test(rule)
    return _Told(lambda group, contact: test(group.attribute(contact, name)))


def _language(rule: Mapping[str, Any]) -> Rule:
    wanted: str = rule["language"].replace("-", "_").lower()

    def test(group: Group, contact: Contact) -> bool:
        own = (contact.language or "").replace("-", "_").lower()
        return own == wanted or own.partition("_")[0] == wanted

    return _Told(test)


def _country(rule: Mapping[str, Any]) -> Rule:
    wanted: str = rule["country"]
    return _Told(lambda group, contact: country_of(contact.phone or contact.user_id or "") == wanted)


def _created(rule: Mapping[str, Any]) -> Rule:
    days: int = rule["created_within_days"]
    return _Told(lambda group, contact: contact.created_at >= group.since(days))


def _tag(rule: Mapping[str, Any]) -> Rule:
    return _Asked(lambda tx, group, among: segments.with_tag(tx, group.account_id, rule["tag"], among))


def _list(rule: Mapping[str, Any]) -> Rule:
    return _Asked(lambda tx, group, among: lists.who_is_on(tx, group.account_id, rule["list"], among))


def _window(rule: Mapping[str, Any]) -> Rule:
    is_open = rule["window"] == "open"

    async def ask(tx: Tx, group: Group, among: set[str]) -> set[str]:
        heard = await segments.heard(tx, group.account_id, among)
        found = {each for each, one in heard.items() if one.window_closes_at > group.now}
        return found if is_open else among - found

    return _Asked(ask)


def _wrote(rule: Mapping[str, Any]) -> Rule:
    async def ask(tx: Tx, group: Group, among: set[str]) -> set[str]:
        heard = await segments.heard(tx, group.account_id, among)
        since = group.since(rule["wrote_within_days"])
        return {each for each, one in heard.items() if one.last_inbound_at >= since}

    return _Asked(ask)


def _read(rule: Mapping[str, Any]) -> Rule:
    days = rule["read_within_days"]
    return _Asked(
        lambda tx, group, among: segments.read_since(tx, group.account_id, among, group.since(days))
    )


def _received(rule: Mapping[str, Any]) -> Rule:
    days = rule["received_within_days"]
    return _Asked(
        lambda tx, group, among: segments.received_since(tx, group.account_id, among, group.since(days))
    )


def _opted_in(rule: Mapping[str, Any]) -> Rule:
    return _Asked(lambda tx, group, among: segments.agreed(tx, group.account_id, among, rule["opted_in"]))


def _opted_out(rule: Mapping[str, Any]) -> Rule:
    return _Asked(lambda tx, group, among: segments.stopped(tx, group.account_id, among, rule["opted_out"]))


def _nothing(contact: Contact) -> str | None:
    return None


_BUILT_IN: Mapping[str, Callable[[Contact], str | None]] = {
    "name": lambda contact: contact.name,
    "phone": lambda contact: contact.phone,
    "language": lambda contact: contact.language,
}
_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Rule]] = {
    "all": lambda rule: _All([read_rule(part) for part in rule["all"]]),
    "any": lambda rule: _Any([read_rule(part) for part in rule["any"]]),
    "not": lambda rule: _Not(read_rule(rule["not"])),
    "tag": _tag,
    "attribute": _attribute,
    "list": _list,
    "language": _language,
    "country": _country,
    "window": _window,
    "wrote_within_days": _wrote,
    "read_within_days": _read,
    "received_within_days": _received,
    "created_within_days": _created,
    "opted_in": _opted_in,
    "opted_out": _opted_out,
}
