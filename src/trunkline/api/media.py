"""Files by their ids, those that people sent and those that were uploaded: an address, and the bytes at it.

The address is on ourselves, signed, and good for five minutes, so that whoever is given it can fetch the
file with any key or none, as clients of the page do. Files come from strangers: they are handed out to be
kept, not shown.
"""

import asyncio
import base64
import hmac
import mimetypes
import re
from typing import Annotated, NamedTuple
from urllib.parse import quote

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller, Who
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, Streamed, as_json
from trunkline.channels.contract import MediaError
from trunkline.errors import Refusal
from trunkline.inbound import media as fetching
from trunkline.media_files import ShelfError
from trunkline.media_probe import UNKNOWN_TYPE
from trunkline.runtime import log
from trunkline.shape import Object, Text
from trunkline.store import media
from trunkline.store.media import MediaRow

URL_SECONDS = 300
PATIENCE_SECONDS = 20.0
_MAC_BYTES = 16
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,80}(?:; ?codecs=[\w.,+-]{1,40})?", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]")

QUERY = Object(
    {},
    {
        "media_id": Text(
            at_most=200, about="As the webhook of the message told it, or as the upload was answered."
        ),
        "from": forms.PhoneNumber("The business number that the message came to."),
    },
)


class MediaView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where a file is, in the shape of Meta's look-up of a media id."""

    url: Annotated[str, Meta(description="On this server, for the next five minutes, with any key or none.")]
    mime_type: str
    sha256: Annotated[str, Meta(description="In hex.")]
    file_size: Annotated[str, Meta(description="Bytes; text, as Meta writes it.")]
    id: str
    messaging_product: str
    file_name: str | None = None


async def look_up(api: Api, request: Request, caller: Caller, media_id: str, digits: str | None) -> Response:
    """GET /v1/whatsapp/media?media_id="""
    row = await _stored(api, caller.account_id, media_id)
    if digits is not None and row.source == "received" and digits != _digits_of(api, row):
        raise Refusal("not_found", "There is no file of that media id at this number.")
    return as_json(
        MediaView(
            url=address_of(api, request, row),
            mime_type=row.mime_type or UNKNOWN_TYPE,
            sha256=row.sha256 or "",
            file_size=str(row.size),
            id=row.id,
            messaging_product="whatsapp",
            file_name=row.file_name,
        )
    )


async def download(api: Api, request: Request, _: Caller) -> Response | Streamed:
    """GET /v1/media/{token}"""
    given = request.params["token"]
    if "." in given:
        account_id, media_id = read_token(api, given)
    else:
        caller = await api.gatekeeper.identify(request, Who.KEY)
        account_id, media_id = caller.account_id, given
    row = await _stored(api, account_id, media_id)
    try:
        return await _handed_out(api, row, request)
    except FileNotFoundError:
        raise Refusal("not_found", "The file was removed just now.") from None
    except ShelfError as fault:
        raise _away(fault) from None


async def _stored(api: Api, account_id: str, media_id: str) -> MediaRow:
    """The row of a file that is on our disk, fetched at once if it is not; or `Refusal` with the reason."""
    row = await api.runtime.store.read(lambda tx: media.get(tx, account_id, media_id))
    if row is None:
        raise Refusal("not_found", "There is no file of that media id in this account.")
    if row.state == "removed":
        raise Refusal("not_found", f"The file is not here any more: {row.detail or 'removed'}.")
    if row.state == "stored" and await _is_here(api, row):
        return row
    if row.source != "received":
        raise Refusal("not_found", "The bytes of this file are not where this server looks for them.")
    if row.state == "failed":
        raise Refusal("not_found", f"The file could not be fetched from the provider: {row.detail}.")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asyncio.shield(_fetching(api, row))
    except (MediaError, OSError) as fault:  # TimeoutError is one
        why = str(fault) or "the provider takes long"
        if isinstance(fault, MediaError) and fault.is_final:
            raise Refusal("not_found", f"The file can not be fetched from the provider: {why}.") from None
        detail = f"The file is not here yet: {why}."
        raise Refusal("not_ready", detail, headers={"Retry-After": "10"}) from None


async def _is_here(api: Api, row: MediaRow) -> bool:
    try:
        return await api.runtime.shelf.has(row.account_id, row.sha256 or "")
    except ShelfError as fault:
        raise _away(fault) from None


