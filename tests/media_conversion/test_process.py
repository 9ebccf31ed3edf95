"""ffmpeg is started, watched and ended. A script plays it: what stands here is all that lies at our side."""

import asyncio
import os
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests import media_samples as samples
from trunkline.media_conversion import ConversionError, Converter, Limits, program
from trunkline.media_probe import probe

TARGET = 'for target; do :; done; target="${target#file:}"; '
Fake = Callable[..., Converter]


class Scene:
    """A source, a place for what comes of it, and a program that does as the test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source, self.target = folder / "source", folder / "target"
        self.source.write_bytes(samples.mp4("H.265"))
        self.progress: list[float] = []
        self.progress_to: Callable[[float], object] = self.progress.append

    def convert(self, script: str, limits: Limits | None = None) -> Awaitable[None]:
        ffmpeg = self.folder / "ffmpeg"
        ffmpeg.write_text("#!/bin/sh\n" + TARGET + script)
        ffmpeg.chmod(0o700)
        found = probe(self.source)
        return Converter(ffmpeg, limits).convert(self.source, found, "video", self.target, self.progress_to)

    def fails(self, script: str, limits: Limits | None = None) -> ConversionError:
        async def run() -> None:
            await self.convert(script, limits)

        with pytest.raises(ConversionError) as raised:
            asyncio.run(run())
        assert not self.target.exists()
        return raised.value


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_what_it_writes_is_there_and_its_progress_is_told(scene: Scene) -> None:
    """How long the film is comes by another way than how far it is: the script waits until both are met."""
    told = scene.progress.append
    scene.progress_to = lambda part: (told(part), (scene.folder / "told").touch())
    asyncio.run(
        _finish(
            scene.convert(
                """
                echo "  Duration: 00:00:10.00, start: 0.0" >&2
                until [ -e told ]; do printf 'out_time_us=2500000\nprogress=continue\n'; sleep 0.01; done
                printf 'out_time_us=99000000\nprogress=end\n'
                printf film > "$target"
                """
            )
        )
    )
    assert scene.target.read_bytes() == b"film"
    assert scene.progress == sorted(scene.progress)
    assert [*dict.fromkeys(scene.progress)] == [0.25, 0.99, 1.0]


def test_it_is_told_the_files_and_nothing_of_ours(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_SECRET", "sesame")
    asyncio.run(_finish(scene.convert('printf "%s\\n" "$@" > args; env > env; printf x > "$target"')))
    args = (scene.folder / "args").read_text().splitlines()
    assert args[args.index("-i") + 1] == f"file:{scene.source}"
    assert args[-1] == f"file:{scene.target}"
    assert args.index("-protocol_whitelist") < args.index("-i")
    assert "sesame" not in (scene.folder / "env").read_text()


async def _finish(work: Awaitable[None]) -> None:
    await work


def test_its_last_words_are_told_without_our_paths(scene: Scene) -> None:
    fault = scene.fails(
        'printf half > "$target"; echo first >&2; echo "file:$PWD/source: Invalid data" >&2; exit 1'
    )
    assert (str(fault), fault.is_ours) == ("ffmpeg says: the file Invalid data", False)


def test_one_that_says_nothing_is_told_too(scene: Scene) -> None:
    assert str(scene.fails("exit 3")) == "ffmpeg says: it ended with 3"
    assert str(scene.fails("exit 0")) == "ffmpeg wrote nothing"


def test_one_that_takes_too_long_is_ended(scene: Scene) -> None:
    fault = scene.fails("echo $$ > pid; sleep 60 & wait", Limits(seconds=0.4))
    assert str(fault) == "it takes longer than 0.4 seconds"
    assert is_gone(scene.folder / "pid")


def test_one_that_writes_too_much_is_ended(scene: Scene) -> None:
    fault = scene.fails('exec head -c 5000000 /dev/zero > "$target"', Limits(most_bytes=100_000))
    assert str(fault) == "what comes of it is larger than 100,000 bytes"


def test_one_that_takes_too_much_memory_ends(scene: Scene) -> None:
    greedy = f"exec {sys.executable} -S -c 'bytearray(10**9)'"
    assert str(scene.fails(greedy, Limits(memory_bytes=300 * 1024 * 1024))) == "ffmpeg says: MemoryError"


def test_one_that_talks_without_end_fills_no_memory(scene: Scene) -> None:
    script = 'head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; printf x > "$target"'
    tracemalloc.start()
    try:
        asyncio.run(_finish(scene.convert(script)))
        memory = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert scene.target.read_bytes() == b"x"
    assert memory < 1_000_000


def test_it_ends_with_the_caller(scene: Scene) -> None:
    async def run() -> None:
        os.mkfifo(scene.folder / "started")
        going = asyncio.ensure_future(
            scene.convert('echo $$ > pid; printf half > "$target"; echo > started; sleep 60')
        )
        await asyncio.to_thread((scene.folder / "started").read_text)
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going

    asyncio.run(run())
    assert is_gone(scene.folder / "pid")
    assert not scene.target.exists()


def test_a_program_that_is_not_there_is_no_fault_of_the_file(scene: Scene) -> None:
    found = probe(scene.source)
    work = Converter(scene.folder / "nowhere").convert(scene.source, found, "video", scene.target)
    with pytest.raises(ConversionError) as raised:
        asyncio.run(work)
    assert raised.value.is_ours


def test_the_program_is_looked_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program("no-such-program-here") is None
    monkeypatch.setenv("PATH", os.fspath(scene.folder))
    (scene.folder / "ffmpeg").write_text("#!/bin/sh\n")
    (scene.folder / "ffmpeg").chmod(0o700)
    assert program() == scene.folder / "ffmpeg"


def is_gone(pid: Path) -> bool:
    try:
        os.kill(int(pid.read_text()), 0)
    except ProcessLookupError:
        return True
    return False
