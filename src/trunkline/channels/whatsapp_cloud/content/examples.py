"""One request of every kind: shown in the OpenAPI document, used by its docs page and by the tests."""

from typing import Any

_TO = "+1 555 000 1234"
_PICTURE = "https://example.com/parcel.jpg"


def _message(type_: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"to": _TO, "type": type_, type_: content, **more}


EXAMPLES: dict[str, dict[str, Any]] = {
    "text": _message(
        "text", {"body": "Your parcel is on its way: https://example.com/t/81", "preview_url": True}
    ),
    "reply": _message(
        "text", {"body": "Yes, until six."}, context={"message_id": "wamid.HBgLMTU1NTAwMDEyMzQVAgASGAA="}
    ),
    "image": _message("image", {"link": _PICTURE, "caption": "Your parcel"}),
    "document": _message(
        "document", {"id": "1037543291543636", "caption": "Invoice", "filename": "invoice-81.pdf"}
    ),
    "audio": _message("audio", {"link": "https://example.com/greeting.ogg"}),
    "video": _message("video", {"link": "https://example.com/unpacking.mp4", "caption": "How to open it"}),
    "sticker": _message("sticker", {"id": "798882015472548"}),
    "location": _message(
        "location",
        {"latitude": 51.4779, "longitude": -0.0015, "name": "Depot", "address": "Blackheath Avenue, London"},
    ),
    "contacts": _message(
        "contacts",
        [
            {
                "name": {"formatted_name": "Ada Example", "first_name": "Ada", "last_name": "Example"},
                "phones": [{"phone": "+1 555 000 9876", "type": "WORK", "wa_id": "15550009876"}],
                "org": {"company": "Example Ltd", "title": "Courier"},
                "birthday": "1990-12-10",
            }
        ],
    ),
    "reply buttons": _message(
        "interactive",
        {
            "type": "button",
            "header": {"type": "image", "image": {"link": _PICTURE}},
            "body": {"text": "May we deliver today?"},
            "footer": {"text": "Answer until noon"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "today", "title": "Today"}},
                    {"type": "reply", "reply": {"id": "tomorrow", "title": "Tomorrow"}},
                ]
            },
        },
    ),
    "list": _message(
        "interactive",
        {
            "type": "list",
            "header": {"type": "text", "text": "Delivery"},
            "body": {"text": "When may we come?"},
            "footer": {"text": "All times are local"},
            "action": {
                "button": "Choose",
                "sections": [
                    {
                        "title": "Today",
                        "rows": [{"id": "t-am", "title": "Morning"}, {"id": "t-pm", "title": "Afternoon"}],
                    },
                    {
                        "title": "Tomorrow",
                        "rows": [{"id": "m-am", "title": "Morning", "description": "From eight on"}],
                    },
                ],
            },
        },
    ),
    "product": _message(
        "interactive",
        {
            "type": "product",
            "body": {"text": "Back in stock"},
            "action": {"catalog_id": "194836987003835", "product_retailer_id": "sku-81"},
        },
    ),
    "product list": _message(
        "interactive",
        {
            "type": "product_list",
            "header": {"type": "text", "text": "For your parcel"},
            "body": {"text": "What others took with it"},
            "action": {
                "catalog_id": "194836987003835",
                "sections": [
                    {"title": "Tape", "product_items": [{"product_retailer_id": "sku-1"}]},
                    {"title": "Boxes", "product_items": [{"product_retailer_id": "sku-2"}]},
                ],
            },
        },
    ),
    "template": _message(
        "template",
        {
            "name": "parcel_sent",
            "language": {"code": "en_US"},
            "components": [
                {"type": "header", "parameters": [{"type": "image", "image": {"link": _PICTURE}}]},
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Ada"},
                        {
                            "type": "currency",
                            "currency": {"fallback_value": "$81.00", "code": "USD", "amount_1000": 81000},
                        },
                        {"type": "date_time", "date_time": {"fallback_value": "24 December"}},
                    ],
                },
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": 0,
                    "parameters": [{"type": "text", "text": "t/81"}],
                },
            ],
        },
    ),
    "reaction": _message(
        "reaction", {"message_id": "wamid.HBgLMTU1NTAwMDEyMzQVAgASGAA=", "emoji": "\N{THUMBS UP SIGN}"}
    ),
    "read mark": {"status": "read", "message_id": "wamid.HBgLMTU1NTAwMDEyMzQVAgASGAA="},
}
