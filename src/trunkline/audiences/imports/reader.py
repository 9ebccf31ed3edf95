"""The reading process as the rest of the program sees it: frames, one after the other, at its own pace.

It ends with the `async with`, whatever happens there. Nothing is read ahead but what a pipe holds.
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import msgspec

from trunkline.audiences.imports.frames import LENGTH, Batch, Ended, Look, Order, Read, Refused, Seen, Told
from trunkline.audiences.imports.options import Found, Options
from trunkline.table_files import TableError

LOOK_SECONDS = 120.0
_PROGRAM = "import sys; sys.path[:] = {path!r}; from trunkline.audiences.imports.reading import main; main()"
_BUFFER = 262_144
_MOST_WORDS = 4_000
_decoder = msgspec.msgpack.Decoder(Told)


class ReaderFailed(Exception):
    """The process ended in a way that is no property of the file: it is to be tried again."""


async def look(path: Path, options: Options) -> Found:
    """`TableError` where the file is none that can be read, or takes too long."""
    try:
        async with asyncio.timeout(LOOK_SECONDS), _started(Look(path=str(path), options=options)) as told:
            seen = await anext(told)
    except TimeoutError:
        raise TableError("too_large", f"It takes longer than {LOOK_SECONDS:g} seconds to open.") from None
    assert isinstance(seen, Seen)
    return seen.found


@contextlib.asynccontextmanager
async def batches(order: Read) -> AsyncIterator[AsyncGenerator[Batch, None]]:
    """The rows of a file. `TableError` where it can not be read, or not further."""
    async with _started(order) as told:
        yield _only_batches(told)


async def _only_batches(told: AsyncGenerator[Told, None]) -> AsyncGenerator[Batch, None]:
    async for frame in told:
        if isinstance(frame, Ended):
            return
        assert isinstance(frame, Batch)
        yield frame


@contextlib.asynccontextmanager
async def _started(order: Order) -> AsyncIterator[AsyncGenerator[Told, None]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM.format(path=sys.path)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
        limit=_BUFFER,
    )
    said = asyncio.create_task(_last_words(process))
    try:
        await _tell(process, order)
        yield _frames(process, said)
    finally:
        said.cancel()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _tell(process: Process, order: Order) -> None:
    assert process.stdin is not None
    process.stdin.write(msgspec.msgpack.encode(order))
    with contextlib.suppress(ConnectionError):
        await process.stdin.drain()
    process.stdin.close()


async def _frames(process: Process, said: "asyncio.Task[str]") -> AsyncGenerator[Told, None]:
    assert process.stdout is not None
    while True:
        try:
            (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
            frame = _decoder.decode(await process.stdout.readexactly(size))
        except asyncio.IncompleteReadError:
            raise ReaderFailed(await said or "the process that reads the file ended") from None
        if isinstance(frame, Refused):
            raise TableError(frame.reason, frame.detail)
        yield frame


async def _last_words(process: Process) -> str:
    """What a fault of ours says."""
    assert process.stderr is not None
    words = b""
    while part := await process.stderr.read(_MOST_WORDS):
        words = (words + part)[-_MOST_WORDS:]
    return words.decode("utf-8", "replace")
