"""Files in the preview of a message. In comes what the renderer draws, with ids of uploaded files; out goes
the same with what is known of each, and an address at which a page of this server can load it.
"""

from collections.abc import Iterator
from typing import Any

from trunkline.api.context import Api
from trunkline.api.http import Request
from trunkline.api.media import address_of
from trunkline.model import ids
from trunkline.store import Tx, media
from trunkline.store.media import MediaRow

View = dict[str, Any]


async def describe_files(api: Api, request: Request, account_id: str, view: View) -> None:
    """In place."""
    named = list(_files(view))
    if not named:
        return

    async def work(tx: Tx) -> list[MediaRow | None]:
        return [await media.get(tx, account_id, one["id"]) for one in named]

    for one, row in zip(named, await api.runtime.store.read(work), strict=True):
        if row is not None and row.state == "stored":
            one.update(_told(api, request, row) | one)


def _files(view: View) -> Iterator[View]:
    """Of the header and of the cards, which are as small views."""
    for part in (view, *view.get("cards", ())):
        file = part.get("header", {}).get("media")
        if file is not None and ids.is_id(file.get("id", ""), ids.MEDIA):
            yield file


def _told(api: Api, request: Request, row: MediaRow) -> View:
    told = {"url": address_of(api, request, row), "mime_type": row.mime_type, "size": row.size}
    return told | ({"filename": row.file_name} if row.file_name else {})
