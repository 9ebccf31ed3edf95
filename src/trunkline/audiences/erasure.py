"""ERASURE of one person: nothing of them is kept but that there was somebody, and that they said no.

It goes in steps. `begin` is one transaction: the contact is gone with its addresses, tags and lists, nothing
waits to be sent to it, and no campaign reaches it any more. Then, a few hundred rows at a time, whatever was
said to and by them is made to say nothing (`go_on`). What is on its way just then follows when it has come to
an end: `erasures` remembers it, and the chore of this name looks every minute. It does so for some minutes in
any case: the check of a campaign may have read who they are a moment before, and write it down after.

Suppressions stay as they are (docs/decisions/0021): without them the next import would write to whoever asked
not to be written to.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from trunkline.audiences.imports import forgetting
from trunkline.clock import Clock
from trunkline.model.campaign_events import ErasedData, of_erasure
from trunkline.runtime import Runtime
from trunkline.store import (
    Tx,
    contacts,
    conversations,
    erasure,
    lists,
    media,
    media_leaving,
    messages,
    short_links,
    suppressions,
    tags,
)
from trunkline.store.erasure import Erasure, Said

NAME = "erasure"
EVERY_SECONDS = 60.0
SETTLES_MS = 10 * 60_000

_BLANK: dict[str, Any] = {
    "to": "",
    "callback_data": None,
    "provider_id": None,
    "detail": None,
    "phone": None,
    "user_id": None,
    "parent_user_id": None,
    "name": None,
    "username": None,
    "sender": {},
    "addresses": [],
    "moved_from": [],
    "content": {},
    "context": None,
    "referral": None,
    "extras": {},
    "proof": {},
    "value": {},
    "url": "",
}
"""Members of the data of events that say who somebody is or what they said, and what they say then."""


async def begin(tx: Tx, account_id: str, contact_id: str, clock: Clock) -> bool:
    """Whether there was such a contact. Afterwards `finish`."""
    await contacts.take_turn(tx, account_id)
    await suppressions.lock(tx, account_id)  # what is begun to be sent is then seen, and nothing more begins
    now = clock.now()  # not earlier: what was accepted while this waited for its turn is theirs as well
    if await contacts.get(tx, account_id, contact_id) is None:
        return False
    addresses = await _addresses(tx, account_id, contact_id)
    asked = [Erasure(account_id, contact_id, address, now) for address in addresses or [""]]
    await erasure.ask(tx, asked)
    await erasure.forget_person(tx, account_id, contact_id, addresses)  # or a campaign could make one more
    for each in asked if addresses else ():
        while waiting := await erasure.waiting(tx, each):
            await messages.cancel_many(tx, account_id, waiting, now)
    await tags.remove_all(tx, account_id, [contact_id])
    await lists.take_off_all(tx, account_id, [contact_id])
    await contacts.remove_many(tx, account_id, [contact_id])
    tx.emit(of_erasure(account_id, ErasedData(id=contact_id, at=now)))
    return True


async def _addresses(tx: Tx, account_id: str, contact_id: str) -> list[str]:
    """Theirs, and by which else they are called, unless that is somebody else's."""
    own = (await contacts.addresses_of(tx, account_id, [contact_id]))[contact_id]
    called = await suppressions.known_as(tx, account_id, own)
    owners = await contacts.known(tx, account_id, called)
    return sorted(each for each in called if each not in owners or owners[each].id == contact_id)


async def finish(runtime: Runtime, account_id: str, contact_id: str) -> bool:
    """As far as it goes now: False when something is on its way and has to come to its end first."""
    asked = await runtime.store.read(lambda tx: erasure.of_contact(tx, account_id, contact_id))
    for each in asked:
        while await _step(runtime, each):
            pass

    async def has_more(tx: Tx) -> bool:
        return any([await _has_messages(tx, each) for each in asked])

    return not await runtime.store.read(has_more)


