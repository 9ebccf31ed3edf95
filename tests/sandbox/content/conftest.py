"""One sandbox for all cases of a worker: a body is taken or refused whatever was sent before it."""

from collections.abc import Iterator

import pytest

from tests.sandbox.rig import sandbox_in_a_thread
from trunkline.sandbox import Identity


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with sandbox_in_a_thread(tmp_path_factory.mktemp("content")) as identity:
        yield identity
