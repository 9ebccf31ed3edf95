"""The templates that are being sent, in memory: what a send is held against before it is accepted.

Asked for a name with its account and the provider's account; answers with what is known of it in all its
languages, definitions decoded. Read from the store when first asked for, forgotten when the store tells that
templates of the account were changed. One for each process.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from trunkline.runtime import Runtime
from trunkline.store import Tx, templates
from trunkline.store.templates import TemplateRow

MOST: Final = 4_000
"""Templates kept, each language counting as one."""
_SECONDS: Final = 60.0
"""After which the store is asked again: a change that was not heard of must be seen some time."""
_UNSYNCED_SECONDS: Final = 5.0
"""The same while an account's templates were never read: when they are, nothing may be told."""

_Key = tuple[str, str, str]


class Known(msgspec.Struct, frozen=True):
    """A template in one language."""

    id: str
    status: str
    definition: Mapping[str, Any]
    rejected_reason: str | None
    detail: str | None
    seen_at: int
    """When the provider last told something new of it; a sync that finds it unchanged writes nothing."""


class Names(msgspec.Struct, frozen=True):
    """What is known of a name."""

    languages: Mapping[str, Known]
    synced_at: int | None
    """When all templates of the provider's account were last read; None: never, so there may be more."""


class _Kept(msgspec.Struct, frozen=True):
    names: Names
    until: float
    """By the monotonic clock."""


class TemplateBook:
    def __init__(self, runtime: Runtime, most: int = MOST) -> None:
        self._runtime = runtime
        self._most = most
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._size = 0
        self._changes = 0
        """How often something was forgotten: what was read before that is not kept."""

    def known(self, account_id: str, waba_id: str, name: str) -> Names | None:
        """At once, or None when the store must be asked."""
        key = (account_id, waba_id, name)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._runtime.clock.monotonic() >= kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.names

    async def find(self, account_id: str, waba_id: str, name: str) -> Names:
        """Like `known`, and asks the store where it must."""
        names = self.known(account_id, waba_id, name)
        if names is not None:
            return names
        changes = self._changes
        names = await self._runtime.store.read(lambda tx: _read(tx, account_id, waba_id, name))
        if changes == self._changes:
            self._keep((account_id, waba_id, name), names)
        return names

    def forget(self, account_id: str) -> None:
        """Templates of this account were changed."""
        self._changes += 1
        for key in [key for key in self._kept if key[0] == account_id]:
            self._drop(key)

    def forget_all(self) -> None:
        self._changes += 1
        self._kept.clear()
        self._size = 0

    def _keep(self, key: _Key, names: Names) -> None:
        if key in self._kept:  # somebody else has asked at the same time
            self._drop(key)
        seconds = _SECONDS if names.synced_at is not None else _UNSYNCED_SECONDS
        self._kept[key] = _Kept(names, self._runtime.clock.monotonic() + seconds)
        self._size += _size_of(names)
        while self._size > self._most and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        self._size -= _size_of(self._kept.pop(key).names)


def _size_of(names: Names) -> int:
    return max(1, len(names.languages))


async def _read(tx: Tx, account_id: str, waba_id: str, name: str) -> Names:
    rows = await templates.of_name(tx, account_id, waba_id, name)
    sync = await templates.sync_of(tx, account_id, waba_id)
    return Names({row.language: _known(row) for row in rows}, sync.synced_at if sync else None)


def _known(row: TemplateRow) -> Known:
    definition = msgspec.json.decode(row.definition, type=dict[str, Any])
    return Known(row.id, row.status, definition, row.rejected_reason, row.detail, row.seen_at)
