"""Files in a bucket of a store that speaks S3, as `<prefix>/<account>/ab/<sha256>`.

Drafts are on the local disk as ever; what is kept goes up from there, and down again for whoever needs a
path. The library (obstore) signs, repeats what may be repeated, and cuts large files into parts; without keys
in the settings it takes those that the machine itself is given. The only place that speaks to such a store.
"""

import contextlib
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from trunkline.media_files.contract import FRESH_SECONDS, ShelfError
from trunkline.media_files.draft import Draft, new_draft, remove_old_drafts
from trunkline.media_files.folder import name_of

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import S3Config

_CHUNK = 262_144
_PART = 5 * 1024 * 1024
"""The least that S3 takes as a part of a larger file."""

_PARTS_AT_ONCE = 1
"""Each is in memory while it is sent."""

_SAID = {
    PermissionDeniedError: "does not let this key do that",
    UnauthenticatedError: "does not know this key",
}
_STATUS = re.compile(r"\b(?:status(?: code)?:? |HTTP )(\d{3})", re.IGNORECASE)
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")


class Bucket(NamedTuple):
    """Where, and with which key. Empty members are the library's to find."""

    name: str
    prefix: str
    endpoint: str
    region: str
    key_id: str
    secret: str


class S3:
    """See `contract.Shelf`."""

    def __init__(self, media: Path, bucket: Bucket) -> None:
        self._media = media
        self._store = _open(bucket)

    def draft(self) -> AbstractContextManager[Draft]:
        return new_draft(self._media)

    async def keep(self, draft: Draft, account_id: str) -> None:
        draft.flush()
        name = name_of(account_id, draft.sha256)
        try:
            with _told():
                await obstore.put_async(
                    self._store, name, draft.path, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE
                )
        except FileNotFoundError:
            raise ShelfError("the S3 store has no such place") from None

    async def has(self, account_id: str, sha256: str) -> bool:
        try:
            with _told():
                await obstore.head_async(self._store, name_of(account_id, sha256))
        except FileNotFoundError:
            return False
        return True

    async def open(self, account_id: str, sha256: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        if start >= end:
            return _nothing()
        with _told():
            got = await obstore.get_async(
                self._store, name_of(account_id, sha256), options={"range": (start, end)}
            )
        return _parts(got)

    @contextlib.asynccontextmanager
    async def local(self, account_id: str, sha256: str) -> AsyncIterator[Path]:
        with self.draft() as draft:
            with _told():
                got = await obstore.get_async(self._store, name_of(account_id, sha256))
            async for part in _parts(got):
                draft.write(part)
            draft.flush()
            if draft.sha256 != sha256:
                raise ShelfError("the store gave other bytes than it was given")
            yield draft.path

    async def remove(self, account_id: str, sha256: str, now: float) -> bool:
        name = name_of(account_id, sha256)
        try:
            with _told():
                known = await obstore.head_async(self._store, name)
                if known["last_modified"].timestamp() > now - FRESH_SECONDS:
                    return False
                await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            pass
        return True

    async def try_out(self) -> None:
        name = f"try-out/{secrets.token_hex(16)}"
        try:
            with _told():
                await obstore.put_async(self._store, name, b"Trunkline looks whether it may use this.")
                await (await obstore.get_async(self._store, name)).bytes_async()
                await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            raise ShelfError("the S3 store does not have what it was given") from None

    async def remove_old_drafts(self, now: float) -> None:
        remove_old_drafts(self._media, now)


def _open(bucket: Bucket) -> S3Store:
    config: S3Config = {"region": bucket.region or "us-east-1", "disable_bulk_delete": True}
    if bucket.endpoint:
        config["endpoint"] = bucket.endpoint
    if bucket.key_id:
        config["access_key_id"], config["secret_access_key"] = bucket.key_id, bucket.secret
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config=config,
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=30),
            "timeout": timedelta(seconds=600),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
    )


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The library's errors as ours, with what they say of the cause and without addresses."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise ShelfError("the S3 store has no such bucket") from None
        raise FileNotFoundError("it is not in the bucket") from None
    except BaseError as error:
        text = str(error)
        about = [found[1] for pattern in (_STATUS, _CODE) if (found := pattern.search(text))]
        what = _SAID.get(type(error), "refused" if about else "does not answer")
        told = f" ({', '.join(about)})" if about else ""
        raise ShelfError(f"the S3 store {what}{told}") from None


async def _parts(got: "GetResult") -> AsyncGenerator[bytes, None]:
    with _told():
        async for part in got.stream(min_chunk_size=_CHUNK):
            yield bytes(part)


async def _nothing() -> AsyncGenerator[bytes, None]:
    nothing: tuple[bytes, ...] = ()
    for part in nothing:
        yield part
