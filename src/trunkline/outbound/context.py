"""The message that another one answers, reacts to or marks as read: named by our id or the provider's.

It was sent by us or by a person. Accept checks that one with an id of ours exists; dispatch turns it into the
provider's id, which may not have been known before.
"""

from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.model.message import Draft
from trunkline.runtime import Runtime
from trunkline.store import Tx, inbound, messages


async def check_context(runtime: Runtime, account_id: str, draft: Draft) -> None:
    """`Refusal` when the draft names a message of ours that the account does not have."""
    context_id = draft.context_id
    if context_id is None or not ids.is_id(context_id, ids.MESSAGE):
        return
    if await provider_id_of(runtime, account_id, context_id) is None:
        detail = f"{context_id} is not a message of this account"
        pointer = {"reaction": "/reaction/message_id", "read": "/message_id"}.get(
            draft.type, "/context/message_id"
        )
        raise Refusal(
            "invalid_request",
            detail,
            problems=[
                Problem(
                    pointer,
                    "unknown_message",
                    detail,
                    f'"{context_id}"',
                    "the id of a message of this account",
                )
            ],
        )


async def provider_id_of(runtime: Runtime, account_id: str, context_id: str) -> str | None:
    """The provider's id of a message; `""` when the provider never named it, None when there is none."""
    if not ids.is_id(context_id, ids.MESSAGE):
        return context_id

    async def work(tx: Tx) -> str | None:
        row = await messages.get(tx, account_id, context_id)
        if row is not None:
            return row.provider_id or ""
        received = await inbound.get(tx, account_id, context_id)
        return received.provider_id if received is not None else None

    return await runtime.store.read(work)
