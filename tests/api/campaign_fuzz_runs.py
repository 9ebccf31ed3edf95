"""Campaigns that are broken in some way, through the whole application: never a fault of ours, and what was
written down is shown again and can be written down again."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.campaign_desk import BODY
from tests.api.conftest import Site
from tests.api.test_campaigns import WHOLE
from tests.api.test_openapi import DOCUMENT, faults
from trunkline.api.campaign_examples import EXAMPLES

REQUESTS = 300
SEEDS = [WHOLE, *({**one, "audience": {}} for one in EXAMPLES.values() if "variants" in one)]
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**63, 2**70, 0.5, 1e308),
    *("", " ", "x", "{{x}}", "{{}}", "{{ a b }}", "{{a{{b}}", "09:30", "24:00", "a/b~c", "\u202e", "é" * 300),
    *("2027-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"),
    *("lst_01kaq3w8n2e5v9x7c4h6t0y1zd", "15550001001"),
    *([], {}, [[]], [None], {"": 1}, {"x": None}, [{}]),
    *({"body": BODY}, {"type": "text"}, {"a": {"b": "{{c}}"}}),
)


@pytest.fixture
def engine() -> str:
    return "sqlite"


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def broken(chance: random.Random) -> Any:
    body = copy.deepcopy(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(places(body)))
        match chance.randint(0, 2):
            case 0:
                holder[key] = copy.deepcopy(chance.choice(ODD))
            case 1:
                del holder[key]
            case _:
                if isinstance(holder, dict):
                    holder[f"{key}_"] = holder[key]
                else:
                    holder.append(holder[key])
        if not list(places(body)):
            break
    return body


def test_a_broken_campaign_is_refused_or_written_down_whole(site: Site) -> None:
    chance = random.Random(7)
    schema = DOCUMENT["components"]["schemas"]["DraftedCampaign"]
    kept = 0
    for _ in range(REQUESTS):
        body = broken(chance)
        answer = site.post("/v1/campaigns", body)
        assert answer.status in (200, 400), (answer.raw, body)
        if answer.status == 400:
            assert answer.reason in ("invalid_request", "bad_json") and answer.json["problems"], body
            continue
        kept += 1
        assert faults(schema, answer.json) == []
        again = site.post("/v1/campaigns", answer.json["definition"])
        assert again.status == 200, (again.raw, body)
        assert again.json["definition"] == answer.json["definition"]
        patched = site.call("PATCH", f"/v1/campaigns/{answer.json['id']}", {"name": "again"})
        assert patched.status == 200, (patched.raw, body)
        site.call("DELETE", f"/v1/campaigns/{answer.json['id']}")
    assert kept > REQUESTS / 20
