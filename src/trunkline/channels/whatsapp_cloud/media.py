"""Files at Meta: one that somebody sent, by a look-up of its id and then its bytes; one of ours, uploaded.

The look-up gives an address that is good for five minutes, at a host of Meta's other than the API's, and
wants the number's token once more. The token goes there only over TLS and to Meta's own hosts, or back to
where the number's requests go anyway. Source: https://developers.facebook.com/documentation/business-messaging/whatsapp,
business phone numbers, media.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from trunkline.channels.contract import FileToSend, MediaError, MediaInfo, Number, Refused
from trunkline.channels.whatsapp_cloud import failures
from trunkline.outgoing_http import Answer, FilePart, FileTransport, TransportError

LONGEST_MEDIA = 104_857_600
"""Of what people send Meta passes on no more (its error 131052 tells of it)."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?][!-~]*)?", re.IGNORECASE)
"""Of which all parsers read the same host: in `https://one.example\\@two.example/` they do not."""

_NAMED_IN_FULL = {"audio/ogg": "audio/ogg; codecs=opus"}
"""Types that Meta takes only so; `media_rules.py` has seen to the codec."""

_NOT_IN_NAMES = re.compile(r"[^\w.() -]")

_HOSTS = (".fbsbx.com", ".fbcdn.net", ".facebook.com", ".whatsapp.net", ".whatsapp.com")


async def fetch(
    transport: FileTransport, number: Number, media_id: str, write: Callable[[bytes], None]
) -> MediaInfo:
    if not _ID.fullmatch(media_id):
        raise MediaError("this is no media id of Meta's", is_final=True)
    headers = {"authorization": f"Bearer {number.token}"}
    try:
        found = await transport.request("GET", f"{number.base_url}/{media_id}", headers, None)
        told = _told(found)
        url = told.get("url")
        if not isinstance(url, str) or not _may_have_token(url, number.base_url):
            raise MediaError("Meta's answer has no address that the token may go to")
        answer = await transport.download(url, headers, write, LONGEST_MEDIA)
    except TransportError as error:
        raise MediaError(str(error)) from None
    if answer.status != 200:  # a 404 says that the address is too old, not that the file is gone
        raise MediaError(f"HTTP {answer.status} where the file should be")
    mime_type, sha256 = told.get("mime_type"), told.get("sha256")
    return MediaInfo(
        mime_type=mime_type if isinstance(mime_type, str) else answer.headers.get("content-type"),
        sha256=sha256 if isinstance(sha256, str) else None,
    )


async def upload(transport: FileTransport, number: Number, file: FileToSend) -> str:
    """Meta's id of the file at this number, good for 30 days."""
    url = f"{number.base_url}/{number.phone_number_id}/media"
    headers = {"authorization": f"Bearer {number.token}"}
    mime_type = _NAMED_IN_FULL.get(file.mime_type, file.mime_type)
    fields = {"messaging_product": "whatsapp", "type": mime_type}
    name = _NOT_IN_NAMES.sub("_", file.file_name)[:100] or "file"
    try:
        answer = await transport.upload(url, headers, fields, FilePart("file", file.path, mime_type, name))
    except TransportError as error:
        raise MediaError(str(error)) from None
    value = failures.decoded(answer.body)
    media_id = value.get("id") if isinstance(value, dict) else None
    if answer.status == 200 and isinstance(media_id, str) and _ID.fullmatch(media_id):
        return media_id
    raise _not_taken(answer)


def _not_taken(answer: Answer) -> MediaError:
    if answer.status == 200:
        return MediaError("HTTP 200 without the id of the file")
    outcome = failures.from_answer(answer.status, answer.headers, answer.body)
    if not isinstance(outcome, Refused):
        return MediaError(outcome.detail)
    error = outcome.error
    detail = error.detail or f"HTTP {answer.status}, code {error.code}"
    return MediaError(detail, is_final=error.effect in ("fail", "renew_media"), error=error)


def _told(answer: Answer) -> dict[str, object]:
    value = failures.decoded(answer.body)
    if answer.status == 200 and isinstance(value, dict):
        return value
    error = value.get("error") if isinstance(value, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    # 100 with subcode 33, unknown object: the id expired, was deleted, or is another business's.
    is_final = answer.status in (400, 404) and code in (100, "100")
    raise MediaError(f"HTTP {answer.status} to the look-up of its id, code {code}", is_final=is_final)


def _may_have_token(url: str, base_url: str) -> bool:
    if not _PLAIN_URL.fullmatch(url):
        return False
    try:
        given, own = urlsplit(url), urlsplit(base_url)
        same = (given.scheme, given.hostname, given.port) == (own.scheme, own.hostname, own.port)
    except ValueError:
        return False
    return same or (given.scheme == "https" and f".{given.hostname or ''}".endswith(_HOSTS))
