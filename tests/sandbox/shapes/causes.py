"""How each error of Meta's table is provoked on the sandbox over HTTP: a function for each cause.

A cause answers the HTTP status and the error object as it came: of the answer, or, where Meta tells it later,
of the `failed` status (HTTP status 200, as the send was taken).
"""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

from tests.sandbox.content.bodies import interactive
from tests.sandbox.graph.test_flows import FLOW
from tests.sandbox.shapes.stage import Stage
from tests.sandbox.templates.drafts import button, draft, template, texts
from trunkline.sandbox import block_list

Error = dict[str, Any]
Cause = Callable[[Stage], Awaitable[tuple[int, Error]]]
MINUTE = 60_000
HOUR = 60 * MINUTE
DEAD_LINK = "http://127.0.0.1:9/picture.png"
PIN = {"messaging_product": "whatsapp", "pin": "246810"}
WRONG_PIN = {"messaging_product": "whatsapp", "pin": "135791"}
ASK_CODE = {"code_method": "SMS", "language": "en_US"}


def call(method: str, path: str, body: Any = None, *, token: str | None = "") -> Cause:
    """A single call is enough."""

    async def cause(stage: Stage) -> tuple[int, Error]:
        return await refused(stage, method, path, body, token=token)

    return cause


def sending(**members: Any) -> Cause:
    """A single send is enough."""

    async def cause(stage: Stage) -> tuple[int, Error]:
        return error_of(await stage.send(**members))

    return cause


def rule(send: Cause, **rules: Any) -> Cause:
    async def cause(stage: Stage) -> tuple[int, Error]:
        await stage.rule(**rules)
        return await send(stage)

    return cause


def failing(**members: Any) -> Cause:
    """Taken, and then reported as failed."""

    async def cause(stage: Stage) -> tuple[int, Error]:
        return await failure_of(stage, await stage.sent(**members))

    return cause


async def refused(
    stage: Stage, method: str, path: str, body: Any = None, *, token: str | None = ""
) -> tuple[int, Error]:
    return error_of(await stage.ask(method, path, body, token=token))


def error_of(answer: tuple[int, dict[str, Any]]) -> tuple[int, Error]:
    status, body = answer
    assert set(body) == {"error"}, body
    return status, body["error"]


async def failure_of(stage: Stage, wamid: str) -> tuple[int, Error]:
    *_, last = await stage.statuses_of(wamid)
    (error,) = last["errors"]
    return 200, error


def of_template(name: str, *components: Any, **members: Any) -> dict[str, Any]:
    return {**template(name, *components, **members), "text": None}


async def twice(stage: Stage, to: str = "", **members: Any) -> tuple[int, Error]:
    """The second of two sends."""
    await stage.sent(to, **members)
    return error_of(await stage.send(to, **members))


async def approved(stage: Stage, definition: dict[str, Any]) -> str:
    id_ = str((await stage.do("POST", "/{waba}/message_templates", definition))["id"])
    await stage.tools.eventually(f"/{id_}?fields=status", lambda node: node["status"] == "APPROVED")
    return id_


async def token_with(stage: Stage, **members: Any) -> dict[str, Any]:
    return await stage.do("POST", "/_sandbox/tokens", members)


async def without_messaging(stage: Stage) -> tuple[int, Error]:
    made = await token_with(stage, scopes=["whatsapp_business_management"])
    return await refused(stage, "POST", "/{phone}/messages", {}, token=made["token"])


async def without_management(stage: Stage) -> tuple[int, Error]:
    made = await token_with(stage, scopes=["whatsapp_business_messaging"])
    return await refused(stage, "GET", "/{waba}", token=made["token"])


async def expired_token(stage: Stage) -> tuple[int, Error]:
    made = await token_with(stage, expires_in_seconds=60)
    stage.clock.advance(2 * MINUTE)
    return await refused(stage, "GET", "/{waba}", token=made["token"])


async def revoked_token(stage: Stage) -> tuple[int, Error]:
    made = await token_with(stage)
    await stage.do("DELETE", f"/_sandbox/tokens/{made['id']}")
    return await refused(stage, "GET", "/{waba}", token=made["token"])


async def restricted(stage: Stage) -> tuple[int, Error]:
    await stage.do(
        "POST", "/_sandbox/account", {"do": "restrict", "kind": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}
    )
    try:
        return error_of(await stage.send())
    finally:
        await stage.do("POST", "/_sandbox/account", {"do": "lift"})


async def disabled(stage: Stage) -> tuple[int, Error]:
    await stage.do("POST", "/_sandbox/account", {"do": "ban", "state": "DISABLE"})
    try:
        return error_of(await stage.send())
    finally:
        await stage.do("POST", "/_sandbox/account", {"do": "ban", "state": "REINSTATE"})


async def own_block_list(stage: Stage) -> tuple[int, Error]:
    person = stage.somebody()
    await stage.do("POST", "/{phone}/block_users", blocking(person))
    return error_of(await stage.send(person))


