"""Whether what is said of a file's type fits what its bytes are."""

from trunkline.media_probe.found import UNKNOWN_TYPE

_SAME = {
    "application/x-zip-compressed": "application/zip",
    "audio/amr-nb": "audio/amr",
    "audio/m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "video/3gp": "video/3gpp",
}
_GENERAL = (UNKNOWN_TYPE, "text/plain", "text/xml", "application/zip", "application/x-ole-storage")
"""What many types are made of: whether a text is of comma separated values, its bytes do not tell."""

_SURE = ("image/", "audio/", "video/", "application/pdf", "application/vnd.openxmlformats-officedocument.")
"""Types whose bytes would have told."""


def fits(said: str, found: str) -> bool:
    """`said` may have parameters: `audio/ogg; codecs=opus`."""
    plain = said.partition(";")[0].strip().lower()
    plain = _SAME.get(plain, plain)
    return plain == found or (found in _GENERAL and not plain.startswith(_SURE))
