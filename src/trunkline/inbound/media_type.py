"""The type under which a file that somebody sent is handed out: what it is said to be, beside what it is."""

from trunkline.media_probe import UNKNOWN_TYPE

_KINDS = {
    "image": ("image/",),
    "sticker": ("image/webp",),
    "audio": ("audio/", "video/mp4", "video/3gpp"),  # one container, whose broken index may hide which it is
    "video": ("video/",),
}


def judge(kind: str, said: str | None, seen: str) -> tuple[str, str | None]:
    """The type, and what is wrong if the bytes are not of that kind.

    A document may be anything, and keeps the type that it came with.
    """
    if kind not in _KINDS:
        return said or seen, None
    if not seen.startswith(_KINDS[kind]):
        return UNKNOWN_TYPE, f"said to be {said or kind}, and its bytes are not"
    of_kind = said is not None and said.startswith(_KINDS[kind])
    return (said if said is not None and of_kind else seen), None
