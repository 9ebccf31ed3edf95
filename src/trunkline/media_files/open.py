"""The shelf that the settings choose."""

from pathlib import Path

from trunkline.config import Settings
from trunkline.media_files.contract import Shelf
from trunkline.media_files.folder import Folder


def open_shelf(settings: Settings) -> Shelf:
    """Nothing is asked of a store elsewhere until it is used."""
    folder, media = Path(settings.data) / "media", settings.media
    if not media.store:
        return Folder(folder)
    from trunkline.media_files.s3 import S3, Bucket  # a large library, for those who use it

    name, _, prefix = media.store.removeprefix("s3://").partition("/")
    return S3(
        folder,
        Bucket(
            name=name,
            prefix=prefix.strip("/"),
            endpoint=media.s3_endpoint,
            region=media.s3_region,
            key_id=media.s3_key_id,
            secret=media.s3_secret,
        ),
    )
