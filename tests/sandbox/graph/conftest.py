"""One sandbox for the tests of a module that change nothing in it."""

from collections.abc import Iterator

import pytest

from tests.sandbox.rig import sandbox_in_a_thread
from trunkline.sandbox import Identity


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with sandbox_in_a_thread(tmp_path_factory.mktemp("graph")) as identity:
        yield identity
