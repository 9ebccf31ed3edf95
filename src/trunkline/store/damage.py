"""Is the SQLite file sound? Looked at in a thread, beside everything else: a large file takes a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw

from trunkline.store.contract import StoreUnavailable
from trunkline.store.sqlite import connect

log = logging.getLogger("trunkline")

_MOST_FINDINGS = 10


async def check_in_background(path: Path, on_damage: Callable[[str], Awaitable[None]]) -> bool:
    """True when the file is sound. Canceled, it leaves off at once."""
    connection = connect(path, read_only=True)
    looking = asyncio.get_running_loop().run_in_executor(None, _look_and_close, connection, False)
    try:
        damage = await asyncio.shield(looking)
    except asyncio.CancelledError:
        connection.interrupt()
        raise
    if damage:
        log.error("%s is damaged: %s", path, damage)
        await on_damage(damage)
    return not damage


def find_damage(path: Path, *, thorough: bool = False) -> str | None:
    """What is wrong, in SQLite's words; `thorough` compares the indexes with their tables as well."""
    try:
        connection = connect(path, read_only=True)
    except StoreUnavailable as fault:
        return str(fault)
    return _look_and_close(connection, thorough)


def _look_and_close(connection: apsw.Connection, thorough: bool) -> str | None:
    check = "integrity_check" if thorough else "quick_check"
    try:
        found = [row[0] for row in connection.execute(f"PRAGMA {check}({_MOST_FINDINGS})")]
    except apsw.InterruptError:
        return None
    except apsw.Error as fault:
        return str(fault)
    finally:
        connection.close()
    return None if found == ["ok"] else "; ".join(found)
