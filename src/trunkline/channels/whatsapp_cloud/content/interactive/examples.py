"""An interactive message of every kind, by the name that it has in the OpenAPI document."""

from typing import Any

_PICTURE = "https://example.com/parcel.jpg"
_CATALOG = "194836987003835"


def _picture(link: str = _PICTURE) -> dict[str, Any]:
    return {"type": "image", "image": {"link": link}}


def _link(words: str, url: str) -> dict[str, Any]:
    return {"name": "cta_url", "parameters": {"display_text": words, "url": url}}


def _money(value: int, **more: str) -> dict[str, Any]:
    return {"value": value, "offset": 100, **more}


INTERACTIVE_EXAMPLES: dict[str, dict[str, Any]] = {
    "reply buttons": {
        "type": "button",
        "header": _picture(),
        "body": {"text": "May we deliver today?"},
        "footer": {"text": "Answer until noon"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "today", "title": "Today"}},
                {"type": "reply", "reply": {"id": "tomorrow", "title": "Tomorrow"}},
            ]
        },
    },
    "list": {
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
    "link": {
        "type": "cta_url",
        "header": _picture(),
        "body": {"text": "Your parcel is on the van."},
        "footer": {"text": "Updated every minute"},
        "action": _link("Track it", "https://example.com/t/81"),
    },
    "location request": {
        "type": "location_request_message",
        "body": {"text": "Where shall we bring it?"},
        "action": {"name": "send_location"},
    },
    "address request": {
        "type": "address_message",
        "body": {"text": "Where shall we bring it?"},
        "footer": {"text": "We deliver within two days"},
        "action": {
            "name": "address_message",
            "parameters": {
                "country": "IN",
                "values": {"name": "Ada Example", "phone_number": "+15550001234"},
                "saved_addresses": [
                    {
                        "id": "home",
                        "value": {"name": "Ada Example", "in_pin_code": "400063", "city": "Mumbai"},
                    }
                ],
                "validation_errors": {"in_pin_code": "We do not deliver there."},
            },
        },
    },
    "contact request": {
        "type": "request_contact_info",
        "body": {"text": "Which number may the driver call?"},
        "action": {"name": "request_contact_info"},
    },
    "flow": {
        "type": "flow",
        "header": {"type": "text", "text": "A visit"},
        "body": {"text": "Choose a day for your visit."},
        "footer": {"text": "It takes a minute"},
        "action": {
            "name": "flow",
            "parameters": {
                "flow_message_version": "3",
                "flow_id": "1",
                "flow_cta": "Book a visit",
                "flow_token": "visit-81",
                "mode": "draft",
                "flow_action": "navigate",
                "flow_action_payload": {"screen": "DAYS", "data": {"name": "Ada"}},
            },
        },
    },
    "product": {
        "type": "product",
        "body": {"text": "Back in stock"},
        "action": {"catalog_id": _CATALOG, "product_retailer_id": "sku-81"},
    },
    "product list": {
        "type": "product_list",
        "header": {"type": "text", "text": "For your parcel"},
        "body": {"text": "What others took with it"},
        "action": {
            "catalog_id": _CATALOG,
            "sections": [
                {"title": "Tape", "product_items": [{"product_retailer_id": "sku-1"}]},
                {"title": "Boxes", "product_items": [{"product_retailer_id": "sku-2"}]},
            ],
        },
    },
    "catalog": {
        "type": "catalog_message",
        "body": {"text": "All that we have"},
        "footer": {"text": "Prices with tax"},
        "action": {
            "name": "catalog_message",
            "parameters": {"thumbnail_product_retailer_id": "sku-81"},
        },
    },
    "carousel": {
        "type": "carousel",
        "body": {"text": "Three boxes that fit"},
        "action": {
            "cards": [
                {
                    "card_index": index,
                    "type": "cta_url",
                    "header": _picture(f"https://example.com/{size}.jpg"),
                    "body": {"text": f"*{size.title()}*\nIn two days"},
                    "action": _link("Order", f"https://example.com/boxes/{size}"),
                }
                for index, size in enumerate(("small", "medium", "large"))
            ]
        },
    },
    "carousel with quick replies": {
        "type": "carousel",
        "body": {"text": "Which one shall it be?"},
        "action": {
            "cards": [
                {
                    "card_index": index,
                    "type": "cta_url",
                    "header": _picture(f"https://example.com/{size}.jpg"),
                    "action": {
                        "buttons": [
                            {
                                "type": "quick_reply",
                                "quick_reply": {"id": f"take-{size}", "title": "This one"},
                            },
                            {
                                "type": "quick_reply",
                                "quick_reply": {"id": f"ask-{size}", "title": "Tell me more"},
                            },
                        ]
                    },
                }
                for index, size in enumerate(("small", "large"))
            ]
        },
    },
    "carousel of products": {
        "type": "carousel",
        "body": {"text": "Back in stock"},
        "action": {
            "cards": [
                {
                    "card_index": index,
                    "type": "product",
                    "action": {"catalog_id": _CATALOG, "product_retailer_id": f"sku-{index}"},
                }
                for index in range(2)
            ]
        },
    },
    "call button": {
        "type": "voice_call",
        "body": {"text": "Anything unclear? We are here until six."},
        "action": {
            "name": "voice_call",
            "parameters": {"display_text": "Call us", "ttl_minutes": 480, "payload": "parcel-81"},
        },
    },
    "call permission": {
        "type": "call_permission_request",
        "body": {"text": "May the driver call you?"},
        "action": {"name": "call_permission_request"},
    },
    "order details": {
        "type": "order_details",
        "header": _picture(),
        "body": {"text": "Your order"},
        "footer": {"text": "Thank you"},
        "action": {
            "name": "review_and_pay",
            "parameters": {
                "reference_id": "order-81",
                "type": "physical-goods",
                "currency": "INR",
                "total_amount": _money(62000),
                "payment_settings": [
                    {
                        "type": "payment_gateway",
                        "payment_gateway": {"type": "razorpay", "configuration_name": "main"},
                    }
                ],
                "order": {
                    "status": "pending",
                    "items": [
                        {
                            "retailer_id": "sku-81",
                            "name": "Box",
                            "amount": _money(30000),
                            "sale_amount": _money(25000),
                            "quantity": 2,
                        }
                    ],
                    "subtotal": _money(50000),
                    "tax": _money(9000, description="GST 18%"),
                    "shipping": _money(4000),
                    "discount": _money(1000, discount_program_name="Autumn"),
                },
            },
        },
    },
    "order status": {
        "type": "order_status",
        "body": {"text": "Your order is on its way."},
        "action": {
            "name": "review_order",
            "parameters": {
                "reference_id": "order-81",
                "order": {"status": "shipped", "description": "With you tomorrow"},
            },
        },
    },
}
