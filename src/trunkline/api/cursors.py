"""Cursors of lists: where a page starts, for the caller to hand back and not to read.

A cursor is the last id of a page with a short MAC over it and the account. One that was altered, or belongs
to another account or another kind of list, is refused. It could not show others' things anyway: every query
names its account.
"""

import base64
import hmac
from typing import Any, NamedTuple

from trunkline.model import ids
from trunkline.model.ids import MESSAGE
from trunkline.shape import BROKEN, Findings, Text

_MAC_LETTERS = 16


class Owner(NamedTuple):
    """Whose cursors they are: what `forms.read_query` is given for queries that have one."""

    key: bytes
    account_id: str


def make_cursor(key: bytes, account_id: str, id_: str) -> str:
    return id_.partition("_")[2] + _mac(key, account_id, id_)


class Cursor(Text):
    """A cursor that came as a parameter. Its normal form is the id in it; `setting` is an `Owner`."""

    def __init__(self, about: str, *, kind: str = MESSAGE, at_most: int = 100) -> None:
        super().__init__(at_most=at_most, form="what `paging` of this list had, unchanged", about=about)
        self._kind = kind

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) > before:
            return BROKEN
        place = self._read(text, findings.setting)
        if place is None:
            detail = "This is not a cursor of this list. Take it from `paging`, unchanged."
            findings.refuse(at, "cursor", detail, found=value, expected=self.says)
            return BROKEN
        return place

    def _read(self, cursor: str, owner: Owner) -> str | None:
        id_ = f"{self._kind}_{cursor[:-_MAC_LETTERS]}"
        is_ours = cursor.isascii() and hmac.compare_digest(_mac(*owner, id_), cursor[-_MAC_LETTERS:])
        return id_ if is_ours and ids.is_id(id_, self._kind) else None


def make_place(key: bytes, account_id: str, place: str) -> str:
    """The same for lists whose rows have no id: any text."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=") + _mac(key, account_id, place)


class PlaceCursor(Cursor):
    """The same, with the text in it."""

    def _read(self, cursor: str, owner: Owner) -> str | None:
        body = cursor[:-_MAC_LETTERS]
        try:
            place = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
        except ValueError:
            return None
        is_ours = hmac.compare_digest(_mac(*owner, place).encode(), cursor[-_MAC_LETTERS:].encode())
        return place if is_ours else None


def _mac(key: bytes, account_id: str, id_: str) -> str:
    return hmac.digest(key, f"{account_id} {id_}".encode(), "sha256").hex()[:_MAC_LETTERS]
