"""One request of every kind: shown in the OpenAPI document, used by its docs page and by the tests."""

from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.examples import INTERACTIVE_EXAMPLES

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
    **{name: _message("interactive", content) for name, content in INTERACTIVE_EXAMPLES.items()},
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
    "read mark, typing": {
        "status": "read",
        "message_id": "wamid.HBgLMTU1NTAwMDEyMzQVAgASGAA=",
        "typing_indicator": {"type": "text"},
    },
}
