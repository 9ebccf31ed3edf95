"""What the check says of everybody is what then happens: whoever is ready gets it, and of the others a single
message fails or is refused, wherever that can be tried.

Through the front doors: people, campaigns and messages by the API of a real server, and a sandbox whose rules
bite.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.flow.template_desk import Desk, components, desk, template

QUICK = (0.0, 0.01, 0.02)
FIRST = 15557000001
"""People of the sandbox's crowd. Everybody else is not on WhatsApp there."""
TOLL_FREE = "18005550100"

ADA, EMIL, MINA, STOPPED, SILENT, BARE, LONG, TWO_LINES, GERMAN, TWICE, HAD, DEAF, CHATTY, *_ = (
    str(FIRST + n) for n in range(20)
)
NAMES = {
    ADA: "Ada",
    EMIL: "Emil 🎉",
    MINA: "أمينة",
    BARE: "  ",
    LONG: "Ada " * 250,
    TWO_LINES: "Ada\nLovelace",
}
EXPECTED = {
    ADA: None,
    EMIL: None,
    MINA: None,
    CHATTY: None,
    STOPPED: "opted_out",
    SILENT: "no_consent",
    BARE: "missing_variable",
    LONG: "too_long",
    TWO_LINES: "unfit",
    GERMAN: "no_template",
    HAD: "already_received",
    DEAF: "blocked",
    TOLL_FREE: "not_mobile",
}


def order(name: str = "{{first}}", language: str = "en_US") -> dict[str, Any]:
    parameters = [{"type": "text", "text": name}, {"type": "text", "text": "7"}]
    used = {"name": "order_update", "language": {"code": language}}
    return {
        "type": "template",
        "template": used | {"components": [{"type": "body", "parameters": parameters}]},
    }


