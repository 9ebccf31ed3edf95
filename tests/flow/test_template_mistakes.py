"""Mistakes in a send by template, through the front door of a gateway beside its sandbox: none reaches it."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from tests.flow.test_serve import Gateway, story

AT = "/template/components"
FILE = "1234567890"  # at the provider, so that nobody here looks for it
WELCOME = {
    "name": "welcome_named",
    "language": "en_US",
    "category": "UTILITY",
    "parameter_format": "NAMED",
    "components": [
        {
            "type": "BODY",
            "text": "Hello {{first_name}}, your table for {{guests}} people is ready now.",
            "example": {
                "body_text_named_params": [
                    {"param_name": "first_name", "example": "Ada"},
                    {"param_name": "guests", "example": "4"},
                ]
            },
        }
    ],
}


def text(value: str, name: str | None = None) -> dict[str, Any]:
    return {"type": "text", "text": value} | ({"parameter_name": name} if name else {})


def part(type_: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    return {"type": type_, "parameters": list(parameters)} | more


def media(kind: str) -> dict[str, Any]:
    return part("header", {"type": kind, kind: {"id": FILE}})


def button(sub_type: str, index: int, parameter: Any) -> dict[str, Any]:
    return part("button", parameter, sub_type=sub_type, index=index)


BODY = part("body", text("Ada"), text("A-1001"))
TRACK = button("url", 0, text("A-1001"))
REPLY = {"type": "payload", "payload": "more"}
CODE = button("copy_code", 0, {"type": "coupon_code", "coupon_code": "LAMP25"})
OFFER = part(
    "limited_time_offer", {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 10**13}}
)
DOCUMENT, IMAGE = media("document"), media("image")
ADA = part("body", text("Ada"))
CARD = [IMAGE, button("quick_reply", 0, REPLY), button("url", 1, text("17"))]


def cards(*all_components: Any) -> dict[str, Any]:
    several = [{"card_index": index, "components": one} for index, one in enumerate(all_components)]
    return {"type": "carousel", "cards": several}


def body(*texts: str) -> dict[str, Any]:
    return part("body", *map(text, texts))


def named(*pairs: tuple[str, str]) -> dict[str, Any]:
    return part("body", *(text(value, name) for name, value in pairs))


ORDER, NAMED, LOGIN = "sample_order_update", "welcome_named", "sample_login_code"
OFFERED, CAROUSEL = "sample_limited_offer", "sample_carousel"
RIGHT: dict[str, list[Any]] = {
    "hello_world": [],
    ORDER: [DOCUMENT, BODY, TRACK],
    NAMED: [named(("first_name", "Ada"), ("guests", "4"))],
    LOGIN: [body("123456"), button("url", 0, text("123456"))],
    OFFERED: [IMAGE, OFFER, ADA, CODE, button("url", 1, text("x"))],
    CAROUSEL: [ADA, cards(CARD, CARD)],
}
MISTAKES: dict[str, tuple[str, list[Any], str, str, str]] = {
    "missing": (ORDER, [DOCUMENT, body("Ada"), TRACK],
        "/1/parameters", "missing_parameter", "your order [{{2}}] is on its way"),
    "no body at all": (ORDER, [DOCUMENT, TRACK],
        "", "missing_parameter", "Hi [{{1}}], your order"),
    "extra": (ORDER, [DOCUMENT, body("a", "b", "c"), TRACK],
        "/1/parameters/2", "extra_parameter", "one too many"),
    "where there is no gap": ("hello_world", [ADA],
        "/0/parameters/0", "extra_parameter", "no gap"),
    "wrong type": (ORDER, [IMAGE, BODY, TRACK],
        "/0/parameters/0/type", "header_kind", "is a document; the message gives an image"),
    "a name where gaps have numbers": (ORDER, [DOCUMENT, part("body", text("Ada", "who"), text("x")), TRACK],
        "/1/parameters/0/parameter_name", "parameter_name", "numbers, no names"),
    "wrong name": (NAMED, [named(("firstname", "Ada"), ("guests", "4"))],
        "/0/parameters/0/parameter_name", "parameter_name", "Did you mean `first_name`?"),
    "no name": (NAMED, [part("body", text("Ada"), text("4", "guests"))],
        "/0/parameters/0/parameter_name", "parameter_name", "names no gap"),
    "a name twice": (NAMED, [named(("guests", "Ada"), ("guests", "4"))],
        "/0/parameters/1/parameter_name", "parameter_twice", "given twice"),
    "empty": (ORDER, [DOCUMENT, body(" ", "x"), TRACK],
        "/1/parameters/0/text", "parameter_empty", "Hi [{{1}}], your order"),
    "newline": (ORDER, [DOCUMENT, body("A\nB", "x"), TRACK],
        "/1/parameters/0/text", "parameter_line_break", "Hi [{{1}}], your order"),
    "tab": (ORDER, [DOCUMENT, body("A\tB", "x"), TRACK],
        "/1/parameters/0/text", "parameter_tab", "has a tab"),
    "many spaces": (ORDER, [DOCUMENT, body("A     B", "x"), TRACK],
        "/1/parameters/0/text", "parameter_spaces", "four spaces"),
    "too long": (ORDER, [DOCUMENT, body("A" * 1000, "x"), TRACK],
        "/1/parameters", "filled_too_long", "at most 1024"),
    "no header": (ORDER, [BODY, TRACK],
        "", "missing_header", "begins with a document, which is not given"),
    "a header where there is none": (NAMED, [IMAGE, *RIGHT[NAMED]],
        "/0", "no_header", "has no header"),
    "no button": (ORDER, [DOCUMENT, BODY],
        "", "missing_button", "the end of the address is missing"),
    "a button that is not there": (ORDER, [DOCUMENT, BODY, TRACK, button("url", 3, text("x"))],
        "/3/index", "no_such_button", "There is no button 3"),
    "a button of another kind": (ORDER, [DOCUMENT, BODY, button("quick_reply", 0, REPLY)],
        "/2/sub_type", "button_kind", "is of the kind url"),
    "a code too long": (LOGIN, [body("1" * 16), button("url", 0, text("1" * 16))],
        "/1/parameters/0/text", "code_too_long", "at most 15"),
    "no end of the offer": (OFFERED, [one for one in RIGHT[OFFERED] if one is not OFFER],
        "", "missing_expiration", "Ends soon"),
    "a card less": (CAROUSEL, [ADA, cards(CARD)],
        "/1", "card_count", "has 2 cards; the message gives 1"),
    "a card without its picture": (CAROUSEL, [ADA, cards(CARD, CARD[1:])],
        "/1/cards/1/components", "missing_header", "begins with an image"),
}  # fmt: skip
"""What is wrong: the template, its components, and where below them, by which rule and in which words."""


def sending(name: str, components: list[Any], language: str = "en_US", **more: Any) -> dict[str, Any]:
    template = {"name": name, "language": {"code": language}, "components": components}
    return {"to": "15550002222", "type": "template", "template": template} | more


async def approved(it: Gateway, template: dict[str, Any]) -> None:
    """Handed in, and approved at once rather than in two seconds."""
    status, made = await it.call("POST", "/v1/templates", template)
    assert status == 200, made
    url = f"{it.ready['sandbox_url']}/_sandbox/templates/{made['provider_id']}/review"
    async with aiohttp.ClientSession() as http, http.post(url, json={"status": "APPROVED"}) as answer:
        assert answer.status == 200, await answer.text()


async def known(it: Gateway, *names: str) -> None:
    """Returns when these templates are here and approved."""
    async with asyncio.timeout(20):
        for name in names:
            while True:
                _, page = await it.call("GET", f"/v1/templates?name={name}")
                if [row["status"] for row in page["data"]] == ["APPROVED"]:
                    break
                await asyncio.sleep(0.05)


async def refused(it: Gateway, body: Any) -> dict[str, Any]:
    """The first problem."""
    status, answer = await it.call("POST", "/v1/whatsapp/messages", body)
    assert (status, answer["error"]["reason"]) == (400, "invalid_request"), answer
    return dict(answer["error"]["problems"][0])


def test_no_mistake_in_the_parameters_of_a_template_reaches_the_provider(tmp_path: Path) -> None:
    async def tell(it: Gateway) -> None:
        await approved(it, WELCOME)
        await known(it, *RIGHT)
        for mistake, (name, components, place, rule, words) in MISTAKES.items():
            problem = await refused(it, sending(name, components))
            found = (problem["pointer"], problem["rule"], words in problem["detail"])
            assert (mistake, *found) == (mistake, AT + place, rule, True), problem["detail"]
        for other, rule in (
            (sending(ORDER, RIGHT[ORDER], "es"), "unknown_language"),
            (sending("sample_order_updates", RIGHT[ORDER]), "unknown_template"),
        ):
            assert (await refused(it, other))["rule"] == rule
        assert (await it.call("GET", "/v1/messages"))[1]["data"] == []
        assert await it.ledger("15550002222") == []

        bodies = [sending(name, components) for name, components in RIGHT.items()]
        _, answer = await it.call("POST", "/v1/messages/batch", bodies)
        for result in answer["results"]:
            await it.until(result["id"], "delivered", "read")

    story("", tmp_path, tell)


def test_nor_does_it_with_the_other_engine(postgres_url: str, tmp_path: Path) -> None:
    async def tell(it: Gateway) -> None:
        await known(it, ORDER)
        name, components, place, rule, _ = MISTAKES["missing"]
        problem = await refused(it, sending(name, components))
        assert (problem["pointer"], problem["rule"]) == (AT + place, rule)
        assert (await it.call("GET", "/v1/messages"))[1]["data"] == []
        assert await it.ledger("15550002222") == []

    story(postgres_url, tmp_path, tell)
