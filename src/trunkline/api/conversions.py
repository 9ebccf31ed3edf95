"""Uploads that ask for it, made into what the provider takes: one at a time in this process, others wait.

In comes an upload in its draft that would be refused; out goes the draft with other bytes, to be looked at
again. How far each is can be seen in the list of files while it runs.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta

from trunkline.api.views import Time
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem
from trunkline.media_conversion import ConversionError, Converter, Limits, program
from trunkline.media_files import Draft
from trunkline.media_probe import Found
from trunkline.runtime import Runtime, log

_AT_ONCE = 1
"""It takes all that a machine has, and messages must go on meanwhile."""

_CHUNK = 262_144
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
}


class ConversionView(msgspec.Struct, kw_only=True):
    """An upload that is being converted. It gets an id when that is done."""

    file_name: str | None
    kind: str
    since: Time
    progress: Annotated[float, Meta(description="0 to 1, as far as it can be told. 0 while it waits.")] = 0.0


class Conversions:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._running: dict[str, list[ConversionView]] = {}
        runtime.tally.gauge("media_converting", lambda: sum(map(len, self._running.values())))

    def of_account(self, account_id: str) -> list[ConversionView]:
        return list(self._running.get(account_id, ()))

    async def convert(
        self, account_id: str, draft: Draft, found: Found, kind: str, file_name: str | None
    ) -> Problem | None:
        """None when the draft has its new bytes; else why it has not, and its old ones."""
        converter = self._converter()
        if converter is None:
            detail = (
                "Files are not converted here: the setting `media.conversion` names no program that is there."
            )
            return Problem("/convert", "conversion_off", detail)
        shown = ConversionView(file_name=file_name, kind=kind, since=to_rfc3339(self._runtime.clock.now()))
        target = draft.path.with_name(f"{draft.path.name}.converted")
        try:
            with self._shown(account_id, shown), _gone_at_the_end(target):
                async with self._turn:
                    await converter.convert(draft.path, found, kind, target, _telling(shown))
                await asyncio.to_thread(_replace, draft, target)
        except ConversionError as fault:
            if fault.is_ours:
                log.warning("an upload was not converted: %s", fault)
            detail = f"It could not be made into what is taken: {fault}."
            return Problem("/convert", "not_converted", detail)
        self._runtime.tally.count("media_converted_total")
        return None

    def _converter(self) -> Converter | None:
        settings = self._runtime.settings.media
        ffmpeg = program(settings.conversion) if settings.conversion else None
        return Converter(ffmpeg, Limits(most_bytes=settings.upload_bytes)) if ffmpeg is not None else None

    @contextlib.contextmanager
    def _shown(self, account_id: str, view: ConversionView) -> Iterator[None]:
        mine = self._running.setdefault(account_id, [])
        mine.append(view)
        try:
            yield
        finally:
            mine[:] = [one for one in mine if one is not view]
            if not mine:
                self._running.pop(account_id, None)


def renamed(file_name: str | None, mime_type: str) -> str | None:
    """`clip.mov` → `clip.mp4`."""
    if file_name is None or mime_type not in _EXTENSIONS:
        return file_name
    return PurePath(file_name).stem + _EXTENSIONS[mime_type]


def _telling(view: ConversionView) -> Callable[[float], None]:
    def tell(part: float) -> None:
        view.progress = round(part, 3)

    return tell


@contextlib.contextmanager
def _gone_at_the_end(path: Path) -> Iterator[None]:
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _replace(draft: Draft, path: Path) -> None:
    file: BinaryIO
    draft.restart()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            draft.write(part)
    draft.flush()
