"""What callers are shown of their files."""

from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.api.views import Time
from trunkline.clock import to_rfc3339
from trunkline.media_probe import UNKNOWN_TYPE, Found
from trunkline.store.media import MediaRow, StoredMedia


class FileView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A file for messages. Its id is what they name it by."""

    id: str
    kind: Annotated[str, Meta(description="image, video, audio, document or sticker.")]
    mime_type: Annotated[str, Meta(description="As its bytes say.")]
    file_name: str | None
    size: Annotated[int, Meta(description="Bytes.")]
    sha256: Annotated[str, Meta(description="In hex.")]
    created_at: Time
    link: Annotated[str | None, Meta(description="Where it was fetched.")] = None
    width: Annotated[int | None, Meta(description="Of a picture or a film; told at upload.")] = None
    height: int | None = None
    is_animated: bool | None = None


def show_file(file: StoredMedia | MediaRow, found: Found | None = None) -> FileView:
    view = FileView(
        id=file.id,
        kind=file.kind,
        mime_type=file.mime_type or UNKNOWN_TYPE,
        file_name=file.file_name,
        size=file.size or 0,
        sha256=file.sha256 or "",
        created_at=to_rfc3339(file.created_at),
        link=file.link,
    )
    if found is not None:
        view.width, view.height, view.is_animated = found.width, found.height, found.is_animated
    return view
