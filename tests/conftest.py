"""What every test may rely on: no connection leaves the machine, no error is logged unnoticed, and a real
PostgreSQL is there for those that ask. `PYTEST_NO_SKIPS=1`, as CI sets it, turns a skip into a failure.
"""

import gc
import logging
import os
import sys
from collections.abc import Iterator

import pytest

from tests.postgres import NoPostgres, PostgresServer, emptied, running_postgres
from trunkline.outbound import number

_LOOPBACK = ("127.", "::1", "localhost")


def _refuse_to_leave_the_machine(event: str, arguments: tuple) -> None:
    """Sees Python's own sockets. Clients in native code are pointed at loopback by their tests."""
    if event == "socket.connect":
        address = arguments[1]
        outward = isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK)
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        outward = host not in (None, "", b"") and not _text(host).startswith((*_LOOPBACK, "0.0.0.0", "::"))
    else:
        return
    if outward:
        raise RuntimeError(f"a test tried to leave the machine: {event} {arguments[-1]!r}")


def _text(host: str | bytes) -> str:
    return host.decode() if isinstance(host, bytes) else host


sys.addaudithook(_refuse_to_leave_the_machine)

# Else each of the many processes that tests start would compile the whole program.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish() -> None:
    """Thousands of tests stay in memory to the end: the collector is not to look through them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def told_of_the_ends_of_doubts() -> Iterator[None]:
    """The comparison with the store, which finds them all the same, would hide that nobody tells."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number, "COMPARE_SECONDS", 3600.0)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    return _not_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return _not_skipped((yield))


def _not_skipped(
    report: pytest.TestReport | pytest.CollectReport,
) -> pytest.TestReport | pytest.CollectReport:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("PYTEST_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and here nothing may be: {report.longrepr[2]}"
    return report


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def logged_errors() -> Iterator[list[str]]:
    """What was logged as an error. A test that expects one looks at it and clears the list."""
    handler = _Errors()
    logging.getLogger().addHandler(handler)
    yield handler.messages
    logging.getLogger().removeHandler(handler)
    assert handler.messages == [], "errors were logged that the test did not expect"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for each test process, started by the first test that needs it."""
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as error:
        pytest.skip(f"no PostgreSQL here: {error}")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database of its own."""
    with postgres_server.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> Iterator[str]:
    """One for many tests, for `emptied`."""
    with postgres_server.fresh_database() as url:
        yield url


@pytest.fixture
def used_postgres_url(shared_database: str) -> str:
    """A database whose tables are there and empty; for tests that do nothing to the database itself."""
    return emptied(shared_database)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    """Runs the test once for each engine."""
    return request.param


@pytest.fixture
def store_url(engine: str, request: pytest.FixtureRequest) -> str:
    """The setting `store.url` for an empty store of this engine: empty for SQLite in the data folder."""
    return request.getfixturevalue("postgres_url") if engine == "postgres" else ""
