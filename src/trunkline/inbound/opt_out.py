"""OPT-OUT: what people say of whether they want to be written to, applied as their messages are recorded.

In comes what was just recorded, in the order in which it came: words that may be an order, and choices that
people made at the provider. Out go suppressions of all their addresses, entries of the ledger, events and one
confirmation, all in the caller's transaction. What is older than a word to the contrary is only written down.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.config.table import OptOut
from trunkline.model import ids
from trunkline.model.events import NewEvent, OptData, of_opt
from trunkline.model.message import Priority, State
from trunkline.model.opt_out import ALL, MARKETING, Heard, Order, Vocabulary, reply_to
from trunkline.store import Tx, consents, messages, suppressions
from trunkline.store.consents import Consent
from trunkline.store.messages import NewMessage
from trunkline.store.suppressions import IMPORT, MESSAGE, PREFERENCE, Suppression

DAY_MS = 86_400_000

_encode = msgspec.json.Encoder().encode


class Rules(msgspec.Struct, frozen=True):
    """The settings, made ready."""

    settings: OptOut
    vocabulary: Vocabulary

    @classmethod
    def of(cls, settings: OptOut) -> "Rules":
        more = [
            text.split(",") for text in (settings.stop_words, settings.start_words, settings.ignored_words)
        ]
        return cls(settings, Vocabulary(*more))

    def order(self, words: str | None) -> Heard | None:
        """The order that these words are to us, if they are one."""
        return self.vocabulary.read(words) if self.settings.enabled else None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Words of a person that were just recorded, written to this number alone and not in a group."""

    account_id: str
    number_id: str
    contact_id: str
    address: str
    """Where they wrote from, and where an answer goes: digits or a user id."""
    phone: str | None = None
    """Digits, where they are known."""
    message_id: str
    """Ours."""
    provider_id: str
    words: str | None
    at: int


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person chose at the provider."""

    account_id: str
    number_id: str
    contact_id: str | None
    addresses: Sequence[str]
    category: str
    wants: bool
    at: int
    detail: str | None = None


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """What either of them comes to."""

    account_id: str
    number_id: str
    contact_id: str | None
    address: str
    addresses: Sequence[str]
    wants: bool
    scope: str
    source: str
    at: int
    proof: dict[str, Any]


async def hear(tx: Tx, said: Sequence[Said], rules: Rules, now: int) -> int:
    """Act on those that are orders. How many changed something."""
    obeyed = 0
    for one in said:
        heard = rules.order(one.words)
        if heard is not None:
            obeyed += await _obey(tx, one, heard, rules, now)
    return obeyed


async def follow(tx: Tx, wishes: Sequence[Wish], now: int) -> None:
    """Those about marketing are ours as well; nobody knows yet what others would be about."""
    for wish in wishes:
        if not wish.category.startswith(MARKETING) or not wish.addresses:
            continue
        change = _Change(
            account_id=wish.account_id,
            number_id=wish.number_id,
            contact_id=wish.contact_id,
            address=wish.addresses[0],
            addresses=await suppressions.known_as(tx, wish.account_id, wish.addresses),
            wants=wish.wants,
            scope=MARKETING,
            source=PREFERENCE,
            at=wish.at,
            proof={"category": wish.category, "detail": wish.detail},
        )
        await _apply(tx, change, now)


async def _obey(tx: Tx, said: Said, heard: Heard, rules: Rules, now: int) -> bool:
    named = [said.address, said.phone] if said.phone else [said.address]
    change = _Change(
        account_id=said.account_id,
        number_id=said.number_id,
        contact_id=said.contact_id,
        address=said.address,
        addresses=await suppressions.known_as(tx, said.account_id, named),
        wants=heard.order is Order.START,
        scope=heard.order.scope,
        source=MESSAGE,
        at=said.at,
        proof={"message_id": said.message_id, "provider_id": said.provider_id, "words": said.words},
    )
    is_news = await _apply(tx, change, now)
    if is_news:
        await _confirm(tx, change, heard, said.phone, rules, now)
    return is_news


async def _apply(tx: Tx, change: _Change, now: int) -> bool:
    """Whether anything is different now. Words that ask for what is already so are only written down."""
    if (
        change.wants
        and change.source == MESSAGE
        and not await suppressions.of_addresses(tx, change.account_id, change.addresses)
    ):
        return False  # a word such as START means many things to somebody who never opted out
    opposite = "withdrawn" if change.wants else "granted"
    is_late = await consents.said_since(
        tx, change.account_id, change.addresses, change.source, opposite, change.at
    )
    changed: list[str] = []
    if not is_late:
        changed = await (_lift if change.wants else _suppress)(tx, change)
    await _write_down(tx, change, now)
    if not change.wants:
        await suppressions.end_waiting(tx, change.account_id, changed, now)
    if changed:
        tx.emit(_event(change, sorted(set(changed))))
    return bool(changed)


async def _suppress(tx: Tx, change: _Change) -> list[str]:
    await suppressions.lock(tx, change.account_id)
    rows = [Suppression(a, change.scope, change.source, None, change.at) for a in change.addresses]
    return [address for address, _ in await suppressions.add_many(tx, change.account_id, rows)]


async def _lift(tx: Tx, change: _Change) -> list[str]:
    """What an operator set stays. A choice at the provider is taken back there: it would refuse anyway."""
    by_words = change.source == MESSAGE
    scopes = (ALL, MARKETING) if by_words else (MARKETING,)
    sources = (MESSAGE, IMPORT) if by_words else (MESSAGE, IMPORT, PREFERENCE)
    lifted = await suppressions.lift(tx, change.account_id, change.addresses, scopes, sources)
    return [row.address for row in lifted]


async def _write_down(tx: Tx, change: _Change, now: int) -> None:
    """One entry for each address: the ledger is asked by any of them."""
    proof = _encode({name: value for name, value in change.proof.items() if value is not None}).decode()
    entries = [
        Consent(
            id=ids.new_id(ids.CONSENT),
            address=address,
            purpose=change.scope,
            action="granted" if change.wants else "withdrawn",
            source=change.source,
            proof=proof,
            at=change.at,
            recorded_at=now,
        )
        for address in change.addresses
    ]
    await consents.append_many(tx, change.account_id, entries)


def _event(change: _Change, changed: Sequence[str]) -> NewEvent:
    data = OptData(
        contact_id=change.contact_id,
        number_id=change.number_id,
        addresses=changed,
        scope=change.scope,
        source=change.source,
        proof=change.proof,
        at=change.at,
    )
    return of_opt(change.account_id, data, change.address, wants=change.wants)


async def _confirm(  # noqa: PLR0913, PLR0917 - what is answered, to whom, under which rules
    tx: Tx, change: _Change, heard: Heard, phone: str | None, rules: Rules, now: int
) -> None:
    """One a day at most: the other side may be a machine that answers, too."""
    if not rules.settings.confirm:
        return
    if await suppressions.was_confirmed(tx, change.account_id, change.addresses, now - DAY_MS):
        return
    text = reply_to(heard, phone, rules.settings.language)
    reply = _reply(change, text, phone, now)
    await messages.insert_many(tx, [reply])
    await tx.tell(f"queued {change.number_id} {reply.id}")


def _reply(change: _Change, text: str, phone: str | None, now: int) -> NewMessage:
    return NewMessage(
        account_id=change.account_id,
        id=ids.new_id(ids.MESSAGE),
        number_id=change.number_id,
        type="text",
        recipient=change.address,
        recipient_kind="phone" if change.address == phone else "user_id",
        content=_encode({"text": {"body": text}}).decode(),
        context_id=None,
        callback_data=None,
        state=State.QUEUED,
        created_at=now,
        send_at=None,
        due_at=now,
        expires_at=now + DAY_MS,
        priority=Priority.HIGH,
        purpose="confirmation",
    )
