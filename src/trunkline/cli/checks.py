"""The checks of `trunkline doctor`, in the order in which one rests on the other."""

import os
import platform
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from trunkline.cli.client import open_client
from trunkline.cli.exits import Trouble
from trunkline.cli.office import is_alive
from trunkline.cli.options import Place
from trunkline.cli.settings import load_settings
from trunkline.clock import SystemClock, to_rfc3339

if TYPE_CHECKING:
    from trunkline.config import Settings
    from trunkline.store.look import Sight

_LEAST_FREE_BYTES = 1024**3
_SKEW_MS = 5_000
_FIRST_SANE_AT = 1_767_225_600_000
"""2026-01-01: a clock that says less was never set."""


class Finding(NamedTuple):
    check: str
    verdict: Literal["ok", "warn", "fail"]
    text: str
    remedy: str | None = None


async def examine(place: Place) -> list[Finding]:
    """Every finding; a check whose ground is missing is left out."""
    findings = list(_versions())
    try:
        settings = load_settings(place.config, data=place.data, store__url=place.database)
    except Trouble as trouble:
        return [*findings, Finding("settings", "fail", trouble.detail, "trunkline config describe")]
    findings.append(Finding("settings", "ok", "they can be used"))
    folder = Path(settings.data)
    findings += (on_disk := list(_disk(folder)))
    if len(on_disk) > 1:  # else there is no folder
        findings += [finding async for finding in _store(settings, folder)]
        findings += [finding async for finding in _bucket(settings)]
        findings.append(await _server(folder))
    return findings


async def _bucket(settings: "Settings") -> AsyncIterator[Finding]:
    """Where one has the bytes of files: whether it takes them, gives them back and removes them."""
    from trunkline.media_files import open_shelf

    if not settings.media.store:
        return
    try:
        await open_shelf(settings).try_out()
    except OSError as error:
        remedy = "settings of [media]: store, s3_endpoint, s3_region, s3_key_id, s3_secret"
        yield Finding("bucket", "fail", f"{settings.media.store}: {error}", remedy)
    else:
        yield Finding("bucket", "ok", f"{settings.media.store} takes files, gives them back and removes them")


def _versions() -> Iterator[Finding]:
    import apsw

    enough = sys.version_info >= (3, 11)
    yield Finding(
        "python",
        "ok" if enough else "fail",
        f"{platform.python_version()}, Trunkline {_own_version()}",
        None if enough else "Python 3.11 or newer is needed",
    )
    sane = apsw.SQLITE_VERSION_NUMBER >= 3_051_003
    yield Finding(
        "sqlite",
        "ok" if sane else "fail",
        apsw.sqlite_lib_version(),
        None if sane else "install a newer apsw: older SQLite can damage a database in WAL mode",
    )


def _own_version() -> str:
    from trunkline import __version__

    return __version__


