"""What a definition may be: every limit of a component has a case, and the samples keep to them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.rig import caller, sandbox_in_a_thread
from tests.sandbox.templates.drafts import (
    BODY,
    BODY_2,
    CODE,
    IMAGE,
    NAMED_BODY,
    OFFER,
    ONE_TAP,
    OTP,
    PHONE_BUTTON,
    REPLY,
    URL,
    ask,
    body,
    buttons,
    card,
    carousel,
    draft,
    edge,
    header,
    login,
    refusal,
)
from trunkline.sandbox import Identity
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.checks import read_components
from trunkline.sandbox.templates.definition import part_of
from trunkline.sandbox.templates.samples import LIBRARY, SAMPLES, Sample

SALE = {"category": "MARKETING"}
FLOW = {"type": "FLOW", "text": "Book", "flow_id": "123", "navigate_screen": "START"}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with sandbox_in_a_thread(tmp_path_factory.mktemp("sandbox")) as known:
        yield known


GOOD: dict[str, dict[str, Any]] = {
    "body": draft(),
    "variables": draft(BODY_2),
    "flat example": draft({**BODY_2, "example": {"body_text": ["Ada", "A-1"]}}),
    "named": draft(NAMED_BODY, parameter_format="NAMED"),
    "header": draft(header("Order {{1}}", "A-1"), BODY),
    "image and footer": draft(IMAGE, BODY, {"type": "FOOTER", "text": "Shop"}),
    "location": draft({"type": "HEADER", "format": "LOCATION"}, BODY),
    "small letters": draft({"type": "body", "text": "Small letters are fine."}, category="utility"),
    "buttons": draft(BODY, buttons(REPLY, REPLY, URL, PHONE_BUTTON)),
    "calls to action first": draft(BODY, buttons(URL, PHONE_BUTTON, CODE, REPLY)),
    "flow": draft(BODY, buttons(FLOW)),
    "catalog": draft(BODY, buttons({"type": "CATALOG", "text": "View catalog"}), **SALE),
    "items": draft(header("Lamps"), BODY, buttons({"type": "MPM"}), **SALE),
    "ten cards": draft(BODY, carousel(*[card(REPLY, URL)] * 10), **SALE),
    "product cards": draft(
        BODY, carousel(*[card({"type": "SPM"}, format="PRODUCT", example=None)] * 2), **SALE
    ),
    "offer": draft(IMAGE, OFFER, BODY, buttons(CODE, URL), **SALE),
    "login": login(),
    "one tap": login(ONE_TAP),
    "zero tap": login({**ONE_TAP, "otp_type": "ZERO_TAP", "zero_tap_terms_accepted": True}),
    "life": draft(message_send_ttl_seconds=43_200),
    "endless life": login(message_send_ttl_seconds=-1),
    "components as JSON": draft(components='[{"type":"BODY","text":"Written as a string."}]'),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_proper_definition_is_submitted(case: str, identity: Identity) -> None:
    async def scenario() -> None:
        async with caller(identity) as tools:
            name = f"good_{list(GOOD).index(case)}"
            answer = await ask(tools, "POST", edge(tools), {**GOOD[case], "name": name})
            assert answer["status"] == "PENDING"
            assert answer["category"] == GOOD[case]["category"].upper()

    asyncio.run(scenario())


# Case → the definition, and the subcode; None where only the words tell.
BAD: dict[str, tuple[dict[str, Any], int | None]] = {
    "name": (draft(name="Order Update"), 2388046),
    "long name": (draft(name="a" * 513), 2388040),
    "no name": (draft(name=None), None),
    "language": (draft(language="en_XX"), None),
    "category": (draft(category="SERVICE"), None),
    "no components": (draft(components=[]), None),
    "unknown component": (draft(BODY, {"type": "TAIL"}), None),
    "no body": (draft(header("Order")), 2388043),
    "two bodies": (draft(BODY, BODY), 2388072),
    "long body": (draft(body("a" * 1025)), 2388040),
    "empty body": (draft(body("")), 2388043),
    "text is a number": (draft({"type": "BODY", "text": 7}), None),
    "no example": (draft(body("Hi {{1}}, your order is on its way.")), 2388043),
    "short example": (draft({**BODY_2, "example": {"body_text": [["Ada"]]}}), 2388072),
    "odd example": (draft({**BODY_2, "example": {"body_text": [[{}, 1]]}}), 2388072),
    "leading variable": (draft(body("{{1}}, your order is on its way.", "Ada")), 2388299),
    "trailing variable": (draft(body("The number of your order is {{1}}", "A-1")), 2388299),
    "gap": (draft(body("Hi {{1}}, your order {{3}} is on its way.", "Ada", "A-1")), 2388072),
    "adjacent": (draft(body("Hi {{1}} {{2}}, your order is on its way to you.", "A", "B")), 2388072),
    "dense": (draft(body("Hi {{1}} and {{2}} bye.", "A", "B")), 2388293),
    "open brace": (draft(body("Hi {{1, your order is on its way.")), 2388072),
    "three line breaks": (draft(body("Hello\n\n\nthere")), 2388072),
    "number in a named one": (
        draft(body("Hi {{First}}, it is on its way.", "Ada"), parameter_format="NAMED"),
        2388072,
    ),
    "name in a numbered one": (draft(NAMED_BODY), 2388072),
    "long header": (draft(header("a" * 61), BODY), 2388040),
    "two variables in a header": (draft(header("Order {{1}} of {{2}}", "1", "2"), BODY), 2388047),
    "emoji in a header": (draft(header("Order \U0001f600"), BODY), 2388047),
    "bold header": (draft(header("*Order*"), BODY), 2388047),
    "header without example": (draft(header("Order {{1}}"), BODY), 2388043),
    "image without example": (draft({"type": "HEADER", "format": "IMAGE"}, BODY), 2388043),
    "header format": (draft({"type": "HEADER", "format": "AUDIO"}, BODY), None),
    "gif": (draft({**IMAGE, "format": "GIF"}, BODY), 2388047),
    "long footer": (draft(BODY, {"type": "FOOTER", "text": "a" * 61}), 2388040),
    "variable in a footer": (draft(BODY, {"type": "FOOTER", "text": "By {{1}} of us"}), 2388073),
    "eleven buttons": (draft(BODY, buttons(*[REPLY] * 11)), None),
    "no buttons": (draft(BODY, buttons()), 2388043),
    "long button": (draft(BODY, buttons({**REPLY, "text": "a" * 26})), 2388040),
    "button without text": (draft(BODY, buttons({"type": "QUICK_REPLY"})), 2388043),
    "mixed buttons": (draft(BODY, buttons(REPLY, URL, REPLY)), None),
    "three links": (draft(BODY, buttons(URL, URL, URL)), None),
    "two phones": (draft(BODY, buttons(PHONE_BUTTON, PHONE_BUTTON)), None),
    "long link": (draft(BODY, buttons({**URL, "url": "https://a.example/" + "a" * 2000})), 2388040),
    "no link": (draft(BODY, buttons({**URL, "url": "shop.example"})), None),
    "variable inside a link": (draft(BODY, buttons({**URL, "url": "https://a.example/{{1}}/b"})), None),
    "link without example": (draft(BODY, buttons({**URL, "example": None})), 2388043),
    "long phone": (draft(BODY, buttons({**PHONE_BUTTON, "phone_number": "1" * 21})), None),
    "long code": (draft(BODY, buttons({**CODE, "example": "a" * 21})), 2388040),
    "flow without id": (draft(BODY, buttons({"type": "FLOW", "text": "Book"})), None),
    "otp in utility": (draft(BODY, buttons(OTP)), None),
    "one card": (draft(BODY, carousel(card()), **SALE), None),
    "eleven cards": (draft(BODY, carousel(*[card()] * 11), **SALE), None),
    "different cards": (draft(BODY, carousel(card(REPLY), card(URL)), **SALE), None),
    "three buttons on a card": (draft(BODY, carousel(*[card(REPLY, URL, PHONE_BUTTON)] * 2), **SALE), None),
    "long card": (draft(BODY, carousel(*[card(text="a" * 161)] * 2), **SALE), 2388040),
    "carousel with footer": (
        draft(BODY, carousel(card(), card()), {"type": "FOOTER", "text": "x"}, **SALE),
        None,
    ),
    "utility offer": (draft(OFFER, BODY, buttons(CODE)), None),
    "long offer": (
        draft({**OFFER, "limited_time_offer": {"text": "a" * 17}}, BODY, buttons(CODE), **SALE),
        2388040,
    ),
    "offer with a long body": (draft(OFFER, body("a" * 601), buttons(CODE), **SALE), 2388040),
    "offer with a footer": (
        draft(OFFER, BODY, {"type": "FOOTER", "text": "x"}, buttons(CODE), **SALE),
        2388073,
    ),
    "offer without a button": (draft(OFFER, BODY, buttons(REPLY), **SALE), None),
    "login with a text": (draft(BODY, buttons(OTP), category="AUTHENTICATION"), 2388072),
    "login without a button": (draft({"type": "BODY"}, category="AUTHENTICATION"), 2388043),
    "login with two buttons": (login(OTP, OTP), None),
    "login with a link": (login(URL), None),
    "login with an image": (draft(IMAGE, {"type": "BODY"}, buttons(OTP), category="AUTHENTICATION"), 2388047),
    "minutes": (
        login(components=[{"type": "BODY"}, {"type": "FOOTER", "code_expiration_minutes": 91}, buttons(OTP)]),
        None,
    ),
    "app without hash": (login({**ONE_TAP, "supported_apps": [{"package_name": "a.b"}]}), 2388043),
    "short hash": (
        login({**ONE_TAP, "supported_apps": [{"package_name": "a.b", "signature_hash": "x"}]}),
        None,
    ),
    "six apps": (login({**ONE_TAP, "supported_apps": ONE_TAP["supported_apps"] * 6}), None),
    "zero tap without terms": (login({**ONE_TAP, "otp_type": "ZERO_TAP"}), None),
    "long life": (draft(message_send_ttl_seconds=43_201), None),
    "short life": (draft(message_send_ttl_seconds=600, **SALE), None),
    "endless marketing": (draft(message_send_ttl_seconds=-1, **SALE), None),
    "sub category": (draft(sub_category="NEWS"), None),
    "library": (draft(components=None, library_template_name="nothing_of_that_name"), None),
}


@pytest.mark.parametrize("case", BAD)
def test_a_definition_that_breaks_a_limit_is_refused_with_code_100(case: str, identity: Identity) -> None:
    async def scenario() -> None:
        async with caller(identity) as tools:
            definition, subcode = BAD[case]
            error = await refusal(tools, "POST", edge(tools), definition)
            assert (error["status"], error["code"], error.get("error_subcode")) == (400, 100, subcode)
            if subcode is not None:
                assert error["message"] == "Invalid parameter"
                assert error["error_user_title"]
                assert error["error_user_msg"]

    asyncio.run(scenario())


ODD = [
    None,
    0,
    -1,
    10**30,
    1.5,
    True,
    "",
    "x\x00y",
    "\ud800",
    [],
    [None],
    [[]],
    {},
    {"type": None},
    {"a": {"a": {}}},
]


@pytest.mark.parametrize(
    "path", ["name", "language", "category", "components", "parameter_format", "message_send_ttl_seconds"]
)
def test_odd_members_never_break_the_sandbox(path: str, identity: Identity) -> None:
    async def scenario() -> None:
        async with caller(identity) as tools:
            for value in ODD:
                response = await tools.call("POST", edge(tools), {**draft(), path: value})
                assert response.status in {200, 400}, value

    asyncio.run(scenario())


def test_odd_components_never_break_the_sandbox(identity: Identity) -> None:
    whole = draft(
        IMAGE,
        OFFER,
        BODY_2,
        buttons(CODE, URL, FLOW, PHONE_BUTTON),
        carousel(card(), card()),
        name="odd",
        **SALE,
    )

    def spoil(value: Any) -> Iterator[Any]:
        """Every copy in which one inner member is something odd."""
        members: Any = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in list(members):
            for odd in ODD if not isinstance(inner, dict | list) else ODD[::4]:
                copy = value.copy()
                copy[key] = odd
                yield copy
            if isinstance(inner, dict | list):
                for spoilt in spoil(inner):
                    copy = value.copy()
                    copy[key] = spoilt
                    yield copy

    async def scenario() -> None:
        async with caller(identity) as tools:
            for definition in (whole, login(ONE_TAP)):
                for count, part in enumerate(spoil(definition["components"])):
                    given = {**definition, "name": f"odd_{count}", "components": part}
                    response = await tools.call("POST", edge(tools), given)
                    assert response.status in {200, 400}, part

    asyncio.run(scenario())


@pytest.mark.parametrize("sample", [*SAMPLES, *LIBRARY], ids=lambda sample: sample.name)
def test_samples_keep_to_the_limits(sample: Sample) -> None:
    if sample.category != "AUTHENTICATION":
        holder = Param({"components": sample.components}, "")
        read = read_components(holder, sample.category, sample.language, named=False)
        assert read == sample.components
    else:
        assert "{{1}}" in part_of(sample.components, "BODY")["text"]
