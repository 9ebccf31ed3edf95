"""Bodies that make no sense end in a refusal, never in a failure of the emulator."""

import asyncio
import random
from typing import Any

from tests.sandbox.content.bodies import LINK, MESSAGES
from tests.sandbox.content.limits import message
from tests.sandbox.rig import caller
from trunkline.sandbox import Identity
from trunkline.sandbox.content.messages import is_read_mark, read_marketing_message, read_message
from trunkline.sandbox.errors import GraphError

JUNK: list[Any] = [
    None,
    "",
    " ",
    "x" * 5000,
    -1,
    0,
    10**30,
    -(10**30),
    1e308,
    0.5,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    [{}],
    {"type": "text"},
    {"id": "1", "link": LINK},
    "\u0000",
    "\ud800",
    "😀" * 300,
    "a\nb",
    "٣",
    "²",
    float("nan"),
    float("inf"),
]


def mutate(part: Any, chance: random.Random) -> Any:
    """The same with one or two members taken out, doubled, or made into something senseless."""
    if isinstance(part, dict) and part and chance.random() < 0.85:
        # Mostly what is deepest: the envelope has few members, and a broken one hides all the rest.
        deep = [key for key, value in part.items() if isinstance(value, dict | list)]
        key = chance.choice(deep if deep and chance.random() < 0.8 else list(part))
        if chance.random() < 0.1:
            return {**part, chance.choice(("extra", "type", "id", "parameters")): chance.choice(JUNK)}
        return {**part, key: mutate(part[key], chance)}
    if isinstance(part, list) and part and chance.random() < 0.85:
        place = chance.randrange(len(part))
        changed = [*part[:place], mutate(part[place], chance), *part[place + 1 :]]
        return changed * chance.choice((1, 1, 1, 2, 40))
    if isinstance(part, str) and chance.random() < 0.2:
        return part * chance.choice((2, 5000))
    return chance.choice(JUNK)


def test_every_mutation_is_taken_or_refused() -> None:
    chance = random.Random(5)
    seen = set()
    bodies = [message(body) for body in MESSAGES.values()]
    for _ in range(12_000):
        body = mutate(chance.choice(bodies), chance)
        if chance.random() < 0.3:
            body = mutate(body, chance)
        if not isinstance(body, dict):
            continue
        for read in (read_message, read_marketing_message, is_read_mark):
            try:
                read(body)
            except GraphError as error:
                assert 400 <= error.status < 500, body
                seen.add(error.code)
    assert {100, 131008, 131009, 132001} <= seen


def test_mutations_over_http_are_never_answered_with_a_failure(shared: Identity) -> None:
    async def scenario() -> None:
        chance = random.Random(81)
        async with caller(shared) as tools:
            statuses = set()
            for name in MESSAGES:
                for _ in range(4):
                    body = without_surrogates(mutate(message(MESSAGES[name]), chance))
                    path = f"/v25.0/{shared.phone_number_id}/messages"
                    response = await tools.call("POST", path, body or {})
                    statuses.add(response.status)
                    assert response.status < 500, (body, await response.text())
            assert {200, 400} <= statuses

    asyncio.run(scenario())


def without_surrogates(part: Any) -> Any:
    """What JSON can carry to a strict parser."""
    if isinstance(part, dict):
        return {key: without_surrogates(value) for key, value in part.items()}
    if isinstance(part, list):
        return [without_surrogates(value) for value in part]
    if isinstance(part, float) and not -1e300 < part < 1e300:
        return 0.5
    return "?" if part == "\ud800" else part
