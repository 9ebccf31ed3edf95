"""Many seeds without a finding, and the same seed twice with the same trace.

Each runs in processes of its own, as by hand, since a run replaces what the product has as globals.
"""

import os
import subprocess
import sys

import pytest

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "12"))


def simulate(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_no_seed_loses_doubles_or_misorders_anything() -> None:
    assert ", 0 failed," in simulate("--seeds", str(SEEDS), "--jobs", "2")


def test_a_seed_gives_the_same_trace_again() -> None:
    first, second = (simulate("--seed", "5").splitlines()[0].split("trace ")[1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("seed", ["282", "293", "419", "469", "488"])
def test_a_seed_that_found_a_fault_once_stays_clean(seed: str) -> None:
    assert ", 0 failed," in simulate("--seed", seed)
