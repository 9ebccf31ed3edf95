"""Bytes of files, each content once an account: in a folder, or in a store that speaks S3.

Every file is written to a `Draft` on the local disk first, and then kept on the `Shelf` that the settings
choose, under its SHA-256: what is there is whole. Nothing here looks into a file; `media_probe` does.
"""

from trunkline.media_files.contract import Shelf, ShelfError
from trunkline.media_files.draft import Draft
from trunkline.media_files.open import open_shelf

__all__ = ["Draft", "Shelf", "ShelfError", "open_shelf"]
