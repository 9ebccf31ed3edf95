"""A smallest and a full body of everything that can be sent, by kind."""

from typing import Any

LINK = "https://files.example.com/a"
LONG_ID = "wamid.HBgLMTU1NTAwMDEyMzQVAgASGAA="


def interactive(kind: str, action: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "interactive",
        "interactive": {"type": kind, "body": {"text": "Choose"}, "action": action, **more},
    }


def template(*components: Any, name: str = "order_shipped", **more: Any) -> dict[str, Any]:
    content = {"name": name, "language": {"code": "en_US"}, "components": list(components), **more}
    return {"type": "template", "template": content}


def button(kind: str, index: Any, *parameters: Any) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": list(parameters)}


def without_body(message: dict[str, Any]) -> dict[str, Any]:
    content = {key: value for key, value in message["interactive"].items() if key != "body"}
    return {**message, "interactive": content}


def text_of(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


HEADERS = {
    "text": {"type": "text", "text": "Header", "sub_text": "Under it"},
    "image": {"type": "image", "image": {"link": LINK}},
    "video": {"type": "video", "video": {"id": "123"}},
    "document": {"type": "document", "document": {"link": LINK, "filename": "a.pdf"}},
}
FOOTER = {"text": "Footer"}
REPLY = {"type": "reply", "reply": {"id": "b1", "title": "Yes"}}
ROW = {"id": "r1", "title": "Row"}
LINK_BUTTON = {"display_text": "Go", "url": LINK}
LINK_ACTION = {"name": "cta_url", "parameters": LINK_BUTTON}
ADDRESS = {"name": "Ann", "phone_number": "+15550001234", "in_pin_code": "400063", "city": "Springfield"}
PRODUCTS = {"catalog_id": "1", "sections": [{"product_items": [{"product_retailer_id": "sku"}]}]}
FLOW = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Start"}


def media_card(place: int, action: Any = LINK_ACTION, **more: Any) -> dict[str, Any]:
    return {
        "card_index": place,
        "type": "cta_url",
        "header": {"type": "image", "image": {"link": LINK}},
        "action": action,
        **more,
    }


def quick_replies(*ids: str) -> dict[str, Any]:
    return {
        "buttons": [{"type": "quick_reply", "quick_reply": {"id": id_, "title": id_.title()}} for id_ in ids]
    }


def product_card(place: int, catalog: str = "1") -> dict[str, Any]:
    action = {"catalog_id": catalog, "product_retailer_id": f"sku-{place}"}
    return {"card_index": place, "type": "product", "action": action}


def carousel(*cards: Any) -> dict[str, Any]:
    return interactive("carousel", {"cards": list(cards)})


def money(value: int, **more: Any) -> dict[str, Any]:
    return {"value": value, "offset": 100, **more}


ORDER = {
    "status": "pending",
    "items": [
        {"retailer_id": "a", "name": "Tape", "amount": money(500), "quantity": 2},
        {
            "retailer_id": "b",
            "name": "Box",
            "amount": money(900),
            "sale_amount": money(700),
            "quantity": 1,
            "country_of_origin": "India",
            "importer_name": "Example Ltd",
            "importer_address": {"city": "Springfield"},
        },
    ],
    "subtotal": money(1700),
    "tax": money(100, description="Tax"),
    "shipping": money(300),
    "discount": money(200, discount_program_name="Autumn"),
    "expiration": {"timestamp": "1900000000", "description": "Until noon"},
}
DETAILS = {
    "reference_id": "order_81.a-1",
    "type": "digital-goods",
    "currency": "INR",
    "total_amount": money(1900),
    "payment_settings": [{"type": "payment_gateway", "payment_gateway": {"type": "razorpay"}}],
    "order": ORDER,
}

CARD = {
    "name": {"formatted_name": "Ann Example", "first_name": "Ann"},
    "phones": [{"phone": "+15550001111", "type": "CELL", "wa_id": "15550001111"}],
    "emails": [{"email": "ann@example.com", "type": "WORK"}],
    "urls": [{"url": LINK, "type": "WORK"}],
    "addresses": [{"street": "1 Road", "city": "Springfield", "country_code": "us", "type": "HOME"}],
    "org": {"company": "Example", "department": "Post", "title": "Courier"},
    "birthday": "1990-01-31",
}

TEMPLATE_CARD = {
    "card_index": 0,
    "components": [
        {"type": "header", "parameters": [HEADERS["image"]]},
        {"type": "body", "parameters": [text_of("20%")]},
        button("quick_reply", "0", {"type": "payload", "payload": "card-0"}),
        button("url", "1", text_of("tail")),
    ],
}

MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": "x"}},
    "text, full": {
        "type": "text",
        "text": {"body": f"See {LINK}", "preview_url": True},
        "recipient_type": "individual",
        "context": {"message_id": LONG_ID},
        "biz_opaque_callback_data": "order 81",
        "recipient_identity_key_hash": "DF2lS5v2W6x=",
    },
    "text without a type": {"type": None, "text": {"body": "x"}},
    "image": {"type": "image", "image": {"id": "1"}},
    "image, full": {"type": "image", "image": {"link": LINK, "caption": "c"}},
    "video": {"type": "video", "video": {"id": "1"}},
    "video, full": {"type": "video", "video": {"link": LINK, "caption": "c"}},
    "audio": {"type": "audio", "audio": {"link": LINK}},
    "audio, full": {"type": "audio", "audio": {"id": "1", "voice": True}},
    "document": {"type": "document", "document": {"id": "1"}},
    "document, full": {"type": "document", "document": {"link": LINK, "caption": "c", "filename": "a.pdf"}},
    "sticker": {"type": "sticker", "sticker": {"id": "1"}},
    "location": {"type": "location", "location": {"latitude": 52, "longitude": 4.5}},
    "location, full": {
        "type": "location",
        "location": {"latitude": "52.1", "longitude": "4.5", "name": "Depot", "address": "1 Road"},
    },
    "contacts": {"type": "contacts", "contacts": [{"name": CARD["name"]}]},
    "contacts, full": {"type": "contacts", "contacts": [CARD, CARD]},
    "reaction": {"type": "reaction", "reaction": {"message_id": LONG_ID, "emoji": "👍"}},
    "reaction taken back": {"type": "reaction", "reaction": {"message_id": LONG_ID, "emoji": ""}},
    "buttons": interactive("button", {"buttons": [REPLY]}),
    "buttons, full": interactive(
        "button",
        {"buttons": [{"type": "reply", "reply": {"id": str(n), "title": str(n)}} for n in range(3)]},
        header=HEADERS["image"],
        footer=FOOTER,
    ),
    "list": interactive("list", {"button": "Open", "sections": [{"rows": [ROW]}]}),
    "list, full": interactive(
        "list",
        {
            "button": "Open",
            "sections": [
                {"title": "One", "rows": [{**ROW, "description": "More"}]},
                {"title": "Two", "rows": [{"id": "r2", "title": "Row"}]},
            ],
        },
        header=HEADERS["text"],
        footer=FOOTER,
    ),
    "call to action": interactive("cta_url", LINK_ACTION),
    "call to action, full": interactive("cta_url", LINK_ACTION, header=HEADERS["document"], footer=FOOTER),
    "location request": interactive("location_request_message", {"name": "send_location"}),
    "address": interactive("address_message", {"name": "address_message", "parameters": {"country": "IN"}}),
    "address, full": interactive(
        "address_message",
        {
            "name": "address_message",
            "parameters": {
                "country": "IN",
                "values": ADDRESS,
                "saved_addresses": [{"id": "home", "value": ADDRESS}],
                "validation_errors": {"in_pin_code": "We do not deliver there."},
            },
        },
        footer=FOOTER,
    ),
    "product": without_body(interactive("product", {"catalog_id": "1", "product_retailer_id": "sku"})),
    "product, full": interactive("product", {"catalog_id": "1", "product_retailer_id": "sku"}, footer=FOOTER),
    "product list": interactive("product_list", PRODUCTS, header=HEADERS["text"]),
    "product list, full": interactive(
        "product_list",
        {
            "catalog_id": "1",
            "sections": [
                {"title": str(n), "product_items": [{"product_retailer_id": f"{n}-{m}"} for m in range(3)]}
                for n in range(10)
            ],
        },
        header=HEADERS["text"],
        footer=FOOTER,
    ),
    "catalog": interactive("catalog_message", {"name": "catalog_message"}),
    "catalog, full": interactive(
        "catalog_message",
        {"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": "sku"}},
        footer=FOOTER,
    ),
    "flow": interactive("flow", {"name": "flow", "parameters": FLOW}),
    "flow, full": interactive(
        "flow",
        {
            "name": "flow",
            "parameters": {
                **FLOW,
                "flow_token": "t",
                "mode": "draft",
                "flow_action": "navigate",
                "flow_action_payload": {"screen": "FIRST", "data": {"name": "Ann"}},
            },
        },
        header=HEADERS["video"],
        footer=FOOTER,
    ),
    "flow by name": interactive(
        "flow",
        {
            "name": "flow",
            "parameters": {
                "flow_message_version": "3",
                "flow_name": "survey",
                "flow_cta": "Start",
                "flow_action": "data_exchange",
            },
        },
    ),
    "media carousel": carousel(media_card(0), media_card(1)),
    "media carousel, full": carousel(
        *(media_card(n, body={"text": "One\n\ntwo"}) for n in range(10)),
    ),
    "media carousel with quick replies": carousel(
        media_card(0, quick_replies("a", "b")), media_card(1, quick_replies("c", "d"))
    ),
    "product carousel": carousel(product_card(0), product_card(1)),
    "voice call": interactive("voice_call", {"name": "voice_call"}),
    "voice call, full": interactive(
        "voice_call",
        {
            "name": "voice_call",
            "parameters": {"display_text": "Call us", "ttl_minutes": 100, "payload": "order 81"},
        },
        header=HEADERS["image"],
        footer=FOOTER,
    ),
    "call permission": without_body(
        interactive("call_permission_request", {"name": "call_permission_request"})
    ),
    "call permission, full": interactive("call_permission_request", {"name": "call_permission_request"}),
    "contact request": interactive("request_contact_info", {"name": "request_contact_info"}),
    "order details": interactive(
        "order_details",
        {
            "name": "review_and_pay",
            "parameters": {
                "reference_id": "1",
                "type": "physical-goods",
                "currency": "BRL",
                "total_amount": money(100),
            },
        },
    ),
    "order details, full": interactive(
        "order_details",
        {"name": "review_and_pay", "parameters": DETAILS},
        header=HEADERS["image"],
        footer=FOOTER,
    ),
    "order status": interactive(
        "order_status",
        {"name": "review_order", "parameters": {"reference_id": "1", "order": {"status": "shipped"}}},
    ),
    "order status, full": interactive(
        "order_status",
        {
            "name": "review_order",
            "parameters": {
                "reference_id": "1",
                "order": {"status": "completed", "description": "Thank you"},
                "payment": {"status": "captured", "timestamp": 1_900_000_000},
            },
        },
        footer=FOOTER,
    ),
    "template": {"type": "template", "template": {"name": "greeting", "language": {"code": "en_US"}}},
    "template, full": template(
        {"type": "header", "parameters": [HEADERS["document"]]},
        {
            "type": "BODY",
            "parameters": [
                text_of("Ann"),
                {
                    "type": "currency",
                    "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1000},
                },
                {"type": "date_time", "date_time": {"fallback_value": "today", "year": 2026}},
            ],
        },
        button("quick_reply", "0", {"type": "payload", "payload": "p"}),
        button("URL", 1, text_of("t/81")),
        button("copy_code", "2", {"type": "coupon_code", "coupon_code": "25OFF"}),
        namespace="ns_1",
        language={"code": "en_US", "policy": "deterministic"},
    ),
    "template with names": template(
        {"type": "header", "parameters": [{**text_of("Ann"), "parameter_name": "who"}]},
        {"type": "body", "parameters": [{**text_of("Ann"), "parameter_name": "first_name"}]},
    ),
    "template above a place": template(
        {
            "type": "header",
            "parameters": [
                {
                    "type": "location",
                    "location": {"latitude": 1, "longitude": "2", "name": "n", "address": "a"},
                }
            ],
        }
    ),
    "template above a product": template(
        {
            "type": "header",
            "parameters": [{"type": "product", "product": {"product_retailer_id": "sku", "catalog_id": "1"}}],
        }
    ),
    "template with commerce buttons": template(
        button("catalog", 0, {"type": "action", "action": {"thumbnail_product_retailer_id": "sku"}}),
        button(
            "mpm",
            1,
            {
                "type": "action",
                "action": {"thumbnail_product_retailer_id": "sku", "sections": PRODUCTS["sections"]},
            },
        ),
        button("order_details", 2, {"type": "action", "action": {"order_details": DETAILS}}),
    ),
    "template with other buttons": template(
        button("flow", 0, {"type": "action", "action": {"flow_token": "t", "flow_action_data": {"a": 1}}}),
        button(
            "voice_call", 1, {"type": "ttl_minutes", "ttl_minutes": 10}, {"type": "payload", "payload": "p"}
        ),
        button("request_contact_info", 2),
    ),
    "template with an offer": template(
        {
            "type": "limited_time_offer",
            "parameters": [
                {
                    "type": "limited_time_offer",
                    "limited_time_offer": {"expiration_time_ms": 1_900_000_000_000},
                }
            ],
        },
        button("copy_code", 0, {"type": "coupon_code", "coupon_code": "x" * 20}),
    ),
    "template with cards": template(
        {"type": "body", "parameters": [text_of("Ann")]},
        {"type": "carousel", "cards": [TEMPLATE_CARD, {**TEMPLATE_CARD, "card_index": 1}]},
    ),
    "template of an order": template(
        {
            "type": "order_status",
            "parameters": [
                {
                    "type": "order_status",
                    "order_status": {"reference_id": "1", "order": {"status": "processing"}},
                }
            ],
        }
    ),
    "direct send": {"type": "text", "text": {"body": "Sent today"}, "category": "utility"},
    "direct send, full": {
        **interactive(
            "button",
            {"buttons": [{"type": "cta_url", "cta_url": LINK_BUTTON}, REPLY]},
            header=HEADERS["text"],
            footer=FOOTER,
        ),
        "category": "utility",
        "direct_send_config": {"template_name": "order_update"},
        "ttl_seconds": 600,
    },
    "service category": {"type": "text", "text": {"body": "x"}, "category": "service"},
}
