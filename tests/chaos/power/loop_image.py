"""Power cuts of real processes: `serve` on a data folder of which only what reached the block device is kept.

    python -m tests.chaos.power.loop_image --cuts 20 --messages 4000 [--seed 1] [--keep]

The data folder is an ext4 file system in an image file. A cut: `kill -9`, then the image is copied, without a
sync; the old one is thrown away, and the server goes on with the copy, in a kernel that seems to have booted
anew. Needs root on Linux, for loop mounts, in a mount name space of its own, so that nothing of it is left.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import msgspec

from tests.chaos.checker import Verdict
from tests.chaos.ending import Patience, finish, say
from tests.chaos.history import ATTEMPTS, read_lines
from tests.chaos.power.pace import until_sent
from tests.chaos.power.report import keep
from tests.chaos.scene import Scene, open_scene
from tests.chaos.traffic import Traffic, Work
from trunkline.store import sqlite
from trunkline.store.open import FILE_NAME

SIZE_MIB = 192
_INSIDE = "LOOP_IMAGE_INSIDE"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    cuts: int
    broken: list[str]
    """What SQLite found wrong with its file after a cut."""
    requeued: int
    """Attempts that were taken for proven not sent. There is no such proof after a power cut."""
    verdict: Verdict

    def is_clean(self) -> bool:
        return not self.broken and not self.requeued and self.verdict.is_clean()


class Image:
    """The file system below the data folder."""

    def __init__(self, folder: Path, mounted_at: Path) -> None:
        self._folder = folder
        self._at = mounted_at
        self._n = 0
        self._boot_id = folder / "boot-id"
        self._boot_id.touch()
        _run("mount", "--bind", str(self._boot_id), _BOOT_ID)
        self._at.mkdir()
        with self._path().open("wb") as file:
            file.truncate(SIZE_MIB * 1024 * 1024)
        _run("mkfs.ext4", "-q", str(self._path()))
        self._mount()

    def cut(self) -> None:
        """Nobody writes any more, but the kernel may: then the copy is taken once more."""
        copy = self._folder / f"image-{self._n + 1}"
        while True:
            before = self._written()
            _run("cp", "--sparse=always", str(self._path()), str(copy))
            if self._written() == before:
                break
        self.unmount()
        self._path().unlink()
        self._n += 1
        self._mount()

    def unmount(self) -> None:
        _run("umount", str(self._at))

    def _path(self) -> Path:
        return self._folder / f"image-{self._n}"

    def _mount(self) -> None:
        """Nothing is written without a sync for a long time, as far as a mount may say so."""
        self._boot_id.write_text(f"{uuid.uuid4()}\n")
        _run("mount", "-o", "loop,commit=600", str(self._path()), str(self._at))

    def _written(self) -> str:
        device = _run("findmnt", "-n", "-o", "SOURCE", str(self._at)).strip()
        return Path(f"/sys/class/block/{Path(device).name}/stat").read_text().split()[4]


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


async def run(cuts: int, messages: int, seed: int, folder: Path) -> Result:
    scene_folder = folder / "scene"
    scene_folder.mkdir()
    image = Image(folder, scene_folder / "data")
    broken: list[str] = []
    try:
        async with open_scene(scene_folder) as scene:
            traffic = Traffic(scene, Work(messages=messages))
            sending = asyncio.create_task(traffic.run())
            chance = random.Random(seed)
            for cut in range(cuts):
                sent = await until_sent(scene, messages * (cut + chance.random()) / (cuts + 1))
                await asyncio.sleep(chance.random() * 0.2)
                broken += await _cut(scene, image)
                say(True, f"cut {cut + 1} of {cuts} at {traffic.given} ids, {sent} sends")
            await sending
            verdict = await finish(scene, messages, Patience(doubt_seconds=20))
    finally:
        image.unmount()
    attempts = list(read_lines(scene_folder / ATTEMPTS))
    requeued = sum(attempt["outcome"] == "not_sent" for attempt in attempts)
    return Result(cuts=cuts, broken=broken, requeued=requeued, verdict=verdict)


async def _cut(scene: Scene, image: Image) -> list[str]:
    """What is damaged after it. The server runs again."""
    await scene.serve.kill()
    scene.history.add("kill", point="power cut")
    await asyncio.to_thread(image.cut)
    damage = await asyncio.to_thread(_damage, scene.data / FILE_NAME)
    started = time.monotonic()
    await scene.serve.start()
    scene.history.add("ready", seconds=round(time.monotonic() - started, 3))
    return damage


def _damage(path: Path) -> list[str]:
    connection = sqlite.connect(path)
    try:
        words = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        return [word for word in words if word != "ok"]
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args(arguments)
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or sys.platform != "linux":
        print("skipped: loop mounts need root on Linux; the emulated cuts ran without it")
        return 0
    if _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        program = [sys.executable, "-m", "tests.chaos.power.loop_image", *arguments]
        os.execvp("unshare", ["unshare", "--mount", *program])
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trunkline-loop-") as folder:
        result = asyncio.run(run(options.cuts, options.messages, options.seed, Path(folder)))
    counts = f"--cuts {options.cuts} --messages {options.messages} --seed {options.seed}"
    command = f"python -m tests.chaos.power.loop_image {counts}"
    keep("power-cuts-image", command, started, result, is_kept=options.keep)
    return 0 if result.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
