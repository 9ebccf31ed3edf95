"""The rules that every test lives under hold: see conftest.py."""

import asyncio
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import asyncpg
import pytest


def run_pytest(folder: Path, test: str, **environ: str) -> str:
    conftest = Path(__file__).parent / "conftest.py"
    (folder / "conftest.py").write_text(conftest.read_text())
    (folder / "test_it.py").write_text(test)
    root = conftest.parents[1]
    command = [sys.executable, "-m", "pytest", "-c", root / "pyproject.toml", "--rootdir", folder, folder]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=root,
        env=clean | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ("import pytest\n\ndef test_a():\n    pytest.skip('no such thing here')\n", "1 failed"),
        ("import pytest\n\npytest.skip('no such thing here', allow_module_level=True)\n", "1 error"),
    ],
)
def test_a_skip_is_allowed_at_home_and_fails_in_ci(tmp_path, test, verdict):
    assert "1 skipped" in run_pytest(tmp_path, test)
    strict = run_pytest(tmp_path, test, PYTEST_NO_SKIPS="1")
    assert verdict in strict and "no such thing here" in strict


def test_no_connection_leaves_the_machine():
    async def connect(host: str) -> None:
        await asyncio.open_connection(host, 9)

    for host in ("192.0.2.1", "host.invalid"):
        with pytest.raises(RuntimeError, match="leave the machine"):
            asyncio.run(connect(host))


def test_an_error_in_the_log_fails_a_test_that_did_not_expect_it(tmp_path):
    body = "import logging\n\ndef test_a():\n    logging.getLogger('x').error('oh')\n"
    assert "1 error" in run_pytest(tmp_path, body)


def test_an_expected_error_in_the_log_is_looked_at_and_cleared(logged_errors):
    logging.getLogger("trunkline").error("the disk is full")
    assert logged_errors == ["trunkline: the disk is full"]
    logged_errors.clear()


def test_a_warning_is_an_error():
    with pytest.raises(UserWarning):
        warnings.warn("careful", stacklevel=1)


def test_each_engine_brings_an_empty_store_of_its_own(engine, store_url):
    if engine == "sqlite":
        assert store_url == ""
        return

    async def look() -> tuple[int, int]:
        connection = await asyncpg.connect(store_url)
        try:
            tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            return tables, connection.get_server_version().major
        finally:
            await connection.close()

    tables, major = asyncio.run(look())
    assert tables == 0 and major >= 15
