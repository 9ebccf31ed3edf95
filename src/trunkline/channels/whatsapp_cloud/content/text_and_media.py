"""Text, and the media that are given by exactly one of `id` (uploaded before) or `link` (fetched by Meta).

Sizes and formats of media are checked where bytes are seen, at upload: a link is not fetched here.
"""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from trunkline.shape import Boolean, Findings, Object, Text

TEXT = Object(
    {"body": Text(at_most=4096, about="The text. Links in it can be tapped.")},
    {"preview_url": Boolean(about="Show a preview of the first link.")},
)


class Link(Text):
    """An https address; http only to this machine, and only where the operator allows it."""

    _forbidden = re.compile(r"[\x00-\x20\x7f\\]")

    def __init__(self) -> None:
        super().__init__(at_most=8192, about="Where Meta fetches the file: an https address.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        link = super().check(value, at, findings)
        if type(link) is str and link:
            slip = self._slip_of(link, may_be_http=findings.setting.http_links)
            if slip:
                expected = "a link such as https://example.com/file.jpg"
                findings.refuse(at, "link", slip, found=link, expected=expected)
        return link

    def _slip_of(self, link: str, *, may_be_http: bool) -> str | None:
        if self._forbidden.search(link):
            return "A link has no spaces, control characters or backslashes in it."
        try:
            parts = urlsplit(link)
            host = parts.hostname
            _ = parts.port
        except ValueError:
            return "This is not a link: host or port can not be read."
        if parts.scheme not in ("https", "http"):
            return "This link does not start with https://."
        if not host:
            return "This link names no host."
        if parts.scheme == "http" and not (may_be_http and _is_this_machine(parts)):
            return "The link must be https."
        return None


def _is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _one_of_id_and_link(media: dict[str, Any], at: str, findings: Findings) -> None:
    if ("id" in media) == ("link" in media):
        which = "Both `id` and `link` are" if "id" in media else "Neither `id` nor `link` is"
        findings.refuse(at, "exactly_one", f"{which} given.", expected="either id or link")


_ID = Text(at_most=512, about="A media id, from an upload.")
_LINK = Link()
_CAPTION = Text(at_most=1024, empty_is_absent=True, about="Shown below the file.")
_FILENAME = Text(empty_is_absent=True, about="Its ending decides how WhatsApp shows the document.")
_EITHER = {
    "oneOf": [
        {"required": ["id"], "properties": {"id": {"type": "string"}, "link": {"type": "null"}}},
        {"required": ["link"], "properties": {"link": {"type": "string"}, "id": {"type": "null"}}},
    ]
}


def _media(
    more: dict[str, Any], *, not_here: dict[str, str], ignored: dict[str, str] | None = None
) -> Object:
    return Object(
        {},
        {"id": _ID, "link": _LINK, **more},
        rules=[_one_of_id_and_link],
        misplaced=not_here,
        ignored=ignored or {},
        also=_EITHER,
    )


_NO_FILENAME = {"filename": "Only documents have a file name."}
IMAGE = _media({"caption": _CAPTION}, not_here=_NO_FILENAME)
VIDEO = _media({"caption": _CAPTION}, not_here=_NO_FILENAME)
# The page says in its table that documents have no caption and shows one in its samples; Meta has them.
DOCUMENT = _media({"caption": _CAPTION, "filename": _FILENAME}, not_here={})
AUDIO = _media(
    {"voice": Boolean(about="Show as a voice note (ogg with opus, mono).")},
    not_here={"caption": "Audio has no caption.", **_NO_FILENAME},
)
STICKER = _media({}, not_here={"caption": "A sticker has no caption.", **_NO_FILENAME})

_NO_CAPTION = {"caption": "A header shows no caption; it is not sent on."}
HEADER_IMAGE = _media({}, not_here=_NO_FILENAME, ignored=_NO_CAPTION)
HEADER_VIDEO = _media({}, not_here=_NO_FILENAME, ignored=_NO_CAPTION)
HEADER_DOCUMENT = _media({"filename": _FILENAME}, not_here={}, ignored=_NO_CAPTION)
