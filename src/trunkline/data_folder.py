"""The data folder: one running server at a time, and how the command line reaches it.

lock          held for as long as a process uses the folder; the system frees it however that one ends
run.json      while a server runs: where it answers, and the token with which an operator may ask
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

_LOCK = "lock"
_RUN = "run.json"


class AlreadyRunning(Exception):
    """Another process uses the data folder."""


class Running(msgspec.Struct, frozen=True):
    """A running server, as `run.json` describes it."""

    pid: int
    api_url: str
    operator_token: str


@contextlib.contextmanager
def lock_data_folder(folder: Path) -> Iterator[None]:
    """Make the folder if need be and hold it. `AlreadyRunning` names the process that has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"the data folder {folder} is in use by another trunkline (process {holder}); "
                "stop that one, or give this one a folder of its own with --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        (folder / _RUN).unlink(missing_ok=True)  # of a server that was killed
        with _for_this_user_alone():
            yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _for_this_user_alone() -> Iterator[None]:
    """Of every file that this process makes meanwhile: SQLite by itself would let everybody read its own."""
    mask = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(mask)


@contextlib.contextmanager
def announce(folder: Path, running: Running) -> Iterator[None]:
    """`run.json` while the server runs, for its own user alone."""
    path = folder / _RUN
    draft = folder / f"{_RUN}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(running))
    draft.rename(path)  # whole, or not there
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def find_running(folder: Path) -> Running | None:
    """The server that announced itself here; it may have died since without taking that back."""
    try:
        return msgspec.json.decode((folder / _RUN).read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
