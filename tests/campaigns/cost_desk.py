"""A server and a sandbox with rates and people: campaigns that are delivered whole, and what they cost."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.flow.template_desk import Desk

_AT_ONCE = 20
QUICK = (0.0, 0.01, 0.02)
RATES = """market,category,from,to,rate
Germany,marketing,1,MAX,0.110700
Germany,utility,1,6,0.045601
Germany,utility,7,17,0.040003
Germany,utility,18,MAX,0.031009
Germany,service,1,MAX,0.045601
India,marketing,1,MAX,0.008613
India,utility,1,15,0.001150
India,utility,16,MAX,0.000907
India,service,1,MAX,0.001151
"""
TEMPLATE = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
TEXT = {"type": "text", "text": {"body": "Good morning"}}
GERMANS = [f"4915112345{n:03d}" for n in range(8)]
INDIANS = [f"9198123456{n:02d}" for n in range(8)]
PEOPLE = (*GERMANS, *INDIANS)
REFERRED = INDIANS[-1]
REFERRAL = {"source_url": "https://fb.me/1", "source_id": "1", "source_type": "ad", "headline": "Shoes"}


async def admin(here: Desk, method: str, path: str, body: Any) -> Any:
    async with here.http.request(method, f"{here.sandbox_url}/_sandbox{path}", json=body) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def wrote(here: Desk, people: Sequence[str] = PEOPLE) -> None:
    """Everybody did, one of them by an advertisement; and the server knows."""
    for at in range(0, len(people), _AT_ONCE):
        await asyncio.gather(*(_wrote(here, person) for person in people[at : at + _AT_ONCE]))


async def _wrote(here: Desk, person: str) -> None:
    body: dict[str, Any] = {"do": "send", "type": "text", "text": {"body": "Hi"}}
    body |= {"referral": REFERRAL} if person == REFERRED else {}
    await admin(here, "POST", f"/handsets/{person}/actions", body)
    query = f"/v1/conversations?{urlencode({'contact': person})}"

    async def is_known() -> bool:
        status, page = await here.call("GET", query)
        return status == 200 and bool(page["data"])

    await until(is_known)


async def until(question: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await question():  # noqa: ASYNC110
            await asyncio.sleep(0.03)


async def prepare(here: Desk, people: Sequence[str] = PEOPLE) -> str:
    """The list with them, in their order; the card, and how the account is billed."""
    await here.synced()
    card = {"currency": "EUR", "effective_from": "2026-10-01", "rates": RATES, "source": "made up"}
    assert (await here.did("POST", "/v1/pricing/cards", card))["faults"] == []
    await here.did("PATCH", "/v1/pricing/billing", {"currency": "EUR", "time_zone": "UTC"})
    made = await here.did("POST", "/v1/lists", {"name": "everybody"})
    for at in range(0, len(people), 500):
        some = people[at : at + 500]
        await here.did("POST", "/v1/contacts/bulk", {"contacts": [{"phone": person} for person in some]})
        await here.did("POST", f"/v1/lists/{made['id']}/members", {"add": list(some)})
    return str(made["id"])


async def campaign(
    here: Desk, list_id: str, body: dict[str, Any], everybody: int = len(PEOPLE)
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The estimate of one that goes to everybody, and what it did cost."""
    draft = {
        "name": "A campaign",
        "audience": {"lists": [list_id]},
        "content": {"body": body},
        "consent": "not_required",
        "purpose": "service",
    }
    made = await here.did("POST", "/v1/campaigns", draft)
    path = f"/v1/campaigns/{made['id']}"

    async def is_checked() -> bool:
        return bool((await here.did("GET", path))["state"] == "checked")

    async def has_arrived() -> bool:
        found = await here.did("GET", path)
        return bool(found["totals"]["messages"].get("read") == everybody and found["state"] == "finished")

    await here.did("POST", f"{path}/check")
    await until(is_checked)
    report = (await here.did("GET", path))["report"]
    assert report["ready"] == everybody, report
    await here.did("POST", f"{path}/start")
    await until(has_arrived)
    return report["cost"], (await here.did("GET", f"{path}/report"))["cost"]["actual"]


def free_of(cost: dict[str, Any]) -> int:
    return sum(sum(line["free"].values()) for line in cost["lines"])
