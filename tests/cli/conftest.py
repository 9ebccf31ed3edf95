"""One running server for the tests that only talk to it."""

from collections.abc import Iterator

import pytest

from tests.cli.shell import Running, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("server") / "data"
    with running("serve", data, "--sandbox-port", "0") as started:
        yield started
