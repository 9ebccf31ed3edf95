"""The benchmark runs and its results are whole. Never a figure: those belong to no test."""

import subprocess
import sys
from pathlib import Path

import msgspec

from bench import report
from bench.figures import Result

ROOT = Path(__file__).parents[2]


def run_quick(out: Path) -> tuple[str, Result]:
    """What a quick run printed, and its results."""
    command = [sys.executable, "-m", "bench", "--quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout, msgspec.json.decode(out.read_bytes(), type=Result)


def test_a_quick_run_measures_everything_and_prints_the_ratios(tmp_path):
    printed, result = run_quick(tmp_path / "results.json")

    assert len(result.rounds) == result.plan.rounds
    for one in result.rounds:
        assert all(turn.count > 0 for turn in (one.accept, one.constant, one.bare, one.insert))
        assert one.rows_per_commit >= 1

    for name, text in report.RATIOS.items():
        ratio = result.ratios[name]
        assert 0 < ratio.low <= ratio.median <= ratio.high
        assert f"{text} " in printed and f"{ratio.median:.2f}" in printed
    assert printed.count(", wanted ") == 2

    for latency in result.latency.values():
        assert latency.count == result.plan.rate * result.plan.latency_seconds
        assert 0 < latency.p50_ms <= latency.p99_ms <= latency.max_ms
    assert result.answered > sum(one.accept.count for one in result.rounds) + result.latency["accept"].count