def _disk(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        text = f"{folder.absolute()} is not there yet"
        yield Finding("data folder", "warn", text, "`trunkline serve` makes it; --data names another")
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"{folder.absolute()} can not be written by this user"
        yield Finding("data folder", "fail", text, f"run as its owner, or: chown -R $USER {folder}")
    elif mode & 0o077:
        text = f"{folder.absolute()} is open to other users (mode {mode:o})"
        yield Finding("data folder", "warn", text, f"chmod 700 {folder}")
    else:
        yield Finding("data folder", "ok", str(folder.absolute()))
    free = shutil.disk_usage(folder).free
    enough = free >= _LEAST_FREE_BYTES
    text = f"{free / 1024**3:.1f} GiB free"
    remedy = None if enough else "make room: when the disk is full nothing is accepted any more"
    yield Finding("disk", "ok" if enough else "warn", text, remedy)
    yield _key(folder)


def _key(folder: Path) -> Finding:
    from trunkline.vault import VaultError, load_vault

    path = folder / "keys" / "master.key"
    if not path.exists():
        return Finding("master key", "warn", f"{path} is not there yet", "the first start makes it")
    try:
        vault = load_vault(folder)
    except (VaultError, OSError) as error:
        return Finding("master key", "fail", str(error), "put it back from a backup, for its owner alone")
    return Finding("master key", "ok", f"{vault.key_id}; keep a copy apart from the database's")


async def _store(settings: "Settings", folder: Path) -> AsyncIterator[Finding]:
    from trunkline.store.look import look

    where = "PostgreSQL" if settings.store.url else "SQLite"
    try:
        sight = await look(settings.store.url or None, folder)
    except Exception as error:
        remedy = (
            "is it running, and is store.url right?" if settings.store.url else "see the log, or a backup"
        )
        yield Finding("store", "fail", f"{where} can not be used: {error}", remedy)
        return
    if sight is None:
        yield Finding("store", "warn", "there is no database yet", "the first start makes it")
        return
    yield Finding("store", "ok", f"{where} opens, with its settings in force")
    if not settings.store.url:
        yield _soundness(folder)
    if sight.missing:
        text = f"not applied yet: {', '.join(sight.missing)}"
        yield Finding("migrations", "warn", text, "the next start of `trunkline serve` applies them")
        return
    yield Finding("migrations", "ok", "up to date")
    if not sight.has_checksums:
        text = "data checksums are off: damage on the disk would not be noticed"
        yield Finding("checksums", "warn", text, "stop PostgreSQL, then: pg_checksums --enable")
    for finding in (*_numbers(sight), _clock(sight, folder)):
        yield finding
    for number in sight.numbers:
        if number.is_builtin:
            yield await _sandbox(number.base_url)


def _soundness(folder: Path) -> Finding:
    from trunkline.store.damage import find_damage
    from trunkline.store.open import FILE_NAME

    damage = find_damage(folder / FILE_NAME)
    if damage is None:
        return Finding("soundness", "ok", "no page of the database is damaged")
    return Finding("soundness", "fail", damage, "stop the server, then: trunkline db restore FILE")


def _numbers(sight: "Sight") -> Iterator[Finding]:
    if not sight.numbers:
        yield Finding("numbers", "warn", "there is none", "trunkline numbers add --help")
    for number in sight.numbers:
        if number.held_reason:
            text = f"{number.digits} is held: {number.held_reason}"
            remedy = f"mend the cause, then: trunkline numbers release {number.digits}"
            yield Finding("number", "fail", text, remedy)
        else:
            yield Finding("number", "ok", f"{number.digits} at {number.base_url}")


def _clock(sight: "Sight", folder: Path) -> Finding:
    from trunkline.data_folder import read_offset

    now = SystemClock().now()
    if now < _FIRST_SANE_AT:
        return Finding("clock", "fail", f"it says {to_rfc3339(now)}", "set it, for example with NTP")
    try:
        now += read_offset(folder)  # virtual time
    except ValueError as error:
        return Finding("clock", "fail", str(error), "put it back from a backup")
    if sight.newest_at is not None and sight.newest_at > now + _SKEW_MS:
        text = f"it says {to_rfc3339(now)}, before the last message was accepted"
        return Finding("clock", "warn", text, "it went back; is NTP at work?")
    return Finding("clock", "ok", to_rfc3339(now))


async def _sandbox(base_url: str) -> Finding:
    parts = urlsplit(base_url)
    url = f"{parts.scheme}://{parts.netloc}"
    try:
        async with open_client(url, {}) as client:
            told = await client.get("/_sandbox/health")
    except Trouble:
        return Finding("sandbox", "warn", f"nothing answers at {url}", "it runs inside `trunkline serve`")
    down = told.get("callbacks_down") if isinstance(told, dict) else None
    if down:
        text = f"answers at {url}, but can not post its webhooks"
        return Finding("sandbox", "warn", text, "is the server that it posts to running?")
    return Finding("sandbox", "ok", f"answers at {url}")


async def _server(folder: Path) -> Finding:
    from trunkline.data_folder import find_running

    running = find_running(folder)
    if running is None:
        return Finding("server", "warn", "it does not run", "trunkline serve")
    if not is_alive(running.pid):
        return Finding("server", "warn", "it does not run: it was killed, or crashed", "trunkline serve")
    try:
        async with open_client(running.api_url, {}) as client:
            await client.get("/livez")
    except Trouble as trouble:
        return Finding("server", "fail", trouble.detail, f"look at process {running.pid} and its log")
    return Finding("server", "ok", f"answers at {running.api_url} (process {running.pid})")
