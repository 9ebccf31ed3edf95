"""Which files WhatsApp takes: MIME types and sizes per kind of message, and what a look at the bytes tells.

From Meta's page on media. The checks of an upload and of an outbound message are built on this table.
"""

from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB


class Kind(NamedTuple):
    """A kind of message that carries a file."""

    mime_types: tuple[str, ...]
    most: int
    """Bytes."""


KINDS = {
    "audio": Kind(("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"), 16 * MIB),
    "document": Kind(
        (
            "application/vnd.ms-powerpoint",
            "application/msword",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/pdf",
            "text/plain",
            "application/vnd.ms-excel",
        ),
        100 * MIB,
    ),
    "image": Kind(("image/jpeg", "image/png"), 5 * MIB),
    "sticker": Kind(("image/webp",), 100 * KIB),
    "video": Kind(("video/mp4", "video/3gpp"), 16 * MIB),
}

LARGEST = 100 * MIB
_ANIMATED_STICKER = 500 * KIB

MIME_TYPES = tuple(
    name for kind in ("audio", "document", "image", "sticker", "video") for name in KINDS[kind].mime_types
)
"""In the order in which Graph lists them."""

_KIND_OF = {name: kind for kind, row in KINDS.items() for name in row.mime_types}


def bare_type(mime_type: str) -> str:
    """`Audio/OGG; codecs=opus` → `audio/ogg`."""
    return mime_type.partition(";")[0].strip().lower()


def kind_of(mime_type: str) -> str | None:
    """The kind of message that carries files of this type."""
    return _KIND_OF.get(bare_type(mime_type))


def most_bytes(kind: str, head: bytes) -> int:
    """The size limit of a file that begins with `head`."""
    return _ANIMATED_STICKER if kind == "sticker" and is_animated(head) else KINDS[kind].most


def is_animated(head: bytes) -> bool:
    """Whether this WebP moves: bit 1 of the flags in its VP8X chunk."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) > 20 and bool(head[20] & 2)


def opus_channels(head: bytes) -> int:
    """Channels of an Ogg file with Opus in it; 0 for anything else."""
    place = head.find(b"OpusHead", 0, 512) if head[:4] == b"OggS" else -1
    return head[place + 9] if place >= 0 and len(head) > place + 9 else 0


def words_of(size: int) -> str:
    """`5242880` → `5MB`, as Graph writes limits."""
    return f"{size // MIB}MB" if size >= MIB else f"{size // KIB}KB"
