"""Template messages: what each component and parameter may be, and what comes out for the registry."""

from typing import Any

import pytest

from tests.sandbox.content.bodies import (
    DETAILS,
    HEADERS,
    LINK,
    MESSAGES,
    PRODUCTS,
    TEMPLATE_CARD,
    button,
    template,
    text_of,
)
from tests.sandbox.content.limits import ABSENT, Limit, check_limit, message, names
from trunkline.sandbox import Identity
from trunkline.sandbox.content.messages import read_message

BARE = MESSAGES["template"]
FULL = MESSAGES["template, full"]
COMPONENTS = "template['components']"


def of(component: Any, path: str, taken: list[Any], refused: list[Any], code: int, words: str) -> Limit:
    """A row on a template that has only this component; the path begins inside of it."""
    return Limit(template(component), f"template.components.0.{path}", taken, refused, code, words)


def body_of(*texts: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [text_of(text) for text in texts]}


def header_of(parameter: Any) -> dict[str, Any]:
    return {"type": "header", "parameters": [parameter]}


def action(**members: Any) -> dict[str, Any]:
    return {"type": "action", "action": members}


TEXT = {"type": "text", "text": "x"}
URL = button("url", "0", TEXT)
COUPON = button("copy_code", 0, {"type": "coupon_code", "coupon_code": "x"})
OFFER = MESSAGES["template with an offer"]["template"]["components"][0]
CARDS = {"type": "carousel", "cards": [TEMPLATE_CARD, {**TEMPLATE_CARD, "card_index": 1}]}
MPM = button("mpm", 0, action(sections=PRODUCTS["sections"]))

