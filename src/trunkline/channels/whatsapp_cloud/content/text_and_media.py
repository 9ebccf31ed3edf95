"""Text, and the media that are given by exactly one of `id` (uploaded before) or `link`.

Sizes and formats of media are checked where bytes are seen, at upload: a link is not fetched here.
"""

from typing import Any

from trunkline.channels.whatsapp_cloud.content.web_address import Link
from trunkline.model import ids
from trunkline.shape import Boolean, Findings, Object, Text

TEXT = Object(
    {"body": Text(at_most=4096, about="The text. Links in it can be tapped.")},
    {"preview_url": Boolean(about="Show a preview of the first link.")},
)


def _one_of_id_and_link(media: dict[str, Any], at: str, findings: Findings) -> None:
    if ("id" in media) == ("link" in media):
        which = "Both `id` and `link` are" if "id" in media else "Neither `id` nor `link` is"
        findings.refuse(at, "exactly_one", f"{which} given.", expected="either id or link")


class _MediaId(Text):
    """Ours, or the provider's own. A piece of one of ours would else go to the provider as its own."""

    def __init__(self) -> None:
        super().__init__(at_most=512, about="A media id, from an upload.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        given = super().check(value, at, findings)
        if type(given) is str and given.startswith(f"{ids.MEDIA}_") and not ids.is_id(given, ids.MEDIA):
            detail = "This begins as the id of an uploaded file does, and is none."
            expected = f"`{ids.MEDIA}_` and 26 letters and digits"
            findings.refuse(at, "media_id", detail, found=given, expected=expected)
        return given


_ID = _MediaId()
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
