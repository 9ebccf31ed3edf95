"""The stage of a module."""

from collections.abc import Iterator

import pytest

from tests.sandbox.shapes.stage import Theatre, theatre


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("shapes")) as opened:
        yield opened
