"""Cursors of lists: where a page starts, for the caller to hand back and not to read.

A cursor is the last id of a page with a short MAC over it and the account. One that was altered, or belongs
to another account or another kind of list, is refused. It could not show others' things anyway: every query
names its account.
"""

import base64
import hmac

from trunkline.api.http import bad_query
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.model.ids import MESSAGE

_MAC_LETTERS = 16


def make_cursor(key: bytes, account_id: str, id_: str) -> str:
    return id_.partition("_")[2] + _mac(key, account_id, id_)


def read_cursor(key: bytes, account_id: str, name: str, cursor: str, kind: str = MESSAGE) -> str:
    """The id of this kind in the cursor that came as the parameter `name`, or `Refusal`."""
    id_ = f"{kind}_{cursor[:-_MAC_LETTERS]}"
    is_ours = cursor.isascii() and hmac.compare_digest(_mac(key, account_id, id_), cursor[-_MAC_LETTERS:])
    if not is_ours or not ids.is_id(id_, kind):
        raise _not_ours(name)
    return id_


def make_place(key: bytes, account_id: str, place: str) -> str:
    """The same for lists whose rows have no id: any text."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=") + _mac(key, account_id, place)


def read_place(key: bytes, account_id: str, name: str, cursor: str) -> str:
    """The text in the cursor, or `Refusal`."""
    body = cursor[:-_MAC_LETTERS]
    try:
        place = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    except ValueError:
        raise _not_ours(name) from None
    if not hmac.compare_digest(_mac(key, account_id, place).encode(), cursor[-_MAC_LETTERS:].encode()):
        raise _not_ours(name)
    return place


def _not_ours(name: str) -> Refusal:
    return bad_query(name, "cursor", "This is not a cursor of this list. Take it from `paging`, unchanged.")


def _mac(key: bytes, account_id: str, id_: str) -> str:
    return hmac.digest(key, f"{account_id} {id_}".encode(), "sha256").hex()[:_MAC_LETTERS]
