"""Every fault that `mutations.py` plants is found: the simulator can fail. Run by `make test-more`."""

import pytest

from tests.simulation.mutations import MUTATIONS
from tests.simulation.test_simulation import simulate


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_simulator_finds(name: str) -> None:
    assert "found by seed" in simulate("--mutation", name, "--seeds", "60")
