"""The machine under the measurement: its cores, its clock of CPU time, its disk, what is installed on it."""

import contextlib
import os
import platform
import statistics
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import apsw
import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_SECONDS = 0.5
_IDLE = 0.1
_PACKAGES = ("uvicorn", "uvloop", "httptools", "starlette", "msgspec", "apsw")


class Cores(msgspec.Struct, frozen=True):
    """Which core the servers run on, and which one the load. None: the machine does not let us choose."""

    servers: int | None
    load: int | None


class Machine(msgspec.Struct, frozen=True):
    cores: int
    cpu: str
    memory_gib: float
    system: str
    load_average: float
    """Of the last minute before the run: the higher, the less the figures mean."""
    sync_us: float
    """Median time to write 4 KiB and sync them, where the data folders are."""
    versions: dict[str, str]


def choose_cores() -> Cores:
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return Cores(allowed[0], allowed[1]) if len(allowed) > 1 else Cores(None, None)


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one core."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def wait_until_idle(patience_seconds: float) -> float:
    """Until other programs let the machine rest, or patience ends. The share of it that they used at last."""
    deadline = time.monotonic() + patience_seconds
    while True:
        busy, idle = _busy_and_idle()
        time.sleep(_LOOK_SECONDS)
        busy_now, idle_now = _busy_and_idle()
        share = (busy_now - busy) / max(1, busy_now - busy + idle_now - idle)
        if share < _IDLE or time.monotonic() > deadline:
            return share


def _busy_and_idle() -> tuple[int, int]:
    """Ticks of all cores since the machine started (proc(5), stat)."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, idle


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have used so far, in its own code and in the kernel (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def describe(folder: Path) -> Machine:
    versions = {"python": platform.python_version(), "sqlite": apsw.sqlite_lib_version()}
    return Machine(
        cores=os.cpu_count() or 1,
        cpu=_cpu_name(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        load_average=round(os.getloadavg()[0], 2),
        sync_us=round(_sync_us(folder / "sync"), 0),
        versions=versions | {name: metadata.version(name) for name in _PACKAGES},
    )


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _sync_us(path: Path) -> float:
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - started)
    path.unlink()
    return statistics.median(took) * 1e6