LIMITS = [
    Limit(BARE, "template", [], [ABSENT], 100, "The parameter template is required."),
    Limit(BARE, "template.name", [], [ABSENT, "", None], 100, "Parameter name is missing or empty"),
    Limit(BARE, "template.name", ["a" * 512], ["a" * 513, "Hello", "a-b"], 132001, "does not exist in en_US"),
    Limit(BARE, "template.language", [], [ABSENT], 100, "The parameter template['language'] is required."),
    Limit(BARE, "template.language", [], ["en"], 100, "Param template['language'] must be a JSON object."),
    Limit(
        BARE,
        "template.language.code",
        ["en", "pt_BR", "fil", "zh_HANS"],
        ["english", "en-US"],
        132001,
        "template name (greeting) does not exist in en",
    ),
    Limit(
        BARE, "template.language.policy", ["deterministic"], ["loose"], 100, "must be one of {DETERMINISTIC"
    ),
    Limit(BARE, "template.text", [], ["x"], 100, 'Unexpected key "text" on param "template".'),
    Limit(BARE, "template.components", [[], None], [{}, "x"], 100, f"Param {COMPONENTS} must be an array."),
    Limit(
        BARE,
        "template.components",
        [],
        [[{"type": "footer"}]],
        100,
        f"Param {COMPONENTS}[0]['type'] must be one of {{BODY, BUTTON, CAROUSEL, HEADER, LIMITED_TIME_OFFER, "
        'ORDER_STATUS} - got "footer".',
    ),
    Limit(
        BARE,
        "template.components",
        [[URL, {**URL, "index": 1}]],
        [[body_of("a"), body_of("b")], [URL, {**URL, "index": 0}]],
        100,
        "has two components of type",
    ),
    of(body_of("a"), "text", [], ["x"], 100, f'Unexpected key "text" on param "{COMPONENTS}[0]".'),
    of(
        body_of("a"),
        "parameters.0",
        [TEXT, {**TEXT, "parameter_name": "who"}],
        [HEADERS["image"], {"type": "payload", "payload": "x"}],
        100,
        "must be one of {CURRENCY, DATE_TIME, TEXT}",
    ),
    of(
        body_of("a"),
        "parameters.0.text",
        [" ", "x" * 1024],
        ["", ABSENT, None],
        131008,
        "Parameter of type text is missing text value",
    ),
    of(body_of("a"), "parameters.0.text", [], [7, {"a": 1}], 100, "must be a string."),
    of(
        body_of("a", "b"),
        "parameters.1.text",
        ["x" * 32_768],
        ["x" * 32_769],
        132018,
        "body: Parameter at index 1 exceeds the parameter length limit 32768",
    ),
    of(
        body_of("a"),
        "parameters.0.text",
        ["a    b"],
        ["a\nb", "a\tb", "a     b", "a\rb"],
        132018,
        "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
    ),
    *(
        Limit(FULL, f"template.components.1.parameters.{path}", taken, refused, code, words)
        for path, taken, refused, code, words in (
            ("1.currency.code", ["USD"], ["USDX"], 100, "at most 3 characters"),
            ("1.currency.amount_1000", [0, "5"], ["much", 1.5, None], 100, "amount_1000"),
            ("1.currency.fallback_value", [], [ABSENT], 100, "is required."),
            ("2.date_time.fallback_value", [], [ABSENT], 100, "is required."),
        )
    ),
    *(
        of(
            header_of(TEXT),
            "parameters.0",
            [{**header}],
            [{"type": kind, kind: {}}],
            100,
            "exactly one of id and link",
        )
        for kind, header in (
            (kind, {"type": kind, kind: {"link": LINK}}) for kind in ("image", "video", "document", "gif")
        )
    ),
    of(header_of(TEXT), "parameters", [[], [TEXT]], [[TEXT, TEXT]], 131009, "Invalid parameters count."),
    of(
        header_of(TEXT),
        "parameters.0",
        [],
        [{"type": "audio", "audio": {"id": "1"}}],
        100,
        "must be one of {DOCUMENT, GIF, IMAGE, LOCATION, PRODUCT, TEXT, VIDEO}",
    ),
    of(
        header_of({"type": "location", "location": {"latitude": 1, "longitude": 2}}),
        "parameters.0.location.latitude",
        [90],
        [91],
        131009,
        "Latitude must be between",
    ),
    of(
        header_of({"type": "product", "product": {"product_retailer_id": "1", "catalog_id": "1"}}),
        "parameters.0.product.catalog_id",
        [],
        [ABSENT],
        100,
        "is required.",
    ),
    of(
        URL,
        "index",
        [0, "9", 9],
        [10, -1, "x", "", None, ABSENT, True, 10**30],
        100,
        f"{COMPONENTS}[0]['index']",
    ),
    of(URL, "sub_type", ["URL"], ["phone_number", ABSENT], 100, f"{COMPONENTS}[0]['sub_type']"),
    of(
        URL,
        "parameters",
        [],
        [[], ABSENT, None],
        131008,
        "buttons: Button at index 0 of type Url requires a parameter",
    ),
    of(URL, "parameters.0.text", ["a\nb"], [""], 131008, "Parameter of type text is missing text value"),
    of(URL, "parameters.0", [], [{"type": "payload", "payload": "x"}], 100, "must be one of {TEXT}"),
    of(URL, "parameters", [], [[TEXT, TEXT]], 131009, "Invalid parameters count."),
    of(
        COUPON,
        "parameters",
        [],
        [[]],
        131008,
        "buttons: Button at index 0 of type copy_code requires a non-empty parameter coupon_code",
    ),
    of(
        COUPON,
        "parameters.0.coupon_code",
        ["x" * 19, "x" * 20],
        ["x" * 21],
        132018,
        "buttons: Parameter at index 0 exceeds the parameter length limit 20",
    ),
    of(
        COUPON,
        "parameters.0.coupon_code",
        [],
        [""],
        131008,
        "Parameter of type coupon_code is missing coupon_code value",
    ),
    of(
        button("quick_reply", 0, {"type": "payload", "payload": "p"}),
        "parameters",
        [[]],
        [[TEXT]],
        100,
        "must be one of {PAYLOAD}",
    ),
    of(
        button("flow", 0),
        "parameters",
        [[action()], []],
        [[action(screen="A")]],
        100,
        'Unexpected key "screen"',
    ),
    of(
        button("flow", 0, action()),
        "parameters.0.action.flow_action_data",
        [{}],
        ["x"],
        100,
        "must be a JSON object.",
    ),
    of(button("catalog", 0), "parameters", [[action()]], [[action(sku="1")]], 100, 'Unexpected key "sku"'),
    of(MPM, "parameters", [], [[]], 131008, "buttons: Button at index 0 of type mpm requires a parameter"),
    of(
        MPM,
        "parameters.0.action.sections.0.product_items",
        [[{"product_retailer_id": "p"}] * 30],
        [[{"product_retailer_id": "p"}] * 31],
        131009,
        "Total product count exceed max allowed count: 30",
    ),
    of(
        MPM,
        "parameters.0.action.sections",
        [PRODUCTS["sections"]],
        [PRODUCTS["sections"] * 11],
        131009,
        "Invalid sections count. Min allowed sections: 1, Max allowed sections: 10",
    ),
    of(
        button("order_details", 0, action(order_details=DETAILS)),
        "parameters.0.action.order_details.currency",
        ["INR"],
        ["EUR"],
        100,
        "must be one of {BRL, INR}",
    ),
    of(
        button("voice_call", 0),
        "parameters",
        [[]],
        [[{"type": "ttl_minutes", "ttl_minutes": 0}]],
        100,
        "between 1 and 43200",
    ),
    of(button("request_contact_info", 0), "parameters", [[]], [[TEXT]], 100, "['type'] must be one of {}"),
    of(
        OFFER,
        "parameters.0.limited_time_offer.expiration_time_ms",
        [1, "1900000000000"],
        [ABSENT, "soon", -1, 1.5],
        100,
        "expiration_time_ms",
    ),
    of(CARDS, "cards", [[TEMPLATE_CARD]], [[], [TEMPLATE_CARD] * 11], 131009, "Invalid cards count."),
    of(CARDS, "cards.1.card_index", [9, "1"], [0], 131009, "Duplicate card index: 0"),
    of(CARDS, "cards.1.card_index", [], [10, ABSENT, "x"], 100, "card_index"),
    of(CARDS, "cards.0.components", [[]], [[CARDS]], 100, "must be one of {BODY, BUTTON, HEADER}"),
]


