"""The short form of `python -m tests.chaos.power.postgres_stop`."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from tests.chaos.power.postgres_stop import run
from tests.postgres import NoPostgres


def test_a_database_that_stops_at_once_loses_nothing_and_the_gateway_goes_on_with_it() -> None:
    # Not below pytest's folder, into which PostgreSQL's own user may not look.
    with tempfile.TemporaryDirectory(prefix="trunkline-stop-") as folder:
        try:
            result = asyncio.run(run(1, 300, 1, Path(folder), doubt_seconds=1))
        except NoPostgres as error:
            pytest.skip(f"no PostgreSQL here: {error}")
    assert result.is_clean(), result