async def step(runtime: Runtime) -> int:
    """The chore: some more of whoever is still to be forgotten."""
    done = 0
    for account_id in list(runtime.directory.accounts):
        after = Erasure(account_id, "", "", 0)
        while page := await runtime.store.read(partial(erasure.asked, after=after)):
            for each in page:
                done += await _step(runtime, each)
            after = page[-1]
    return done


async def _step(runtime: Runtime, each: Erasure) -> int:
    now = runtime.clock.now()
    return await runtime.store.write(lambda tx: go_on(tx, each, now))


async def go_on(tx: Tx, each: Erasure, now: int) -> int:
    """How many rows were made to say nothing; 0 when there is nothing more to do just now."""
    await erasure.forget_recipients(tx, each.account_id, each.contact_id)
    await forgetting.forget(tx, each.account_id, each.address)
    sent = await erasure.ended(tx, each) if each.address else []
    await erasure.forget_messages(tx, each, sent)
    await short_links.forget(tx, each.account_id, sent)
    heard = await _forget_heard(tx, each, now)
    told_of = [*sent, *heard, each.address, *await _ids_of(tx, each)]
    await _forget_events(tx, each, told_of, now)
    is_settled = not sent and not heard and now - each.asked_at >= SETTLES_MS
    if is_settled and not await _has_messages(tx, each):
        await erasure.done(tx, each)
    return len(sent) + len(heard)


async def _has_messages(tx: Tx, each: Erasure) -> bool:
    return bool(each.address) and await erasure.has_messages(tx, each)


async def _forget_heard(tx: Tx, each: Erasure, now: int) -> list[str]:
    """Of one of their conversations, which goes when it says nothing any more."""
    for conversation_id in await conversations.ids_of_contact(tx, each.account_id, each.contact_id):
        said = await erasure.said(tx, each.account_id, conversation_id)
        if said:
            await _forget_files(tx, each.account_id, said, now)
            await erasure.forget_said(tx, each.account_id, [one.id for one in said])
            return [one.id for one in said]
        await conversations.remove(tx, each.account_id, conversation_id)
    return []


async def _forget_files(tx: Tx, account_id: str, said: Sequence[Said], now: int) -> None:
    """Their bytes are let go by the chore of files."""
    for one in said:
        content = msgspec.json.decode(one.content)  # of shared contacts an array
        media_id = content.get("id") if isinstance(content, dict) else None
        found = await erasure.file_of(tx, account_id, media_id) if isinstance(media_id, str) else None
        if found is not None and isinstance(media_id, str):
            await media.remove(tx, account_id, media_id, "its sender was erased")
            if found[0] is not None:
                await media_leaving.expect(tx, account_id, found[0], now)


async def _ids_of(tx: Tx, each: Erasure) -> list[str]:
    """Of their contact, and of every one that was merged into it: the log tells which those were."""
    found, newest = {each.contact_id: None}, [each.contact_id]
    while newest:
        told = [msgspec.json.decode(data) for _, data in await erasure.events_of(tx, each.account_id, newest)]
        newest = [one for data in told for one in data.get("merged", ()) if one not in found]
        found |= dict.fromkeys(newest)
    return list(found)


async def _forget_events(tx: Tx, each: Erasure, object_ids: Sequence[str], now: int) -> None:
    told = await erasure.events_of(tx, each.account_id, [one for one in object_ids if one])
    await erasure.put_events(tx, each, [(event_id, blanked(data)) for event_id, data in told], now)


def blanked(data: str) -> str:
    """The data of an event, less what it says of a person."""
    return msgspec.json.encode(_blanked(msgspec.json.decode(data))).decode()


def _blanked(value: Any) -> Any:
    if isinstance(value, list):
        return [_blanked(each) for each in value]
    if isinstance(value, dict):
        return {name: _BLANK[name] if name in _BLANK else _blanked(each) for name, each in value.items()}
    return value