def blocking(*users: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "block_users": [{"user": user} for user in users]}


async def blocked_by_the_person(stage: Stage) -> tuple[int, Error]:
    person = stage.somebody()
    await stage.tools.act("block", person)
    return await failure_of(stage, await stage.sent(person))


async def to_itself(stage: Stage) -> tuple[int, Error]:
    return error_of(await stage.send(stage.identity.display_phone_number))


async def window_closed(stage: Stage) -> tuple[int, Error]:
    await stage.rule(windows=True)
    person = stage.somebody()
    await stage.tools.act("send", person, type="text", text={"body": "Hi"})
    stage.clock.advance(25 * HOUR)
    return await failure_of(stage, await stage.sent(person))


async def over_the_tier(stage: Stage) -> tuple[int, Error]:
    await stage.rule(windows=True, tier=1)
    stage.clock.advance(25 * HOUR)
    return await twice(stage, **of_template("hello_world"))


async def marketing_cap(stage: Stage) -> tuple[int, Error]:
    await stage.rule(marketing_per_day=1)
    person, offer = stage.somebody(), await marketing(stage)
    await stage.sent(person, **offer)
    return await failure_of(stage, await stage.sent(person, **offer))


async def marketing_stopped(stage: Stage) -> tuple[int, Error]:
    person, offer = stage.somebody(), await marketing(stage)
    await stage.tools.act("stop_marketing", person)
    return await failure_of(stage, await stage.sent(person, **offer))


async def marketing(stage: Stage) -> dict[str, Any]:
    name = f"autumn_offer_{stage.somebody()}"
    await approved(stage, draft(name=name, category="MARKETING"))
    return of_template(name)


async def pair_limit(stage: Stage) -> tuple[int, Error]:
    await stage.rule(pair_limit=True)
    person = stage.somebody()
    for _ in range(45):
        await stage.sent(person)
    return error_of(await stage.send(person))


async def throughput(stage: Stage) -> tuple[int, Error]:
    await stage.rule(throughput=1)
    stage.clock.advance(MINUTE)
    return await twice(stage)


async def code_to_a_user_id(stage: Stage) -> tuple[int, Error]:
    content = of_template("sample_login_code", texts("body", "123456"), button("url", 0, "text", "123456"))
    body = {"messaging_product": "whatsapp", "recipient": "US.13491208655302741918", **content}
    body.pop("text")
    return await refused(stage, "POST", "/{phone}/messages", body)


async def reviewed(stage: Stage, status: str) -> tuple[int, Error]:
    name = f"parcel_{status.lower()}"
    id_ = await approved(stage, draft(name=name))
    await stage.do("POST", f"/_sandbox/templates/{id_}/review", {"status": status})
    return error_of(await stage.send(**of_template(name)))


async def paused_template(stage: Stage) -> tuple[int, Error]:
    return await reviewed(stage, "PAUSED")


async def disabled_template(stage: Stage) -> tuple[int, Error]:
    return await reviewed(stage, "DISABLED")


async def published(stage: Stage, state: str = "PUBLISHED") -> str:
    body = {
        "name": f"Survey {stage.somebody()}",
        "categories": ["SURVEY"],
        "flow_json": FLOW,
        "publish": True,
    }
    made = await stage.do("POST", "/{waba}/flows", body)
    assert made["validation_errors"] == []
    if state != "PUBLISHED":
        await stage.do("POST", f"/_sandbox/flows/{made['id']}", {"state": state})
    return str(made["id"])


def flow_message(id_: str) -> dict[str, Any]:
    parameters = {"flow_message_version": "3", "flow_id": id_, "flow_cta": "Start"}
    return interactive("flow", {"name": "flow", "parameters": parameters})


def with_flow(state: str) -> Cause:
    async def cause(stage: Stage) -> tuple[int, Error]:
        return error_of(await stage.send(**flow_message(await published(stage, state))))

    return cause


def of_flow(method: str, edge: str, state: str = "PUBLISHED", body: Any = None) -> Cause:
    async def cause(stage: Stage) -> tuple[int, Error]:
        return await refused(stage, method, f"/{await published(stage, state)}{edge}", body)

    return cause


async def deprecating_a_draft(stage: Stage) -> tuple[int, Error]:
    made = await stage.do("POST", "/{waba}/flows", {"name": "A draft", "categories": ["SURVEY"]})
    return await refused(stage, "POST", f"/{made['id']}/deprecate")


async def a_number(stage: Stage, *, verified: bool = True, registered: bool = False) -> str:
    """A further business number, as far as it is asked for."""
    given = {"cc": "1", "phone_number": stage.somebody(), "verified_name": "Second Shop"}
    id_ = str((await stage.do("POST", "/{waba}/phone_numbers", given))["id"])
    if verified:
        await stage.do("POST", f"/{id_}/request_code", ASK_CODE)
        code = (await stage.do("GET", f"/_sandbox/numbers/{id_}"))["code"]
        await stage.do("POST", f"/{id_}/verify_code", {"code": code})
    if registered:
        await stage.do("POST", f"/{id_}/register", PIN)
    return id_


