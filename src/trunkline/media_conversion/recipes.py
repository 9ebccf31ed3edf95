"""What ffmpeg is told: how to read a file that was looked at, and what to make of it. Pure.

WhatsApp's own apps choose alike: pictures of at most 2560 pixels, films of at most 1280, speech in Opus.
"""

from trunkline.media_conversion.fault import ConversionError
from trunkline.media_probe import Found

_DEMUXERS = {
    "image/jpeg": "jpeg_pipe",
    "image/png": "png_pipe",
    "image/webp": "webp_pipe",
    "image/gif": "gif",
    "image/bmp": "bmp_pipe",
    "image/tiff": "tiff_pipe",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/3gpp2": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/x-ms-asf": "asf",
    "video/ogg": "ogg",
    "audio/mp4": "mov",
    "audio/quicktime": "mov",
    "audio/3gpp": "mov",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/amr-wb": "amr",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/x-caf": "caf",
    "audio/basic": "au",
}
"""Type → the reader that ffmpeg is told to use. Left to guess, it would take a list of other files for a
film, and show what stands in these."""

_FROM = {
    "image": ("image/",),
    "sticker": ("image/",),
    "audio": ("audio/", "video/"),
    "video": ("video/", "image/gif"),
}
_PICTURE = "scale='min(2560,iw)':'min(2560,ih)':force_original_aspect_ratio=decrease"
_FILM = (
    "scale='min(1280,iw)':'min(1280,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,"
    "format=yuv420p"
)
_STICKER = (
    "scale=512:512:force_original_aspect_ratio=decrease,format=rgba,"
    "pad=512:512:(ow-iw)/2:(oh-ih)/2:color=black@0"
)


def recipe(found: Found, kind: str) -> tuple[list[str], list[str]]:
    """What stands before the name of the file that is read, and before that of the one that is written."""
    demuxer = _DEMUXERS.get(found.mime_type)
    if found.fault is not None:
        raise ConversionError(f"the file is not whole or not sound: {found.fault}")
    if demuxer is None or not found.mime_type.startswith(_FROM.get(kind, ())):
        raise ConversionError(f"there is no way from {found.mime_type} to {kind}")
    quiet = ["-hide_banner", "-nostdin", "-nostats", "-y", "-progress", "pipe:1"]
    # A film may name other files and addresses: no address is asked, and only one reader is at hand.
    closed = ["-protocol_whitelist", "file", "-format_whitelist", demuxer, "-f", demuxer]
    return [*quiet, *closed], ["-map_metadata", "-1", "-threads", "2", *_writing(found, kind)]


def _writing(found: Found, kind: str) -> list[str]:
    if kind == "audio":
        opus = ["-c:a", "libopus", "-b:a", "32k", "-application", "voip"]
        return ["-map", "0:a:0", "-ac", "1", "-ar", "48000", *opus, "-f", "ogg"]
    if kind == "video":
        return _film(found)
    return _sticker(found) if kind == "sticker" else _picture(found)


def _picture(found: Found) -> list[str]:
    one = ["-map", "0:v:0", "-frames:v", "1", "-vf", _PICTURE]
    if any(word in (found.color or "") for word in ("RGBA", "alpha", "palette")):
        return [*one, "-c:v", "png", "-pix_fmt", "rgba", "-f", "image2pipe"]
    return [*one, "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "image2pipe"]


def _sticker(found: Found) -> list[str]:
    kept = (
        ["-c:v", "libwebp_anim", "-loop", "0"] if found.is_animated else ["-c:v", "libwebp", "-frames:v", "1"]
    )
    return ["-map", "0:v:0", "-vf", _STICKER, *kept, "-quality", "70", "-f", "webp"]


def _film(found: Found) -> list[str]:
    """What is right already is copied: a film whose index only stands in the wrong place is quickly done."""
    is_h264 = all(codec.startswith("H.264") for codec in found.video_codecs) and bool(found.video_codecs)
    is_shuffled = found.has_b_frames is not False and any("High" in codec for codec in found.video_codecs)
    video = ["-vf", _FILM, "-c:v", "libx264", "-profile:v", "main", "-bf", "0", "-preset", "veryfast"]
    video += ["-crf", "27", "-maxrate", "1500k", "-bufsize", "3000k"]
    if is_h264 and not is_shuffled:
        video = ["-c:v", "copy"]
    audio = ["-c:a", "aac", "-b:a", "96k", "-ac", "2"]
    if found.audio_codecs[:1] == ("AAC",):
        audio = ["-c:a", "copy"]
    return ["-map", "0:v:0", "-map", "0:a:0?", *video, *audio, "-movflags", "+faststart", "-f", "mp4"]
