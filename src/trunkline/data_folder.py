"""The data folder: one running server at a time, and how the command line reaches it.

lock          held for as long as a process uses the folder; the system frees it however that one ends
unchecked     after a server was killed, until its database was found to be sound
run.json      while a server runs: where it answers, and the token with which an operator may ask
clock.json    how far virtual time is ahead, once it was moved: see `virtual_time.py`
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

_LOCK = "lock"
_RUN = "run.json"
_CLOCK = "clock.json"
_UNCHECKED = "unchecked"


class AlreadyRunning(Exception):
    """Another process uses the data folder."""


class Running(msgspec.Struct, frozen=True):
    """A running server, as `run.json` describes it."""

    pid: int
    api_url: str
    operator_token: str
    sandbox_url: str | None = None
    """Of the built-in sandbox, where there is one."""


@contextlib.contextmanager
def lock_data_folder(folder: Path, *, is_shared: bool = False) -> Iterator[None]:
    """Make the folder if need be and hold it. `AlreadyRunning` names the process that has it.

    It is shared by processes that have no database in it: PostgreSQL keeps them apart.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"the data folder {folder} is in use by another trunkline (process {holder}); "
                "stop that one, or give this one a folder of its own with --data"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        if not is_shared:
            _remember_kill(folder)
        with _for_this_user_alone():
            yield
    finally:
        os.close(descriptor)


def _remember_kill(folder: Path) -> None:
    run = folder / _RUN
    if run.exists():
        (folder / _UNCHECKED).touch(mode=0o600)
        run.unlink()


def is_unchecked(folder: Path) -> bool:
    """Whether a server was killed here since the database was last found to be sound."""
    return (folder / _UNCHECKED).exists()


def keep_checked(folder: Path) -> None:
    (folder / _UNCHECKED).unlink(missing_ok=True)


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
    _write(folder, _RUN, msgspec.json.encode(running))
    try:
        yield
    finally:
        present = find_running(folder)
        if present is None or present.pid == running.pid:  # not that of another process on this folder
            (folder / _RUN).unlink(missing_ok=True)


def _write(folder: Path, name: str, content: bytes) -> None:
    """Whole, or as it was before."""
    draft = folder / f"{name}.{secrets.token_hex(4)}"  # others may write theirs at the same moment
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.rename(folder / name)
    finally:
        draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """A file's bytes, or which names stand in a folder, are on disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def find_running(folder: Path) -> Running | None:
    """The server that announced itself here; it may have died since without taking that back."""
    try:
        return msgspec.json.decode((folder / _RUN).read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None


class _Ahead(msgspec.Struct, frozen=True):
    offset_ms: Annotated[int, msgspec.Meta(ge=0)]


def read_offset(folder: Path) -> int:
    """Milliseconds that this folder's time is ahead of the machine's. `ValueError`: not to be read."""
    path = folder / _CLOCK
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Ahead).offset_ms
    except FileNotFoundError:
        return 0
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{path} can not be read: {error}") from error


def keep_offset(folder: Path, offset_ms: int) -> None:
    """On disk when this returns."""
    _write(folder, _CLOCK, msgspec.json.encode(_Ahead(offset_ms)))
