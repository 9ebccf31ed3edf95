"""Which places there are, and how they are armed. They are struck by `test_crash_points.py`."""

import pytest

from tests.chaos.failpoints import DRAIN, IN_CAMPAIGNS, ON_THE_WAY_BACK, POINTS
from trunkline.config import ConfigError, load


def test_a_failpoint_that_can_not_be_armed_stops_the_start() -> None:
    assert load({"failpoints": "C9:kill:3,C6:stop"}, environ={}).failpoints == "C9:kill:3,C6:stop"
    for wrong in ("C9", "C9:crash", "C9:kill:0", "C9:kill;C6:stop"):
        with pytest.raises(ConfigError, match="failpoints"):
            load({"failpoints": wrong}, environ={})


def test_every_place_is_struck_or_has_a_reason() -> None:
    assert {*POINTS, *IN_CAMPAIGNS, *ON_THE_WAY_BACK} - {DRAIN} == {f"C{n}" for n in range(1, 22)}
