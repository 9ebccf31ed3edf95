"""`trunkline migrate` and `trunkline db`: the care of the database (docs/database.md)."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import ConfigFile, Data, Json, Place, expanded
from trunkline.cli.settings import load_settings

if TYPE_CHECKING:
    from trunkline.config import Settings
    from trunkline.store.restored import Choice

db = typer.Typer(no_args_is_help=True, help="The database: copy, backup, restore, check.")


@expanded
def migrate(
    place: Place,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what waits; ends with 1 when something does.")
    ] = False,
) -> None:
    """Bring the database up to date with this version, as a start would. SQLite: while no server runs."""
    from trunkline.store import migrate, open

    with output.command(place.as_json) as out, _faults_told():
        settings, folder = _settings(place)
        url = settings.store.url or None
        if check:
            found = asyncio.run(open.waiting(url, folder))
            word = "waiting"
        elif url:
            found, word = asyncio.run(migrate.migrate_postgres(url, _now())), "applied"
        else:
            with _held(folder):
                found, word = migrate.migrate_sqlite(open.sqlite_file(folder), _now()), "applied"
        out.result({word: found}, lambda: _say(*([f"{word}: {name}" for name in found] or ["up to date"])))
        if check and found:
            raise typer.Exit(ExitCode.REFUSED)


@db.command("copy")
def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="postgresql://user:password@host/database")],
    as_json: Json = False,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Move all from the SQLite of a stopped server into an empty PostgreSQL, and prove that it is there.

    All or nothing: what fails or is killed can be run again. The SQLite file gets another name at the end, so
    that no server is started on it by mistake; the data folder, with the master key, stays in use.
    """
    from trunkline.store.copy import CopyRefused
    from trunkline.store.copy import copy as copy_all

    with output.command(as_json) as out, _faults_told():
        settings, folder = _settings(Place(data=data, config=config))
        if not to.startswith(("postgresql://", "postgres://")):
            raise Trouble(
                ExitCode.USAGE, "--to is an address such as postgresql://user:password@host/database"
            )
        with _held(folder), _progress(as_json) as tell:
            try:
                done = asyncio.run(copy_all(folder, to, _now(), tell))
            except CopyRefused as error:
                raise Trouble(ExitCode.REFUSED, str(error)) from None
        lines = [f"{sum(done.rows.values())} rows in {len(done.rows)} tables are in PostgreSQL, checked."]
        lines += [f"The SQLite file is {done.left_at} now; nothing starts on it."]
        lines += [f"Start with: trunkline serve --data {settings.data} --database postgresql://…"]
        out.result({"rows": done.rows, "left_at": str(done.left_at.absolute())}, lambda: _say(*lines))


@db.command("backup")
@expanded
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file; its folder has to be there.")],
    place: Place,
) -> None:
    """Write the SQLite database to one whole file, beside a running server or not."""
    from trunkline.store.backup import BackupRefused, back_up

    with output.command(place.as_json) as out, _faults_told():
        path = _sqlite(place, "use pg_dump for PostgreSQL")
        if not path.exists():
            raise Trouble(ExitCode.USAGE, f"there is no database in {path.parent.absolute()}")
        try:
            size = back_up(path, file)
        except BackupRefused as error:
            raise Trouble(ExitCode.USAGE, str(error)) from None
        told = (
            f"{file} has everything but the master key and the bytes of files: keep copies of "
            f"{path.parent / 'keys'} and of {path.parent / 'media'} (or your bucket) elsewhere."
        )
        out.result({"file": str(file.absolute()), "bytes": size}, lambda: _say(told))


@db.command("restore")
@expanded
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Written by `trunkline db backup`.")],
    place: Place,
) -> None:
    """Put a backup in the place of the SQLite database, while no server runs.

    What waited to be sent at the backup may have been sent since: it is held, until `trunkline db
    release-restored`. The database that was there stays beside it, under a dated name.
    """
    from trunkline.store.backup import BackupRefused
    from trunkline.store.backup import restore as put_back

    with output.command(place.as_json) as out, _faults_told():
        path = _sqlite(place, "use pg_restore for PostgreSQL, then `trunkline db mark-restored`")
        with _held(path.parent):
            try:
                done = put_back(path.parent, file, _now())
            except BackupRefused as error:
                raise Trouble(ExitCode.REFUSED, str(error)) from None
        aside = str(done.put_aside.absolute()) if done.put_aside else None
        result = {"held": done.held, "in_doubt": done.in_doubt, "put_aside": aside}
        lines = [*_of_mark(done.held, done.in_doubt)]
        lines += [f"The database that was there is {aside} now."] if aside else []
        out.result(result, lambda: _say(*lines))


@db.command("mark-restored")
@expanded
def mark_restored(place: Place) -> None:
    """Say that the database came back from a backup by other means, such as pg_restore, before any start.

    Does what `restore` does after putting the file in place: all that waits is held.
    """
    from trunkline.store import processes, restored

    async def work(settings: "Settings", folder: Path) -> tuple[int, int]:
        async with _opened(settings, folder) as store:
            if running := await store.read(processes.living):
                raise Trouble(ExitCode.IN_USE, f"{running[0].host} uses the database; stop its servers first")
            now = _now()
            held, in_doubt = await store.write(lambda tx: restored.mark(tx, now))
            return int(held), int(in_doubt)

    with output.command(place.as_json) as out, _faults_told():
        settings, folder = _settings(place)
        with _held(folder):
            held, in_doubt = asyncio.run(work(settings, folder))
        out.result({"held": held, "in_doubt": in_doubt}, lambda: _say(*_of_mark(held, in_doubt)))


