"""Media objects of a send: an uploaded file's id, or a link. Here only their form is checked."""

from collections.abc import Callable

from trunkline.sandbox.content.limits import web_address
from trunkline.sandbox.errors import GraphError, invalid
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
    if not media.has("id"):
        web_address(media, "link", 2048)
    elif not isinstance(media.members["id"], int) or isinstance(media.members["id"], bool):
        media.text("id", 256)


def unknown_media(path: str) -> GraphError:
    """For an id that no upload of this account has; `path` as in `image['id']`."""
    return invalid(f"Param {path} is not a valid whatsapp business account media attachment ID")
