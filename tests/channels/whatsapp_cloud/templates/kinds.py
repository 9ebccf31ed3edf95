"""A template of every kind as a caller writes it, and a message that fills it in rightly."""

import copy
from typing import Any

from tests.channels.whatsapp_cloud.messages import check as check_message
from trunkline.channels.template_contract import ProviderTemplate, TemplateDraft
from trunkline.channels.whatsapp_cloud.templates import check, match
from trunkline.errors import Problem

Json = dict[str, Any]

HANDLE = "4::aW1hZ2U="
BODY = "Hi {{1}}, your order {{2}} is on its way to you and comes on {{3}} or later."
SAMPLES = ["Ada", "A-1001", "1 May"]


def body(text: str = BODY, *samples: str) -> Json:
    example = {"example": {"body_text": [list(samples or SAMPLES)]}} if "{{" in text else {}
    return {"type": "BODY", "text": text, **example}


def media_header(kind: str = "IMAGE") -> Json:
    return {"type": "HEADER", "format": kind, "example": {"header_handle": [HANDLE]}}


def text_header(text: str = "Order {{1}}", *samples: str) -> Json:
    example = {"example": {"header_text": list(samples or ("A-1001",))}} if "{{" in text else {}
    return {"type": "HEADER", "format": "TEXT", "text": text, **example}


def buttons(*items: Json) -> Json:
    return {"type": "BUTTONS", "buttons": list(items)}


REPLY = {"type": "QUICK_REPLY", "text": "Stop promotions"}
TRACK = {
    "type": "URL",
    "text": "Track order",
    "url": "https://shop.example/orders/{{1}}",
    "example": ["https://shop.example/orders/A-1001"],
}
SHOP = {"type": "URL", "text": "Shop", "url": "https://shop.example/"}
CALL = {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550001234"}
CODE = {"type": "COPY_CODE", "text": "Copy offer code", "example": ["LAMP25"]}
FLOW = {
    "type": "FLOW",
    "text": "Book",
    "flow_id": "123",
    "flow_action": "NAVIGATE",
    "navigate_screen": "START",
}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
APP = {"package_name": "com.example.app", "signature_hash": "K8a/AINcGX7"}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}}


def card(text: str = "A lamp for {{1}} and its long evenings.", *items: Json) -> Json:
    return {"components": [media_header(), body(text, "winter"), buttons(*(items or (REPLY, TRACK)))]}


def product_card() -> Json:
    spm = {"type": "SPM", "text": "View"}
    return {"components": [{"type": "HEADER", "format": "PRODUCT"}, buttons(spm)]}


def draft(*components: Json, **members: Any) -> Json:
    whole = {"name": "order_update", "language": "en_US", "category": "UTILITY", **members}
    return copy.deepcopy(whole | {"components": list(components)} if components else whole)


def login(*items: Json, **members: Any) -> Json:
    parts = [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        buttons(*(items or (OTP,))),
    ]
    return draft(*parts, **{"name": "login_code", "category": "AUTHENTICATION", **members})


def texts(type_: str, *values: str, names: tuple[str, ...] = ()) -> Json:
    parameters: list[Json] = [{"type": "text", "text": value} for value in values]
    for parameter, name in zip(parameters, names, strict=False):
        parameter["parameter_name"] = name
    return {"type": type_, "parameters": parameters}


def media(kind: str = "image") -> Json:
    return {
        "type": "header",
        "parameters": [{"type": kind, kind: {"link": f"https://shop.example/a.{kind}"}}],
    }


def button(sub_type: str, index: int, type_: str, value: Any) -> Json:
    parameters = [{"type": type_, type_: value}]
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": parameters}


def cards(*components: list[Json]) -> Json:
    each = [{"card_index": index, "components": parts} for index, parts in enumerate(components)]
    return {"type": "carousel", "cards": each}


FILLED = texts("body", "Ada", "A-17", "2 May")
ITEMS = {"sections": [{"title": "Lamps", "product_items": [{"product_retailer_id": "lamp"}]}]}
NAMED_BODY = {
    "type": "BODY",
    "text": "Hi {{first_name}}, your order {{order_id}} is on its way to you.",
    "example": {
        "body_text_named_params": [
            {"param_name": "first_name", "example": "Ada"},
            {"param_name": "order_id", "example": "A-1001"},
        ]
    },
}
_AMOUNT = {"value": 500, "offset": 100}
ORDER = {
    "reference_id": "A-1001",
    "type": "digital-goods",
    "currency": "INR",
    "total_amount": _AMOUNT,
    "order": {
        "status": "pending",
        "items": [{"retailer_id": "lamp", "name": "Lamp", "amount": _AMOUNT, "quantity": 1}],
        "subtotal": _AMOUNT,
        "tax": {"value": 0, "offset": 100},
    },
}
_SALE = {"category": "MARKETING"}
_CARD = [media(), texts("body", "spring"), button("url", 1, "text", "17")]
_PLACE = {"latitude": 52.5, "longitude": 13.4, "name": "Shop", "address": "1 Main Street"}