async def until(question: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(20):
        while not (found := await question()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return found


async def admin(here: Desk, method: str, path: str, body: Any) -> Any:
    async with here.http.request(method, f"{here.sandbox_url}/_sandbox{path}", json=body) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def prepare(here: Desk) -> None:
    """A crowd, its template in English; the German one waits for its review."""
    await admin(here, "POST", "/populations", {"count": 20, "first": str(FIRST), "read": 1.0})
    await admin(here, "PATCH", "/rules", {"windows": True, "known_handsets": True})
    parts = [
        *components(),
        {"type": "FOOTER", "text": "Reply STOP to hear no more."},
    ]
    made = await here.did("POST", "/v1/templates", template(components=parts))
    await here.decide(made, "review", status="APPROVED")
    await here.until("order_update", status="APPROVED")
    await here.did("POST", "/v1/templates", template(language="de", components=parts))


async def enter(here: Desk) -> dict[str, str]:
    """Everybody, as a contact with consent but for one. Lists by name; some people are on two."""
    everybody = [*EXPECTED, TWICE]
    rows = [
        {
            "phone": one,
            "attributes": {"first": NAMES.get(one, "You")},
            "language": "de" if one == GERMAN else "en",
        }
        for one in everybody
    ]
    await here.did("POST", "/v1/contacts/bulk", {"contacts": rows})
    for one in everybody:
        if one != SILENT:
            entry = {"to": one, "purpose": "marketing", "action": "granted", "source": "form"}
            await here.did("POST", "/v1/consents", entry)
    await here.did("POST", "/v1/suppressions", {"to": STOPPED, "scope": "marketing"})
    lists = {}
    for name, people in {"all": everybody, "more": [TWICE, SILENT], "had": [HAD]}.items():
        lists[name] = (await here.did("POST", "/v1/lists", {"name": name}))["id"]
        await here.did("POST", f"/v1/lists/{lists[name]}/members", {"add": people})
    return lists


async def campaign(here: Desk, **members: Any) -> tuple[str, dict[str, Any]]:
    """One that is checked, and its report."""
    made = await here.did("POST", "/v1/campaigns", {"name": "orders"} | members)
    path = f"/v1/campaigns/{made['id']}"
    await here.did("POST", f"{path}/check")

    async def checked() -> Any:
        found = await here.did("GET", path)
        return found["report"] if found["state"] == "checked" else None

    return path, await until(checked)


async def run_it(here: Desk, path: str) -> list[dict[str, Any]]:
    await here.did("POST", f"{path}/start")

    async def over() -> Any:
        rows = (await here.did("GET", f"{path}/recipients?limit=100"))["data"]
        states = {row["message"]["state"] for row in rows if row["state"] == "created"}
        return (
            rows
            if states <= {"read", "failed"} and not any(row["state"] == "ready" for row in rows)
            else None
        )

    try:
        return list(await until(over))
    except TimeoutError:
        rows = (await here.did("GET", f"{path}/recipients?limit=100"))["data"]
        raise AssertionError((await here.did("GET", path), rows)) from None


async def fate(here: Desk, body: dict[str, Any]) -> str:
    """Of a single message: `refused` at once, or how it ends."""
    status, answer = await here.call("POST", "/v1/whatsapp/messages", body | {"purpose": "marketing"})
    if status != 200:
        return "refused"

    async def ended() -> Any:
        state = (await here.did("GET", f"/v1/messages/{answer['id']}"))["state"]
        return state if state in ("read", "failed") else None

    return str(await until(ended))


def test_the_verdicts_are_what_then_happens(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url, webhooks=True, sends=True, status_delay_seconds=QUICK) as here:
            await here.synced()
            await prepare(here)
            lists = await enter(here)
            await admin(here, "POST", f"/handsets/{DEAF}", {"reachable": False})
            assert await fate(here, order("Ada") | {"to": DEAF}) == "failed"
            had, report = await campaign(here, audience={"lists": [lists["had"]]}, content={"body": order()})
            assert report["ready"] == 1 and (await run_it(here, had))[0]["message"]["state"] == "read"

            content = {"body": order(), "languages": {"de": order(language="de")}}
            audience = {"lists": [lists["all"], lists["more"]]}
            without = [had.rpartition("/")[2]]
            path, report = await campaign(here, audience=audience, content=content, without_campaigns=without)
            rows = await run_it(here, path)
            told = {row["to"]: row["reason"] for row in rows if row["to"] != TWICE}
            assert told == EXPECTED
            twice = [row["reason"] for row in rows if row["to"] == TWICE]
            assert twice == [None, "duplicate"]
            assert {row["message"]["state"] for row in rows if row["state"] == "created"} == {"read"}
            assert report["ready"] == 5 and report["skipped"]["no_consent"] == 2
            for address, body in {
                STOPPED: order("Ada"),
                LONG: order(NAMES[LONG]),
                TWO_LINES: order(NAMES[TWO_LINES]),
                GERMAN: order("Ada", "de"),
                DEAF: order("Ada"),
                TOLL_FREE: order("Ada"),
            }.items():
                assert await fate(here, body | {"to": address}) in ("refused", "failed"), address

    asyncio.run(run())


def test_free_form_goes_to_those_whose_window_is_open(tmp_path: Path) -> None:
    text = {"type": "text", "text": {"body": "Hello {{first}}"}}

    async def run() -> None:
        async with desk(tmp_path, "", webhooks=True, sends=True, status_delay_seconds=QUICK) as here:
            await prepare(here)
            lists = await enter(here)
            [number_id] = here.runtime.directory.numbers
            await here.did("PATCH", f"/v1/numbers/{number_id}", {"window_policy": "enforce"})
            words = {"do": "send", "type": "text", "text": {"body": "Hi"}}
            for one in (ADA, CHATTY):
                await admin(here, "POST", f"/handsets/{one}/actions", words)

            async def heard() -> bool:
                page = await here.did("GET", "/v1/events?types=message.received")
                return len(page["data"]) == 2

            await until(heard)
            path, report = await campaign(here, audience={"lists": [lists["all"]]}, content={"body": text})
            rows = {row["to"]: row for row in await run_it(here, path)}
            sent = {address for address, row in rows.items() if row["state"] == "created"}
            assert sent == {ADA, CHATTY} == {one for one in sent if rows[one]["message"]["state"] == "read"}
            closed = [one for one, row in rows.items() if row["reason"] == "window_closed"]
            assert EMIL in closed and len(closed) == report["skipped"]["window_closed"]

    asyncio.run(run())
