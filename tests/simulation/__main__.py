"""Run worlds by hand: see the package's docstring."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.mutations import MUTATIONS
from tests.simulation.world import World


def run(seed: int, is_traced: bool = False) -> tuple[int, list[str], dict[str, int], int, float]:
    begun = time.process_time()
    world = World(seed, is_traced=is_traced)
    found = world.run()
    counts = {
        "messages": found.messages,
        "taken": found.taken,
        "beyond_knowing": world.beyond_knowing,
        **found.states,
        **world.passed,
    }
    return seed, found.failed, counts, world.digest(), time.process_time() - begun


def main() -> int:
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of a run
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {"PYTHONHASHSEED": "0"})
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="one world")
    parser.add_argument("--trace", action="store_true", help="print what happens in it")
    parser.add_argument("--seeds", type=int, help="so many worlds")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first of them")
    parser.add_argument(
        "--mutation", choices=MUTATIONS, help="with this fault in the product, until it is found"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    seeds = [given.seed] if given.seed is not None else range(given.first, given.first + (given.seeds or 60))
    begun, total, bad = time.monotonic(), Counter[str](), 0
    if given.mutation is not None:
        return _find(given.mutation, seeds)
    if given.seed is not None:
        results = [run(given.seed, given.trace)]
    else:
        with ProcessPoolExecutor(given.jobs) as pool:
            results = list(pool.map(run, seeds, chunksize=4))
    for seed, failed, counts, digest, seconds in results:
        total.update(counts)
        bad += bool(failed)
        if failed or given.seed is not None:
            print(f"seed {seed}: {'FAILED' if failed else 'ok'}, {seconds:.2f} s, trace {digest:08x}")
            for line in failed[:6]:
                print(f"    {line}")
    spent = sum(result[4] for result in results)
    print(
        f"{len(results)} worlds, {bad} failed, {time.monotonic() - begun:.1f} s, {spent:.1f} s of processor"
    )
    print("    " + ", ".join(f"{name} {count}" for name, count in sorted(total.items())))
    return int(bad > 0)


def _find(name: str, seeds: Sequence[int]) -> int:
    """0 when a seed fails, as one must."""
    MUTATIONS[name]()
    for seed in seeds:
        failed = World(seed).run().failed
        if failed:
            print(f"{name}: found by seed {seed}: {failed[0]}")
            return 0
    print(f"{name}: NOT FOUND in {len(seeds)} seeds")
    return 1


if __name__ == "__main__":
    sys.exit(main())
