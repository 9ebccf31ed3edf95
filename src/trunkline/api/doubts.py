"""Doubts: what a sender can decide about a message of which nobody knows whether it left.

Both decisions are taken in one guarded step: evidence that came before them wins, and they are refused.
"""

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.messages import find, life_of
from trunkline.channels.registry import is_real
from trunkline.errors import Problem, Refusal, shorten
from trunkline.store import doubts
from trunkline.store.messages import MessageRow
from trunkline.store.retention import REMOVED


async def resend(api: Api, request: Request, caller: Caller) -> Response:
    """It may arrive twice, and the caller knows. A life that is over begins anew."""
    row = await _read(api, caller, request.params["id"])
    _must_be_sendable(api, caller, row)
    _must_have_content(row)
    now = api.runtime.clock.now()
    fresh = now + api.runtime.settings.dispatch.message_life_hours * 3_600_000
    if not await api.runtime.store.write(lambda tx: doubts.resend(tx, caller.account_id, row.id, now, fresh)):
        raise await _wrong_state(api, caller, row.id, "unknown or unconfirmed")
    await api.dispatcher.again(row.number_id, row.id)
    return as_json(await life_of(api, caller, row.id))


async def abandon(api: Api, request: Request, caller: Caller) -> Response:
    """It ends unconfirmed, and what waits behind it goes on. Late evidence still counts."""
    row = await _read(api, caller, request.params["id"])
    now = api.runtime.clock.now()
    if not await api.runtime.store.write(lambda tx: doubts.abandon(tx, caller.account_id, row.id, now)):
        raise await _wrong_state(api, caller, row.id, "unknown")
    api.dispatcher.free(row.number_id, row.recipient, row.id)
    return as_json(await life_of(api, caller, row.id))


async def _read(api: Api, caller: Caller, message_id: str) -> MessageRow:
    return await api.runtime.store.read(lambda tx: find(tx, caller.account_id, message_id))


def _must_be_sendable(api: Api, caller: Caller, row: MessageRow) -> None:
    number = api.runtime.directory.numbers.get(row.number_id)
    if number is None:
        detail = "The number that the message goes from was removed."
        raise Refusal("wrong_state", detail, problems=[Problem("", "number_removed", detail)])
    if not caller.is_live and is_real(number.base_url):
        raise Refusal("test_key", f"A test key can not send through {number.digits}, a real number.")


def _must_have_content(row: MessageRow) -> None:
    if row.content == REMOVED:
        detail = "What the message says was removed after retention.content_days; send it anew."
        raise Refusal("wrong_state", detail, problems=[Problem("", "content_removed", detail)])


async def _wrong_state(api: Api, caller: Caller, message_id: str, expected: str) -> Refusal:
    row = await _read(api, caller, message_id)
    detail = f"The message is {row.state}; this is for messages in doubt: {expected}."
    return Refusal(
        "wrong_state", detail, problems=[Problem("", "state", detail, shorten(row.state), expected)]
    )
