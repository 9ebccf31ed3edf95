"""Media objects of a send: an uploaded file's id, or a link. Links are not fetched."""

from collections.abc import Callable

from trunkline.sandbox.errors import GraphError, invalid_value
from trunkline.sandbox.params import Param


def check_media(kind: str, *more: str) -> Callable[[Param], None]:
    """The check of the member `kind`, which may have `more` beside `id` or `link`."""

    def check(holder: Param) -> None:
        media = holder.object(kind).only("id", "link", "provider", *more)
        check_source(media)
        media.text_if_any("caption", 1024)
        media.text_if_any("filename", 240)
        media.flag_if_any("voice")

    return check


def check_source(media: Param) -> None:
    """Exactly one of `id` and `link`."""
    if media.has("id") == media.has("link"):
        raise GraphError(100, details=f"{media.name} needs exactly one of id and link.")
    if media.has("id"):
        if isinstance(media.members["id"], int):
            return
        media.text("id", 256)
    elif not media.text("link", 2048).startswith(("http://", "https://")):
        raise invalid_value(
            f"{media.name}['link'] is not a valid URL: it must begin with http:// or https://"
        )
