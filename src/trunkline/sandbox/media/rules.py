"""What Graph says of an upload: the type that it counts as, and why it is refused."""

import mimetypes

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.call import File
from trunkline.sandbox.media.kinds import LARGEST, MIME_TYPES, bare_type, kind_of, most_bytes, words_of


def type_of(file: File, stated: str | None) -> str:
    """The type of the part; without one that of the field `type`, else what the name of the file says."""
    guessed, _ = mimetypes.guess_type(file.name)
    return file.mime_type or stated or guessed or "application/octet-stream"


def check_upload(file: File | None, mime_type: str) -> None:
    """Raises `GraphError` for a file that WhatsApp does not take."""
    wanted = f"Param file must be a file with one of the following types: {', '.join(MIME_TYPES)}."
    if file is None:
        raise invalid(wanted)
    kind = kind_of(mime_type)
    if kind is None:
        raise invalid(f"{wanted} Received file of type '{bare_type(mime_type)}'.")
    most = most_bytes(kind, file.data[:64])
    if len(file.data) > LARGEST or len(file.data) > most:
        raise invalid(f"Media file size too big. Max file size we currently support: {words_of(most)}")
    if not file.data:
        raise GraphError(100, "(#100) Invalid parameter", details="The file is empty.")