async def wrong_pin(stage: Stage) -> tuple[int, Error]:
    id_ = await a_number(stage, registered=True)
    return await refused(stage, "POST", f"/{id_}/register", WRONG_PIN)


async def unverified(stage: Stage) -> tuple[int, Error]:
    id_ = await a_number(stage, verified=False)
    return await refused(stage, "POST", f"/{id_}/register", PIN)


async def too_many_pins(stage: Stage) -> tuple[int, Error]:
    id_ = await a_number(stage, registered=True)
    for _ in range(5):
        await refused(stage, "POST", f"/{id_}/register", WRONG_PIN)
        stage.clock.advance(2 * MINUTE)
    return await refused(stage, "POST", f"/{id_}/register", WRONG_PIN)


async def pins_too_fast(stage: Stage) -> tuple[int, Error]:
    id_ = await a_number(stage, registered=True)
    for _ in range(2):
        await refused(stage, "POST", f"/{id_}/register", WRONG_PIN)
    return await refused(stage, "POST", f"/{id_}/register", WRONG_PIN)


async def not_registered(stage: Stage) -> tuple[int, Error]:
    return await refused(stage, "POST", f"/{await a_number(stage)}/messages", a_text(stage))


def a_text(stage: Stage) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": stage.somebody(), "text": {"body": "Hello"}}


async def recently_deleted(stage: Stage) -> tuple[int, Error]:
    digits = stage.somebody()
    given = {"cc": "1", "phone_number": digits, "verified_name": "Second Shop"}
    first = await stage.do("POST", "/{waba}/phone_numbers", given)
    await stage.do("DELETE", f"/_sandbox/numbers/{first['id']}")
    second = await stage.do("POST", "/{waba}/phone_numbers", given)
    return await refused(stage, "POST", f"/{second['id']}/register", PIN)


async def registered_too_often(stage: Stage) -> tuple[int, Error]:
    id_ = await a_number(stage)
    for _ in range(10):
        await stage.do("POST", f"/{id_}/register", PIN)
    return await refused(stage, "POST", f"/{id_}/register", PIN)


async def unblockable(stage: Stage) -> tuple[int, Error]:
    status, answer = await stage.ask("POST", "/{phone}/block_users", blocking("12"))
    assert answer["block_users"]["failed_users"]
    return status, answer["error"]


async def full_block_list(stage: Stage) -> tuple[int, Error]:
    """No room at all here: to fill a real list of 64,000 would take minutes."""
    with patch.object(block_list, "MOST_BLOCKED", 0):
        status, answer = await stage.ask("POST", "/{phone}/block_users", blocking(stage.somebody()))
    (failed,) = answer["block_users"]["failed_users"]
    return status, failed["errors"][0]


async def account_not_reviewed(stage: Stage) -> tuple[int, Error]:
    await stage.do("POST", "/_sandbox/account", {"do": "review", "decision": "PENDING"})
    try:
        return await refused(stage, "POST", "/{phone}/username", {"username": "lamp_shop"})
    finally:
        await stage.do("POST", "/_sandbox/account", {"do": "review", "decision": "APPROVED"})


async def username_elsewhere(stage: Stage) -> tuple[int, Error]:
    other = await a_number(stage, registered=True)
    await stage.do("POST", f"/{other}/username", {"username": "chair_shop"})
    return await refused(stage, "POST", "/{phone}/username", {"username": "chair_shop"})


async def insights_off(stage: Stage) -> tuple[int, Error]:
    now = stage.clock.now() // 1000
    query = f"start={now - 86_400}&end={now}&granularity=daily&template_ids=1"
    return await refused(stage, "GET", f"/{{waba}}/template_analytics?{query}")


def defining(*components: Any, **members: Any) -> Cause:
    return call("POST", "/{waba}/message_templates", draft(*components, **{"name": "refused", **members}))


async def second_edit(stage: Stage) -> tuple[int, Error]:
    id_ = await approved(stage, draft(name="edited_twice"))
    edited = {"components": [{"type": "BODY", "text": "Your order was handed to the carrier today."}]}
    await stage.do("POST", f"/{id_}", edited)
    await stage.tools.eventually(f"/{id_}?fields=status", lambda node: node["status"] == "APPROVED")
    return await refused(stage, "POST", f"/{id_}", edited)


async def one_template_too_many(stage: Stage) -> tuple[int, Error]:
    """The stage has room for few; what is made here goes again."""
    made: list[str] = []
    while True:
        name = f"one_more_{stage.somebody()}"
        status, answer = await stage.ask("POST", "/{waba}/message_templates", draft(name=name))
        if status != 200:
            break
        made.append(name)
    for name in made:
        await stage.do("DELETE", f"/{{waba}}/message_templates?name={name}")
    return error_of((status, answer))
