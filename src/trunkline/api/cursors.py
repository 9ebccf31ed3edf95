"""Cursors of lists: where a page starts, for the caller to hand back and not to read.

A cursor is the last id of a page with a short MAC over it and the account. One that was altered, or belongs
to another account, is refused. It could not show others' things anyway: every query names its account.
"""

import hmac

from trunkline.api.http import bad_query
from trunkline.model import ids
from trunkline.model.ids import MESSAGE

_MAC_LETTERS = 16


def make_cursor(key: bytes, account_id: str, message_id: str) -> str:
    return message_id.removeprefix(f"{MESSAGE}_") + _mac(key, account_id, message_id)


def read_cursor(key: bytes, account_id: str, name: str, cursor: str) -> str:
    """The id in the cursor that came as the parameter `name`, or `Refusal`."""
    message_id = f"{MESSAGE}_{cursor[:-_MAC_LETTERS]}"
    is_ours = cursor.isascii() and hmac.compare_digest(
        _mac(key, account_id, message_id), cursor[-_MAC_LETTERS:]
    )
    if not is_ours or not ids.is_id(message_id, MESSAGE):
        raise bad_query(
            name, "cursor", "This is not a cursor of this list. Take it from `paging`, unchanged."
        )
    return message_id


def _mac(key: bytes, account_id: str, message_id: str) -> str:
    return hmac.digest(key, f"{account_id} {message_id}".encode(), "sha256").hex()[:_MAC_LETTERS]
