"""Valid messages of every kind, each broken in one to three places: whatever comes, an answer comes.

The bodies are such as the strict JSON gate lets through: no lone surrogates, no NaN, at most 32 levels.
"""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.whatsapp_cloud.messages import check, upstream, without_nulls
from trunkline.channels.whatsapp_cloud.content import EXAMPLES, SCHEMA, Checked
from trunkline.sandbox.content.messages import read_message

SCHEMA_CHECKER = jsonschema.Draft202012Validator(SCHEMA)
SEEDS = EXAMPLES | {
    path.stem: json.loads(path.read_text())["request"]
    for path in sorted((Path(__file__).parent / "cases" / "send").glob("*.json"))
    if not path.stem.startswith("example_")
}
EACH = 5_000 // len(SEEDS) + 1

Place = tuple[Any, Any]
"""A container and the key of a value in it."""

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
WORDS = st.sampled_from(["", " ", "text", "id", "reply", "https://example.com/a", "http://localhost/a", "٩١"])
TEXTS = st.one_of(
    WORDS,
    st.text(CHARACTERS, max_size=40),
    st.builds(lambda c, n: c * n, CHARACTERS, st.sampled_from([20, 21, 24, 25, 60, 61, 1024, 1025, 4097])),
)
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([-181, -1, 0, 3, 10, 90.0001, 1795366800, 1795366801, 10**30]),
)
DEEP = st.integers(1, 30).map(lambda depth: msgspec.json.decode("[" * depth + "]" * depth))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    TEXTS,
    NUMBERS,
    DEEP,
    st.lists(TEXTS, max_size=3),
    st.dictionaries(TEXTS, st.one_of(TEXTS, NUMBERS, st.none()), max_size=3),
)


def places(value: Any) -> list[Place]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *places(value[key])]]


def objects(value: Any) -> list[dict[str, Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    here = [value] if isinstance(value, dict) else []
    return [*here, *(found for child in inner for found in objects(child))]


KNOWN = sorted({name for seed in SEEDS.values() for inner in objects(seed) for name in inner})


def drop(body: Any, data: st.DataObject) -> None:
    container, key = data.draw(st.sampled_from(places(body)))
    del container[key]


def replace(body: Any, data: st.DataObject) -> None:
    container, key = data.draw(st.sampled_from(places(body)))
    container[key] = data.draw(VALUES)


def stretch(body: Any, data: st.DataObject) -> None:
    """One more or one less of what is there."""
    container, key = data.draw(st.sampled_from(places(body)))
    value = container[key]
    if isinstance(value, str):
        container[key] = value[1:] if data.draw(st.booleans()) else value + data.draw(TEXTS)
    elif isinstance(value, list) and value:
        container[key] = value[1:] if data.draw(st.booleans()) else value * data.draw(st.integers(2, 40))
    elif isinstance(value, int | float):
        container[key] = value + data.draw(st.sampled_from([-1, 1, 180]))


def swap(body: Any, data: st.DataObject) -> None:
    """`id` for `link`, `text` for `payload`: a value under another known name."""
    holder = data.draw(st.sampled_from([inner for inner in objects(body) if inner] or [{"x": 1}]))
    holder[data.draw(st.sampled_from(KNOWN))] = holder.pop(data.draw(st.sampled_from(sorted(holder))))


def add(body: Any, data: st.DataObject) -> None:
    data.draw(st.sampled_from(objects(body)))[data.draw(TEXTS)] = data.draw(VALUES)


MUTATIONS = [drop, replace, stretch, swap, add]


@pytest.mark.parametrize("seed", SEEDS)
@settings(
    max_examples=EACH,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_broken_message_is_explained_and_a_good_one_can_be_sent(seed: str, data: st.DataObject) -> None:
    body = copy.deepcopy(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 3))):
        if places(body):
            data.draw(st.sampled_from(MUTATIONS))(body, data)
    checked = check(body, http_links=data.draw(st.booleans()))
    assert (checked.draft is None) == bool(checked.problems)
    explained(checked, body)
    if checked.draft is not None:
        assert msgspec.json.decode(msgspec.json.encode(upstream(checked.draft)))
        assert list(SCHEMA_CHECKER.iter_errors(without_nulls(body))) == []
        if body.get("type") == "interactive":
            read_message(upstream(checked.draft))  # the sandbox refuses nothing that is accepted


def explained(checked: Checked, body: Any) -> None:
    for problem in [*checked.problems, *checked.warnings]:
        assert problem.pointer == "" or problem.pointer.startswith("/")
        assert problem.rule and problem.detail
        assert problem.found is None or len(problem.found) <= 60
        assert stands(problem.pointer, body), problem


def stands(pointer: str, body: Any) -> bool:
    """The pointer leads to something in the body, or to a member that its parent lacks."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps[:-1]:
        body = body[int(step)] if isinstance(body, list) else body[step]
    return not steps or isinstance(body, dict) or (isinstance(body, list) and int(steps[-1]) < len(body))
