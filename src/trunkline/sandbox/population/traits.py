"""What people are like: chances, and the draws that follow from a seed.

The same seed, number and count of messages always give the same person and the same mood, so that a run can
be repeated; nothing has to be kept for a hundred thousand people.
"""

import hashlib
from typing import Annotated, Any

import msgspec

Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{6,14}\Z")]

FIRST = "15557000000"
"""Where populations begin unless they say otherwise: a million numbers of the fictitious 555 range."""


class Population(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range of numbers, and how the people behind them behave."""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
    first: Digits = FIRST
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 1
    read: Chance = 0.7
    """Of the messages that are delivered."""
    reply: Chance = 0.0
    """Of the messages that are read."""
    stop: Chance = 0.0
    """Of the messages that are read: the person stops marketing messages."""
    block: Chance = 0.0
    """Of the messages that are read: the person blocks the business."""
    offline: Chance = 0.0
    """Of the people: their phone is off."""
    unreachable: Chance = 0.0
    """Of the people: they are not on WhatsApp."""
    within_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 5.0
    """Longest time between a send and its `read`, and between that and what the person does then."""
    replies: tuple[str, ...] = ("Yes", "No", "Thank you", "Who is this?", "Call me back")
    id: str = ""

    def has(self, address: str) -> bool:
        """Whether this number belongs to it."""
        return (
            len(address) == len(self.first)
            and address.isdecimal()
            and 0 <= int(address) - int(self.first) < self.count
        )

    @property
    def last(self) -> str:
        return str(int(self.first) + self.count - 1)

    def describe(self) -> dict[str, Any]:
        return {**msgspec.structs.asdict(self), "last": self.last}


class Mood(msgspec.Struct, frozen=True):
    """What one person makes of one message."""

    words: tuple[str, ...]
    """Statuses, as `build_plan` takes them."""
    delivered_after: float
    """Seconds."""
    read_after: float
    acts_after: float
    """Seconds after the send."""
    reply: str | None = None
    stops: bool = False
    blocks: bool = False

    @property
    def acts(self) -> bool:
        return self.reply is not None or self.stops or self.blocks


def draw(population: Population, address: str, nth: int) -> Mood:
    """The mood of a person when the `nth` message comes."""
    person = _draws(population.seed, address, 0)
    if person[0] < population.unreachable:
        return Mood(("failed:131026",), 0, 0, 0)
    if person[1] < population.offline:
        return Mood(("sent",), 0, 0, 0)
    mood = _draws(population.seed, address, nth)
    within = population.within_seconds
    # Few different delays, so that plans are shared: a plan is encoded once.
    delivered = within * (1 + int(mood[0] * 8)) / 40
    read = delivered + within * (1 + int(mood[1] * 16)) / 20
    if mood[2] >= population.read:
        return Mood(("sent", "delivered"), delivered, read, 0)
    reply = population.replies[int(mood[3] * len(population.replies))] if population.replies else "Yes"
    return Mood(
        ("sent", "delivered", "read"),
        delivered,
        read,
        read + within * mood[7],
        reply if mood[4] < population.reply else None,
        mood[5] < population.stop,
        mood[6] < population.block,
    )


def _draws(seed: int, address: str, nth: int) -> list[float]:
    """Eight numbers from 0 to below 1."""
    digest = hashlib.blake2b(f"{seed}:{address}:{nth}".encode(), digest_size=32).digest()
    return [int.from_bytes(digest[at : at + 4], "big") / 2**32 for at in range(0, 32, 4)]
