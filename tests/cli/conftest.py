"""One running server and one sandbox alone, for the tests that only talk to them."""

from collections.abc import Iterator

import pytest

from tests.cli.desk import Desk
from tests.cli.hook import Hook
from tests.cli.shell import Running, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("server") / "data"
    with running("serve", data, "--sandbox-port", "0") as started:
        yield started


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("sandbox") / "sandbox"
    with running("sandbox", folder) as started:
        yield Desk(started)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()
