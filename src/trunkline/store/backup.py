"""Backups of the SQLite store, and the way back. PostgreSQL has its own tools (`pg_dump`).

A backup is one whole file, made beside a running server by `VACUUM INTO`. What comes back is checked, marked
as restored (see `restored.py`) and only then put in place, in one step; what was there stays beside it.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import apsw

from trunkline.clock import to_rfc3339
from trunkline.data_folder import sync
from trunkline.failpoints import reach
from trunkline.store import migrate, restored
from trunkline.store.contract import StoreUnavailable
from trunkline.store.copy import fold
from trunkline.store.damage import find_damage
from trunkline.store.open import COPIED, COPYING, FILE_NAME
from trunkline.store.sqlite import SqliteTx, as_unavailable, connect, run_now

_BEFORE = f"{FILE_NAME}.before-restore-"
_SIDE_FILES = ("-wal", "-shm")


class BackupRefused(Exception):
    """Nothing was changed; the text says why."""


class Restored(NamedTuple):
    held: int
    """Messages that waited at the backup; they wait for somebody's word now."""
    in_doubt: int
    put_aside: Path | None
    """The database that was there before."""


def back_up(path: Path, to: Path) -> int:
    """Write the database to the new file `to`. Its size."""
    if to.exists():
        raise BackupRefused(f"{to} is there already")
    if not to.parent.is_dir():
        raise BackupRefused(f"there is no folder {to.parent}")
    draft = to.with_name(f"{to.name}.part")
    draft.unlink(missing_ok=True)  # of a run that was killed
    connection = connect(path, read_only=True)
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection.execute("PRAGMA query_only = 0")  # it would keep the new file from being written, too
        connection.execute("VACUUM INTO ?", (str(draft),))
    except apsw.Error as error:
        draft.unlink()
        raise StoreUnavailable(f"the backup could not be written: {error}") from error
    finally:
        connection.close()
    sync(draft)
    reach("C20")
    draft.rename(to)
    sync(to.parent)
    return to.stat().st_size


def restore(data_dir: Path, backup: Path, now: int) -> Restored:
    """The caller holds the folder's lock."""
    if not backup.is_file():
        raise BackupRefused(f"there is no file {backup}")
    if Path(f"{backup}-wal").exists():
        raise BackupRefused(f"{backup} is a database in use; a backup is made by `trunkline db backup`")
    draft = data_dir / f"{FILE_NAME}.restoring"
    _remove(draft)
    try:
        shutil.copyfile(backup, draft)
        _refuse_what_is_no_backup(draft, backup)
        held, in_doubt = _mark(draft, now)
    except BaseException:
        _remove(draft)
        raise
    fold(draft)
    sync(draft)
    reach("C20")
    return Restored(held, in_doubt, _put_in_place(draft, data_dir, now))


def _refuse_what_is_no_backup(draft: Path, backup: Path) -> None:
    if damage := find_damage(draft, thorough=True):
        raise BackupRefused(f"{backup} is damaged: {damage}")
    connection = connect(draft, read_only=True)
    try:
        if not connection.table_exists(None, "schema_migrations"):
            raise BackupRefused(f"{backup} is not a database of Trunkline")
    finally:
        connection.close()


def _mark(draft: Path, now: int) -> tuple[int, int]:
    migrate.migrate_sqlite(draft, now)
    connection = connect(draft)
    try:
        with as_unavailable(), connection:
            counts = run_now(restored.mark(SqliteTx(connection), now))
        return counts  # noqa: RET504 - to mypy the connection might swallow a fault
    finally:
        connection.close()


def _put_in_place(draft: Path, data_dir: Path, now: int) -> Path | None:
    """At every moment there is a whole database under the name that a start looks for."""
    path = data_dir / FILE_NAME
    aside = _put_aside(path, data_dir / f"{_BEFORE}{to_rfc3339(now).replace(':', '')}")
    draft.replace(path)
    sync(data_dir)
    _settle_copies(data_dir, now)
    return aside


def _put_aside(path: Path, aside: Path) -> Path | None:
    if not path.exists():
        return None
    try:
        fold(path)
    except (StoreUnavailable, apsw.Error):  # damaged, perhaps the reason for all this: its log goes with it
        for side in _SIDE_FILES:
            if (log := Path(f"{path}{side}")).exists():
                log.rename(f"{aside}{side}")
    os.link(path, aside)
    sync(path.parent)
    return aside


def _settle_copies(data_dir: Path, now: int) -> None:
    """An interrupted copy to PostgreSQL is not gone on with: the file in place is another one now."""
    copying = data_dir / COPYING
    if copying.exists():
        copying.rename(data_dir / f"{COPIED}interrupted-{to_rfc3339(now).replace(':', '')}")


def _remove(path: Path) -> None:
    for side in ("", *_SIDE_FILES):
        Path(f"{path}{side}").unlink(missing_ok=True)