@db.command("release-restored")
@expanded
def release_restored(
    place: Place,
    send: Annotated[bool, typer.Option("--send", help="They go out: nothing was sent since.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="They are withdrawn: all was sent since.")] = False,
) -> None:
    """Decide on the messages that a restore holds; without a decision, say how many there are.

    Let the server run for a while first: reports of the provider settle those that were sent. One message
    alone is withdrawn by `trunkline messages cancel`. SQLite: while no server runs.
    """
    from trunkline.store import restored

    async def work(settings: "Settings", folder: Path, choice: "Choice | None") -> int:
        async with _opened(settings, folder) as store:
            if choice is None:
                return sum((await store.read(restored.held)).values())
            return await restored.let_go(store, choice, _now())

    with output.command(place.as_json) as out, _faults_told():
        if send and cancel:
            raise Trouble(ExitCode.USAGE, "--send and --cancel are both given; keep one")
        choice: Choice | None = "release" if send else "cancel" if cancel else None
        word = {"release": "released", "cancel": "canceled", None: "held"}[choice]
        settings, folder = _settings(place)
        with contextlib.nullcontext() if settings.store.url else _held(folder):
            count = asyncio.run(work(settings, folder, choice))
        out.result({word: count}, lambda: _say(f"{word}: {count}"))


@db.command("check")
@expanded
def check(
    place: Place,
    full: Annotated[
        bool, typer.Option("--full", help="Compare indexes with their tables, too: much slower.")
    ] = False,
) -> None:
    """Look whether the SQLite file is sound, beside a running server or not. Ends with 1 when it is not."""
    from trunkline.store.damage import find_damage

    with output.command(place.as_json) as out, _faults_told():
        path = _sqlite(place, "PostgreSQL checks its pages itself (data checksums); see also pg_amcheck")
        if not path.exists():
            raise Trouble(ExitCode.USAGE, f"there is no database in {path.parent.absolute()}")
        damage = find_damage(path, thorough=full)
        out.result({"ok": damage is None, "damage": damage}, lambda: _say(damage or f"{path} is sound"))
        if damage:
            raise typer.Exit(ExitCode.REFUSED)


def _settings(place: Place) -> "tuple[Settings, Path]":
    from trunkline import failpoints

    settings = load_settings(place.config, data=place.data, store__url=place.database)
    failpoints.arm(settings.failpoints, Path(settings.data) / "failpoints")
    return settings, Path(settings.data)


def _sqlite(place: Place, otherwise: str) -> Path:
    from trunkline.store.open import FILE_NAME

    settings, folder = _settings(place)
    if settings.store.url:
        raise Trouble(ExitCode.USAGE, f"this is for SQLite; {otherwise}")
    return folder / FILE_NAME


def _now() -> int:
    from trunkline.clock import SystemClock

    return SystemClock().now()


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    from trunkline.data_folder import AlreadyRunning, lock_data_folder

    try:
        with lock_data_folder(folder):
            yield
    except AlreadyRunning as error:
        raise Trouble(ExitCode.IN_USE, str(error)) from None


@contextlib.asynccontextmanager
async def _opened(settings: "Settings", folder: Path) -> Any:
    from trunkline.store import open_store

    store = await open_store(
        settings.store.url or None, folder, _now(), may_migrate=settings.store.migrate == "auto"
    )
    try:
        yield store
    finally:
        await store.close()


@contextlib.contextmanager
def _faults_told() -> Iterator[None]:
    from trunkline.store import StoreUnavailable

    try:
        yield
    except StoreUnavailable as error:
        raise Trouble(ExitCode.UNREACHABLE, str(error)) from None
    except OSError as error:
        raise Trouble(ExitCode.USAGE, str(error)) from None


@contextlib.contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each table on a terminal, else a line for each table that is done."""
    screen = output.console(error=True)
    if as_json or not screen.is_terminal:
        yield lambda table, done, of: None if as_json or done < of else _note(f"{table}: {of} rows")
        return
    from rich.progress import Progress, TaskID

    bars: dict[str, TaskID] = {}
    with Progress(console=screen, transient=True) as progress:

        def tell(table: str, done: int, of: int) -> None:
            if table not in bars:
                bars[table] = progress.add_task(table, total=max(of, 1))
            progress.update(bars[table], completed=done if of else 1)

        yield tell


def _note(text: str) -> None:
    output.console(error=True).print(text, markup=False)


def _say(*lines: str) -> None:
    for line in lines:
        output.console().print(line, markup=False, soft_wrap=True)


def _of_mark(held: int, in_doubt: int) -> Iterator[str]:
    yield f"Messages that waited and are held: {held}; in doubt: {in_doubt}."
    if held:
        yield "Let the server run, so that the provider reports; then: trunkline db release-restored"
