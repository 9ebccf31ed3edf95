"""One conversion: the recipe, the process, and a target that is either whole or not there."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from trunkline.media_conversion.fault import ConversionError
from trunkline.media_conversion.process import Limits, run
from trunkline.media_conversion.recipes import recipe
from trunkline.media_probe import Found


def program(name: str = "ffmpeg") -> Path | None:
    """Where it is, if this machine has it."""
    found = shutil.which(name)
    return Path(found).absolute() if found is not None else None


class Converter:
    def __init__(self, ffmpeg: Path, limits: Limits | None = None) -> None:
        self._ffmpeg = ffmpeg
        self._limits = limits or Limits()

    async def convert(
        self,
        source: Path,
        found: Found,
        kind: str,
        target: Path,
        progress: Callable[[float], None] = lambda part: None,
    ) -> None:
        """`target` is whole when this returns, and gone when it raises `ConversionError`.

        `kind`: `image` becomes JPEG, or PNG where it is see-through; `audio` Ogg with Opus in mono, which is
        also a voice note; `video` MP4 with H.264 and AAC; `sticker` WebP of 512 by 512. `progress` is called
        with 0.0 to 1.0, as far as it can be told.
        """
        reading, writing = recipe(found, kind)
        command = [str(self._ffmpeg), *reading, "-i", f"file:{source}", *writing, f"file:{target}"]
        is_done = False
        try:
            await run(command, target.parent, self._limits, progress)
            if not await asyncio.to_thread(_is_there, target):
                raise ConversionError("ffmpeg wrote nothing")
            is_done = True
        finally:
            if not is_done:
                _remove(target)
        progress(1.0)


def _is_there(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
