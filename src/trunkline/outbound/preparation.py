"""What files a message needs, brought to its provider before it is sent: one for all numbers of a process.

In come messages that name files of ours or links; out come the provider's ids for them, or why not. A file is
looked at, held against the connector's rules, and uploaded once for each number; the id is used
again until a day before the provider forgets it. `file_waits.py` decides what that means for the message.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from trunkline.channels.contract import Connector, FileToSend, MediaError, NamedFile, SendError
from trunkline.failpoints import reach
from trunkline.loops import STORE_RETRY_SECONDS, until_kept
from trunkline.media_probe import Found, probe
from trunkline.model import ids
from trunkline.outbound import unfit
from trunkline.outbound.links import KEPT_MS, LinkError, Links, shown
from trunkline.outbound.once import Once
from trunkline.outbound.turns import Turn, Turns
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, media, messages, provider_files
from trunkline.store.media import MediaRow
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow
from trunkline.store.provider_files import ProviderFile

DAY_MS = 86_400_000
LIFE_MS = 30 * DAY_MS
"""So long Meta keeps what was uploaded."""

PAUSES_SECONDS = (2.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Before the provider is asked again, until the message's life ends."""

AT_ONCE = 16
"""Uploads."""

_REMEMBERED = 10_000

Key = tuple[str, NamedFile]
"""A number, and a file as its messages name it."""


class Ready(NamedTuple):
    files: dict[str, str]
    """Name in the content → the provider's id. What is not among them goes as it is."""


class Unusable(NamedTuple):
    error: SendError


class Later(NamedTuple):
    seconds: float
    why: str


class Barred(NamedTuple):
    """The provider lets the number do nothing."""

    reason: str


Prepared = Ready | Unusable | Later | Barred


class _Unfit(Exception):
    def __init__(self, error: SendError) -> None:
        self.error = error
        super().__init__(error.cause)


