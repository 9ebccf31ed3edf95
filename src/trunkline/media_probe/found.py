"""What is known of a file once it was looked at."""

import msgspec

UNKNOWN_TYPE = "application/octet-stream"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Members that mean nothing for a type are None."""

    mime_type: str
    """As the bytes say, such as `video/mp4`; `UNKNOWN_TYPE` where they say nothing."""
    size: int
    """Bytes."""
    width: int | None = None
    height: int | None = None
    is_animated: bool | None = None
    color: str | None = None
    """Of a picture, such as `8-bit RGB`, `16-bit RGBA`, `CMYK`."""
    video_codecs: tuple[str, ...] = ()
    """One a stream, such as `H.264 High`, `H.265`."""
    audio_codecs: tuple[str, ...] = ()
    """One a stream, such as `AAC`, `Opus`."""
    has_b_frames: bool | None = None
    """Whether pictures of the first video stream are stored in another order than shown."""
    channels: int | None = None
    """Of the first audio stream."""
    is_streamable: bool | None = None
    """Of an mp4: its index (`moov`) comes before its data (`mdat`)."""
    fault: str | None = None
    """Why it is not whole or not sound, in words: `it ends in the middle of …`."""
    also: tuple[str, ...] = ()
    """Other types that the same bytes can be read as: a polyglot."""