def _away(fault: ShelfError) -> Refusal:
    log.warning("a file could not be read: %s", fault)
    detail = "The store of files does not answer at the moment; try again."
    return Refusal("unavailable", detail, headers={"Retry-After": "10"})


def _fetching(api: Api, row: MediaRow) -> "asyncio.Task[MediaRow]":
    """One at a time of a file, however many ask; it goes on when they have lost their patience."""
    key = (row.account_id, row.id)
    task = api.fetching.get(key)
    if task is None:
        task = api.fetching[key] = asyncio.create_task(fetching.fetch(api.runtime, row))
        task.add_done_callback(lambda done: _end(api, key, done))
    return task


def _end(api: Api, key: tuple[str, str], done: "asyncio.Task[MediaRow]") -> None:
    del api.fetching[key]
    if not done.cancelled():
        done.exception()  # whoever asked may have gone away meanwhile


def _digits_of(api: Api, row: MediaRow) -> str | None:
    number = api.runtime.directory.numbers.get(row.number_id)
    return number.digits if number else None


def address_of(api: Api, request: Request, row: MediaRow) -> str:
    """Of the file, for the next five minutes."""
    return f"{_own_url(api, request)}/v1/media/{make_token(api, row)}"


def _own_url(api: Api, request: Request) -> str:
    """As the operator says it, or as the caller reached us."""
    said = api.runtime.settings.hooks.public_url.rstrip("/")
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
    return said or f"{scheme}://{request.headers.get('host', '')}"


def make_token(api: Api, row: MediaRow) -> str:
    """What opens one file of one account until a moment: both, and a MAC over them."""
    ends = api.runtime.clock.now() // 1000 + URL_SECONDS
    told = msgspec.json.encode((row.account_id, row.id, ends))
    return f"{_text(told)}.{_text(_mac(api, told))}"


def read_token(api: Api, token: str) -> tuple[str, str]:
    """(account, media id); `Refusal` for one that was altered or is over: it does not say which."""
    told, _, mac = token.partition(".")
    refusal = Refusal("not_found", "This address is not valid, or not any more; look the media id up again.")
    try:
        raw, given = _bytes(told), _bytes(mac)
        if not hmac.compare_digest(_mac(api, raw), given):
            raise refusal
        account_id, media_id, ends = msgspec.json.decode(raw, type=tuple[str, str, int])
    except (ValueError, msgspec.MsgspecError):
        raise refusal from None
    if api.runtime.clock.now() >= ends * 1000:
        raise refusal
    return account_id, media_id


def _mac(api: Api, told: bytes) -> bytes:
    return hmac.digest(api.runtime.vault.derive("media urls"), told, "sha256")[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class _Span(NamedTuple):
    start: int
    end: int
    """The first byte after it."""


async def _handed_out(api: Api, row: MediaRow, request: Request) -> Response | Streamed:
    size, wanted = row.size or 0, request.headers.get("range")
    span = _span(wanted, size)
    headers = {
        "content-disposition": _disposition(row),
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "accept-ranges": "bytes",
        "etag": f'"{row.sha256}"',
    }
    if span is None:
        return Response(416, headers={"content-range": f"bytes */{size}"})
    if wanted is not None and span != _Span(0, size):
        headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{size}"
    headers["content-length"] = str(span.end - span.start)
    status = 206 if "content-range" in headers else 200
    kind = row.mime_type or ""
    content_type = kind if _TYPE.fullmatch(kind) else UNKNOWN_TYPE
    if request.method == "HEAD":
        span = _Span(0, 0)
    parts = await api.runtime.shelf.open(row.account_id, row.sha256 or "", span.start, span.end)
    return Streamed(parts, content_type, lambda: None, status, headers)


def _span(wanted: str | None, size: int) -> _Span | None:
    """One range of bytes (RFC 9110 §14.2); None where it has none of the file. Anything else is all of it."""
    match = _RANGE.fullmatch(wanted or "")
    if match is None or (not match[1] and not match[2]):
        return _Span(0, size)
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < start:
            return _Span(0, size)
    return _Span(start, end) if start < end else None


def _disposition(row: MediaRow) -> str:
    """To be saved, under a name that says nothing of folders (RFC 6266)."""
    guessed = mimetypes.guess_extension((row.mime_type or "").partition(";")[0]) or ""
    name = _UNSAFE.sub("_", row.file_name or "").strip(". ")[:150] or f"{row.id}{guessed}"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