class _Away(Exception):
    """The provider, for so many seconds at least: it is waited for until the message's life ends."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        self.seconds = seconds
        super().__init__(why)


class _Barred(Exception):
    pass


class Preparation:
    """Of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self.links = Links(runtime)
        self._runtime = runtime
        self._known: OrderedDict[Key, tuple[str | None, int]] = OrderedDict()  # → (id, until when)
        self._looks: OrderedDict[str, Found] = OrderedDict()  # SHA-256 → what it is
        self._bringing: Once[Key, str | None] = Once()
        self._uploading: Once[tuple[str, str, str], tuple[str, int]] = Once()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._turns = Turns()
        runtime.tally.gauge("media_ids_known", lambda: len(self._known))

    def ready(self, message: Waiting) -> dict[str, str] | None:
        """The ids where all are at hand. No waiting: thousands of messages may name the same file."""
        row = self._runtime.directory.numbers.get(message.number_id)
        if row is None or message.has_fallback:
            return None
        found: dict[str, str] = {}
        for file in self._wanted(row, message.content):
            known = self._at_hand(row, file)
            if known is None:
                return None
            if known[0] is not None:
                found[file.name] = known[0]
        return found

    def take_turn(self, message: Waiting) -> Turn | None:
        """Before `prepare`, to be given back after it; None when others are to be waited for first."""
        row = self._runtime.directory.numbers.get(message.number_id)
        if row is None:
            return ()
        wanted = self._wanted(row, message.content)
        return self._turns.take(row.id, [file for file in wanted if self._takes_time(row, file)])

    def give_back(self, turn: Turn) -> None:
        self._turns.give_back(turn)

    async def prepare(self, row: NumberRow, message: Waiting, tries: int) -> Prepared:
        """`tries`: how often it was put off before."""
        try:
            wanted = await self._all_wanted(row, message)
        except StoreUnavailable as fault:
            return Later(STORE_RETRY_SECONDS, str(fault))
        found = await asyncio.gather(*(self._id_of(row, file) for file in wanted), return_exceptions=True)
        if faults := [one for one in found if isinstance(one, BaseException)]:
            return self._judge(message, faults, tries)
        names = zip((file.name for file in wanted), found, strict=True)
        return Ready({name: one for name, one in names if isinstance(one, str)})

    async def look(self, row: NumberRow, file: NamedFile) -> SendError | None:
        """What would be wrong with it now, if it were sent from this number."""
        if not file.is_link and not ids.is_id(file.name, ids.MEDIA):
            return None  # the provider's own
        try:
            await self._check(row, file, await self._find(row, file, afresh=True))
        except _Unfit as fault:
            return fault.error
        except LinkError as fault:
            return unfit.not_fetched(str(fault))
        except FileNotFoundError:
            return unfit.lost(file)
        return None

    async def forget(self, message: Waiting) -> None:
        """The provider does not know one of its ids any more."""
        gone = set((message.files or {}).values())
        for key in [key for key, known in self._known.items() if known[0] in gone]:
            del self._known[key]

        async def write(provider_id: str) -> None:
            about = (message.account_id, message.number_id, provider_id)
            await self._runtime.store.write(lambda tx: provider_files.forget(tx, *about))

        for provider_id in gone:
            await until_kept("an id that the provider forgot", lambda one=provider_id: write(one))  # type: ignore[misc]

    def removed(self, media_id: str) -> None:
        """By its owner: the provider has it still, but no message is to go with it."""
        for key in [key for key in self._known if key[1].name == media_id]:
            del self._known[key]

    async def close(self) -> None:
        await self._bringing.close()
        await self._uploading.close()
        await self.links.close()

    # -- which files

    def _wanted(self, row: NumberRow, content: str) -> list[NamedFile]:
        """Those that are uploaded here, and links that we fetch."""
        named = self._connector(row).files_of(msgspec.json.decode(content))
        is_fetched = row.links == "fetch"
        return [one for one in named if (is_fetched if one.is_link else ids.is_id(one.name, ids.MEDIA))]

    async def _all_wanted(self, row: NumberRow, message: Waiting) -> Sequence[NamedFile]:
        """With those of its fallback: which of the two goes is seen when it is sent."""
        wanted = self._wanted(row, message.content)
        if message.has_fallback:
            key = (message.account_id, message.id)
            whole = await self._runtime.store.read(lambda tx: messages.get(tx, *key))
            if whole is not None and whole.fallback is not None:
                wanted += self._wanted(row, whole.fallback)
        return list(dict.fromkeys(wanted))

    # -- one file

    def _at_hand(self, row: NumberRow, file: NamedFile) -> tuple[str | None, int] | None:
        known = self._known.get((row.id, file))
        return known if known is not None and known[1] > self._runtime.clock.now() else None

    def _takes_time(self, row: NumberRow, file: NamedFile) -> bool:
        if self._at_hand(row, file) is not None:
            return False
        return not (file.is_link and self.links.is_given_up(row.account_id, file.name))

    async def _id_of(self, row: NumberRow, file: NamedFile) -> str | None:
        """None where it goes as it is named."""
        known = self._at_hand(row, file)
        if known is not None:
            return known[0]
        return await self._bringing.do((row.id, file), lambda: self._bring(row, file))

    async def _bring(self, row: NumberRow, file: NamedFile) -> str | None:
        found = await self._find(row, file)
        assert found.sha256 is not None
        provider_id: str | None = None
        since = found.stored_at if file.is_link else None  # a file of ours does not change
        until = (since or self._runtime.clock.now()) + KEPT_MS
        try:
            await self._check(row, file, found)
            provider_id, expires_at = await self._uploading.do(
                (row.id, found.sha256, found.mime_type or ""), lambda: self._at_provider(row, file, found)
            )
            until = min(until, expires_at - DAY_MS)
        except FileNotFoundError:
            raise _Unfit(unfit.lost(file)) from None
        except MediaError as fault:
            self._judge_upload(file, fault)
        self._remember((row.id, file), provider_id, until)
        return provider_id

    async def _find(self, row: NumberRow, file: NamedFile, *, afresh: bool = False) -> MediaRow:
        if file.is_link:
            return await self.links.find(row.account_id, file, afresh=afresh)
        found = await self._runtime.store.read(lambda tx: media.get(tx, row.account_id, file.name))
        if found is None or found.state != "stored" or not found.sha256:
            raise _Unfit(unfit.unknown(file, found.detail if found else None))
        return found

    async def _check(self, row: NumberRow, file: NamedFile, found: MediaRow) -> None:
        look = await self._look(row.account_id, found)
        problems = self._connector(row).check_file(look, file.kind, is_voice=file.is_voice)
        if problems:
            name = shown(file.name) if file.is_link else found.file_name or file.name
            raise _Unfit(unfit.not_taken(name, file.kind, problems))

    async def _look(self, account_id: str, found: MediaRow) -> Found:
        assert found.sha256 is not None
        look = self._looks.get(found.sha256)
        if look is None:
            async with self._runtime.shelf.local(account_id, found.sha256) as path:
                look = self._looks[found.sha256] = await asyncio.to_thread(probe, path)
            if len(self._looks) > _REMEMBERED:
                self._looks.popitem(last=False)
        return look

    async def _at_provider(self, row: NumberRow, file: NamedFile, found: MediaRow) -> tuple[str, int]:
        """The provider's id for it, and when that ends."""
        assert found.sha256 is not None
        content = (row.account_id, row.id, found.sha256, found.mime_type or "")
        until = self._runtime.clock.now() + DAY_MS
        there = await self._runtime.store.read(lambda tx: provider_files.find(tx, *content, until))
        if there is not None:
            return there
        uploaded_at = self._runtime.clock.now()
        try:
            number = self._runtime.directory.opened(row.id)
        except KeyError:
            raise _Away("the number was removed") from None
        async with self._room, self._runtime.shelf.local(row.account_id, found.sha256) as path:
            name = found.file_name or f"{file.kind}-{found.sha256[:12]}"
            to_send = FileToSend(path, found.size or 0, found.mime_type or "", name)
            provider_id = await self._connector(row).upload_media(number, to_send)
        reach("C18")
        self._runtime.tally.count("media_given_total")
        kept = ProviderFile(*content, provider_id, uploaded_at, uploaded_at + LIFE_MS)
        store = self._runtime.store
        await until_kept(
            "the id of an uploaded file", lambda: store.write(lambda tx: provider_files.remember(tx, kept))
        )
        return provider_id, kept.expires_at

    def _remember(self, key: Key, provider_id: str | None, until: int) -> None:
        self._known[key] = (provider_id, until)
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _connector(self, row: NumberRow) -> Connector:
        return self._runtime.connectors[row.connector]

    # -- what a fault means

    def _judge_upload(self, file: NamedFile, fault: MediaError) -> None:
        """Returns where the file may go by its link all the same."""
        said = fault.error
        if said is not None and said.effect == "hold_number":
            raise _Barred(f"number_held:{said.code}") from None
        if not fault.is_final:
            seconds = (said.retry_after or 0.0) if said is not None else 0.0
            raise _Away(f"the provider: {fault}", seconds) from None
        if not (file.is_link and file.kind == "document"):  # a link may lead to more types than are uploaded
            raise _Unfit(unfit.refused(file, str(fault), said)) from None

    def _judge(self, message: Waiting, faults: Sequence[BaseException], tries: int) -> Prepared:
        for fault in faults:
            if isinstance(fault, _Unfit):
                return Unusable(fault.error)
            if isinstance(fault, LinkError) and fault.is_final:
                return Unusable(unfit.not_fetched(str(fault)))
        for fault in faults:
            if isinstance(fault, _Barred):
                return Barred(str(fault))
        [fault, *_] = faults
        pause = PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS) - 1)] * self._runtime.random.uniform(1.0, 1.2)
        if isinstance(fault, LinkError):
            return Later(fault.seconds, str(fault))
        if isinstance(fault, _Away):
            return Later(max(pause, fault.seconds), str(fault))
        if isinstance(fault, (StoreUnavailable, OSError)):
            return Later(pause, f"our disk or store: {type(fault).__name__}")
        if not isinstance(fault, Exception):
            raise fault
        log.error("message %s: its files can not be made ready", message.id, exc_info=fault)
        return Later(PAUSES_SECONDS[-1], f"a fault of ours: {type(fault).__name__}")