# Kind → the template, and the components of a message of it.
KINDS: dict[str, tuple[Json, list[Json]]] = {
    "plain": (draft(body("Your order is on its way to you.")), []),
    "numbered": (draft(body()), [FILLED]),
    "named": (
        draft(NAMED_BODY, parameter_format="NAMED"),
        [texts("body", "A-17", "Ada", names=("order_id", "first_name"))],
    ),
    "text header": (draft(text_header(), body()), [texts("header", "A-17"), FILLED]),
    "still header": (draft(text_header("Your order"), body()), [FILLED]),
    "image": (draft(media_header(), body(), {"type": "FOOTER", "text": "The shop"}), [media(), FILLED]),
    "video": (draft(media_header("VIDEO"), body()), [media("video"), FILLED]),
    "document": (draft(media_header("DOCUMENT"), body()), [media("document"), FILLED]),
    "location": (
        draft({"type": "HEADER", "format": "LOCATION"}, body()),
        [{"type": "header", "parameters": [{"type": "location", "location": _PLACE}]}, FILLED],
    ),
    "buttons": (
        draft(body(), buttons(REPLY, {"type": "QUICK_REPLY", "text": "Thanks"}, TRACK, SHOP, CALL)),
        [FILLED, button("quick_reply", 1, "payload", "thanks"), button("url", 2, "text", "A-17")],
    ),
    "copy code": (
        draft(body(), buttons(CODE, REPLY), **_SALE),
        [FILLED, button("copy_code", 0, "coupon_code", "LAMP25")],
    ),
    "flow": (draft(body(), buttons(FLOW)), [FILLED, button("flow", 0, "action", {"flow_token": "t"})]),
    "catalog": (
        draft(body(), buttons({"type": "CATALOG", "text": "View catalog"}), **_SALE),
        [FILLED, button("catalog", 0, "action", {"thumbnail_product_retailer_id": "lamp"})],
    ),
    "products": (
        draft(text_header("Lamps"), body(), buttons({"type": "MPM", "text": "View items"}), **_SALE),
        [FILLED, button("mpm", 0, "action", {"thumbnail_product_retailer_id": "lamp", **ITEMS})],
    ),
    "voice call": (
        draft(body(), buttons({"type": "VOICE_CALL", "text": "Call us"})),
        [FILLED, button("voice_call", 0, "payload", "from the template")],
    ),
    "order details": (
        draft(body(), buttons({"type": "ORDER_DETAILS", "text": "Review and pay"})),
        [FILLED, button("order_details", 0, "action", {"order_details": ORDER})],
    ),
    "contact request": (
        draft(body(), buttons({"type": "REQUEST_CONTACT_INFO", "text": "Share contact info"})),
        [FILLED],
    ),
    "offer": (
        draft(media_header(), OFFER, body(), buttons(CODE, TRACK), **_SALE),
        [
            media(),
            FILLED,
            {
                "type": "limited_time_offer",
                "parameters": [
                    {
                        "type": "limited_time_offer",
                        "limited_time_offer": {"expiration_time_ms": 1_795_453_200_000},
                    }
                ],
            },
            button("copy_code", 0, "coupon_code", "LAMP25"),
            button("url", 1, "text", "LAMP25"),
        ],
    ),
    "carousel": (
        draft(body(), {"type": "CAROUSEL", "cards": [card(), card()]}, **_SALE),
        [FILLED, cards(_CARD, _CARD)],
    ),
    "product carousel": (
        draft(body(), {"type": "CAROUSEL", "cards": [product_card(), product_card()]}, **_SALE),
        [
            FILLED,
            cards(
                *[
                    [
                        {
                            "type": "header",
                            "parameters": [
                                {
                                    "type": "product",
                                    "product": {"product_retailer_id": sku, "catalog_id": "9"},
                                }
                            ],
                        }
                    ]
                    for sku in ("lamp", "chair", "desk")
                ]
            ),
        ],
    ),
    "login": (login(), [texts("body", "123456"), button("url", 0, "text", "123456")]),
    "one tap": (
        login({**OTP, "otp_type": "ONE_TAP", "supported_apps": [APP], "autofill_text": "Fill in"}),
        [texts("body", "123456"), button("url", 0, "text", "123456")],
    ),
}


def drafted(body_: Json) -> TemplateDraft:
    checked = check.check(copy.deepcopy(body_))
    assert checked.draft is not None, checked.problems
    return checked.draft


def problems(body_: Any) -> list[tuple[str, str]]:
    """Pointer and rule of each."""
    return [(problem.pointer, problem.rule) for problem in check.check(body_).problems]


def warnings(body_: Json) -> list[tuple[str, str]]:
    checked = check.check(body_)
    assert checked.draft is not None, checked.problems
    return [(warning.pointer, warning.rule) for warning in checked.warnings]


def stored(body_: Json) -> Json:
    """As Meta has it after its review: codes of authentication are buttons with an address."""
    definition = drafted(body_).definition
    if body_["category"] != "AUTHENTICATION":
        return definition
    url = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code_expiration_minutes=10&code=otp"
    parts = [
        {
            "type": "BODY",
            "text": "*{{1}}* is your verification code. For your security, do not share this code.",
            "add_security_recommendation": True,
            "example": {"body_text": [["123456"]]},
        },
        {"type": "FOOTER", "text": "This code expires in 10 minutes.", "code_expiration_minutes": 10},
        buttons({"type": "URL", "text": "Copy code", "url": f"{url}{{{{1}}}}", "example": [f"{url}123456"]}),
    ]
    return definition | {"components": parts}


def provided(body_: Json) -> ProviderTemplate:
    return ProviderTemplate(
        provider_id="1",
        name=body_["name"],
        language=body_["language"],
        category=body_["category"],
        status="APPROVED",
        definition=stored(body_),
    )


def content_of(components: list[Json]) -> Json:
    """The content of a message with these, in the form in which it is accepted."""
    template = {"name": "order_update", "language": {"code": "en_US"}, "components": components}
    message = {"to": "+15550001234", "type": "template", "template": template}
    checked = check_message(copy.deepcopy(message))
    assert checked.draft is not None, checked.problems
    return checked.draft.content


def mismatches(kind: str, components: list[Json]) -> tuple[Problem, ...]:
    return match.match(stored(KINDS[kind][0]), content_of(components))
