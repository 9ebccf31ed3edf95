"""VALIDATE + STORE: the only way a message is born.

In comes a draft that passed its checks; out goes an id, and only after the commit that holds the message is
synced. Called by the API for single messages and batches. A request with an Idempotency-Key stores its
answer in the same transaction, so a repetition gets that answer, whenever the process died.
"""

from collections.abc import Sequence

import msgspec

from trunkline.channels.registry import is_real
from trunkline.errors import Problem, Refusal, shorten
from trunkline.failpoints import reach
from trunkline.model import ids
from trunkline.model.message import Draft, State
from trunkline.runtime import Runtime
from trunkline.store import Tx, conversation_pages, idempotency, messages
from trunkline.store.idempotency import Answered
from trunkline.store.messages import NewMessage, Waiting
from trunkline.store.numbers import NumberRow


class Birth(msgspec.Struct, frozen=True):
    """What one request wants stored, all or nothing: its messages, and its answer when it has a key."""

    messages: Sequence[NewMessage]
    answer: Answered | None = None
    elsewhere: Sequence[str] = ()
    """Numbers among theirs that another process sends for, which is told with the commit."""


async def store_births(tx: Tx, births: Sequence[Birth]) -> list[Answered | None]:
    """For each birth None when it was stored, or the first answer that its key had already."""
    keyed = [birth for birth in births if birth.answer]
    firsts = await idempotency.remember_many(tx, [birth.answer for birth in keyed if birth.answer])
    repeated = {id(birth) for birth, first in zip(keyed, firsts, strict=True) if not first}
    new = [message for birth in births if id(birth) not in repeated for message in birth.messages]
    reach("C3")
    await messages.insert_many(tx, new)
    if read := [(one.account_id, one.context_id) for one in new if one.type == "read" and one.context_id]:
        await conversation_pages.mark_read_many(tx, read)
    reach("C1")
    for number_id in {number_id for birth in births for number_id in birth.elsewhere}:
        first = min((message.id for message in new if message.number_id == number_id), default="")
        if first:
            await tx.tell(f"queued {number_id} {first}")
    return [await _first_answer(tx, birth) if id(birth) in repeated else None for birth in births]


async def _first_answer(tx: Tx, birth: Birth) -> Answered | None:
    assert birth.answer is not None
    return await idempotency.recall(tx, birth.answer.account_id, birth.answer.key)


def choose_number(runtime: Runtime, account_id: str, sender: str | None, *, is_live: bool) -> NumberRow:
    """The number a message leaves from: the one it names, else the default. `Refusal` says why none."""
    numbers = runtime.directory.of_account(account_id)
    if sender is None:
        number = runtime.directory.default_of(account_id)
        if number is None:
            detail = (
                "`from` is missing, and the account has no default number"
                if numbers
                else "the account has no number"
            )
            raise _bad_sender("required", detail, None, f"one of this account's numbers: {_known(numbers)}")
    else:
        found = [number for number in numbers if number.digits == sender]
        if not found:
            detail = f"{sender} is not a number of this account"
            raise _bad_sender("unknown_number", detail, sender, f"one of: {_known(numbers)}")
        number = found[0]
    if not is_live and is_real(number.base_url):
        raise Refusal(
            "test_key", f"a test key can not send through {number.digits}, a real number; create a live key"
        )
    return number


def _known(numbers: Sequence[NumberRow]) -> str:
    return ", ".join(number.digits for number in numbers) or "none"


def _bad_sender(rule: str, detail: str, found: str | None, expected: str) -> Refusal:
    problem = Problem("/from", rule, detail, shorten(found) if found else None, expected)
    return Refusal("invalid_request", detail, problems=[problem])


def new_message(runtime: Runtime, account_id: str, number: NumberRow, draft: Draft) -> NewMessage:
    """The row of a draft, with its new id. Nothing is stored yet."""
    now = runtime.clock.now()
    send_at = draft.send_at if draft.send_at is not None and draft.send_at > now else None
    due_at = now if send_at is None else send_at
    return NewMessage(
        account_id=account_id,
        id=ids.new_id(ids.MESSAGE),
        number_id=number.id,
        type=draft.type,
        recipient=draft.recipient,
        recipient_kind=draft.recipient_kind,
        content=msgspec.json.encode(draft.content).decode(),
        context_id=draft.context_id,
        callback_data=draft.callback_data,
        state=State.QUEUED if send_at is None else State.SCHEDULED,
        created_at=now,
        send_at=send_at,
        due_at=due_at,
        expires_at=due_at + runtime.settings.dispatch.message_life_hours * 3_600_000,
        priority=draft.priority,
        fallback=msgspec.json.encode(draft.fallback).decode() if draft.fallback is not None else None,
        purpose=draft.purpose,
        has_media=int(_has_media(runtime, number, draft)),
    )


_WITHOUT_FILES = frozenset({"text", "reaction", "read", "location", "contacts"})


def _has_media(runtime: Runtime, number: NumberRow, draft: Draft) -> bool:
    """Whether files must be with the provider before it goes: uploaded here, or links that we fetch."""
    if draft.type in _WITHOUT_FILES and draft.fallback is None:
        return False  # most messages are such, and need not be gone through
    connector = runtime.connectors[number.connector]
    contents = [draft.content] if draft.fallback is None else [draft.content, draft.fallback]
    files = [file for content in contents for file in connector.files_of(content)]
    is_fetched = number.links == "fetch"
    return any((file.is_link and is_fetched) or ids.is_id(file.name, ids.MEDIA) for file in files)


def as_waiting(message: NewMessage) -> Waiting:
    """A stored message as the dispatcher takes it over in memory."""
    return Waiting(
        account_id=message.account_id,
        id=message.id,
        number_id=message.number_id,
        type=message.type,
        recipient=message.recipient,
        recipient_kind=message.recipient_kind,
        content=message.content,
        context_id=message.context_id,
        due_at=message.due_at,
        expires_at=message.expires_at,
        attempts=0,
        priority=message.priority,
        has_fallback=int(message.fallback is not None),
        has_media=message.has_media,
    )
