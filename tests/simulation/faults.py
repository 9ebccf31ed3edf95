"""What goes wrong, when and for how long: drawn from the seed before the world begins.

Kills, stops, freezes, cut connections, a database that is away for all. At the end everything is mended.
"""

import random
from typing import Any

import msgspec

KINDS = ("kill", "stop", "freeze", "cut", "outage", "refusals", "slow", "strike")


class Fault(msgspec.Struct, frozen=True):
    at: float
    kind: str
    who: int
    seconds: float
    """Until it is over, or until the process is started again."""
    place: str = ""
    """Of a strike: the failpoint at which the process is killed when it comes there next."""


PLACES = ("C2", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C13")


def draw(chance: random.Random, processes: int, until: float, weights: dict[str, float]) -> list[Fault]:
    count = chance.choice((0, 1, 2, 4, 8, 14))
    found = []
    for _ in range(count):
        kind = chance.choices(KINDS, [weights[kind] for kind in KINDS])[0]
        seconds = chance.choice((0.05, 0.5, 3.0, 12.0, 30.0, 60.0)) * chance.uniform(0.5, 1.5)
        place = chance.choice(PLACES)
        found.append(Fault(chance.uniform(1.0, until), kind, chance.randrange(processes), seconds, place))
    return sorted(found, key=lambda fault: fault.at)


def plan(world: Any, faults: list[Fault]) -> None:
    """Timers for all of them."""
    for fault in faults:
        world.loop.after(fault.at, _strike, world, fault)


def _strike(world: Any, fault: Fault) -> None:
    world.trace("fault", fault.kind, fault.who, f"{fault.seconds:.2f} s", fault.place)
    place = world.places[fault.who]
    process = place.process
    until = world.loop.time() + fault.seconds
    match fault.kind:
        case "kill":
            place.down_until = until
            process.kill()
        case "strike":
            place.down_until = until
            place.armed.add(fault.place)
        case "stop":
            place.down_until = until
            process.stop()
        case "freeze":
            process.freeze()
            world.loop.after(fault.seconds, process.thaw)
        case "cut":
            process.store.cut_until = max(process.store.cut_until, until)
        case "outage":
            world.outage_until = max(world.outage_until, until)
            for one in world.processes():
                one.store.cut_until = max(one.store.cut_until, until)
        case "refusals":
            process.store.refusal_rate = 0.3
            world.loop.after(fault.seconds, setattr, process.store, "refusal_rate", 0.0)
        case "slow":
            process.store.slowness = 60.0
            world.loop.after(fault.seconds, setattr, process.store, "slowness", 1.0)