@pytest.mark.parametrize("limit", LIMITS, ids=names(LIMITS))
def test_a_limit_holds_at_it_and_bites_beyond_it(shared: Identity, limit: Limit) -> None:
    check_limit(shared, limit)


def test_the_registry_gets_the_components_in_one_form() -> None:
    read = read_message(message(FULL))
    assert read.template == ("order_shipped", "en_US", 3)
    assert [part["type"] for part in read.template_components] == [
        "header",
        "body",
        "button",
        "button",
        "button",
    ]
    quick_reply, url, coupon = read.template_components[2:]
    assert quick_reply == {
        "type": "button",
        "sub_type": "quick_reply",
        "index": 0,
        "parameters": [{"type": "payload", "payload": "p"}],
    }
    assert (url["sub_type"], url["index"], coupon["index"]) == ("url", 1, 2)
    cards = read_message(message(MESSAGES["template with cards"])).template_components[1]["cards"]
    assert [card["card_index"] for card in cards] == [0, 1]
    assert [part["type"] for part in cards[0]["components"]] == ["header", "body", "button", "button"]
    nulls = template({"type": "body", "parameters": [{**TEXT, "parameter_name": None}]})
    assert read_message(message(nulls)).template_components[0]["parameters"] == [TEXT]


def test_a_message_without_template_has_no_components() -> None:
    read = read_message(message(MESSAGES["text, full"]))
    assert (read.template, read.template_components) == (None, [])
    assert (read.context, read.identity_key_hash) == (
        "wamid.HBgLMTU1NTAwMDEyMzQVAgASGAA=",
        "DF2lS5v2W6x=",
    )
