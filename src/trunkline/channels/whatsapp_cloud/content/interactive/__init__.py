"""Interactive messages: which kinds there are, and which header, body, footer and action each has."""

from trunkline.channels.whatsapp_cloud.content.interactive.carousel import CAROUSEL_ACTION
from trunkline.channels.whatsapp_cloud.content.interactive.frame import (
    BODY,
    FOOTER,
    HEADER,
    ORDER_HEADER,
    TEXT_HEADER,
    lacks,
)
from trunkline.channels.whatsapp_cloud.content.interactive.lists import (
    LIST_ACTION,
    PRODUCT_ACTION,
    PRODUCTS_ACTION,
)
from trunkline.channels.whatsapp_cloud.content.interactive.openers import (
    CALL_ACTION,
    CATALOG_ACTION,
    FLOW_ACTION,
    LINK_ACTION,
)
from trunkline.channels.whatsapp_cloud.content.interactive.orders import (
    ORDER_DETAILS_ACTION,
    ORDER_STATUS_ACTION,
)
from trunkline.channels.whatsapp_cloud.content.interactive.replies import REPLY_BUTTONS_ACTION
from trunkline.channels.whatsapp_cloud.content.interactive.requests import (
    ADDRESS_REQUEST_ACTION,
    CALL_REQUEST_ACTION,
    CONTACT_REQUEST_ACTION,
    LOCATION_REQUEST_ACTION,
)
from trunkline.shape import Object, Tagged, Text

__all__ = ["INTERACTIVE"]

# Meta's guide says 4096 for lists; the page and Meta's OpenAPI file say 1024.
_LIST_BODY = Object({"text": Text(at_most=4096)})
_HEADER_AND_FOOTER = {"header": HEADER, "footer": FOOTER}


def _request(action: Object, who: str) -> Object:
    return Object({"body": BODY, "action": action}, misplaced=lacks(who, "header", "footer"))


INTERACTIVE = Tagged(
    "type",
    {
        "button": Object({"body": BODY, "action": REPLY_BUTTONS_ACTION}, _HEADER_AND_FOOTER),
        "list": Object(
            {"body": _LIST_BODY, "action": LIST_ACTION}, {"header": TEXT_HEADER, "footer": FOOTER}
        ),
        "product": Object(
            {"action": PRODUCT_ACTION},
            {"body": BODY, "footer": FOOTER},
            misplaced=lacks("A single product", "header"),
        ),
        "product_list": Object(
            {"header": TEXT_HEADER, "body": BODY, "action": PRODUCTS_ACTION}, {"footer": FOOTER}
        ),
        "catalog_message": Object(
            {"body": BODY, "action": CATALOG_ACTION},
            {"footer": FOOTER},
            misplaced=lacks("A catalog message", "header"),
        ),
        "cta_url": Object({"body": BODY, "action": LINK_ACTION}, _HEADER_AND_FOOTER),
        "flow": Object({"body": BODY, "action": FLOW_ACTION}, _HEADER_AND_FOOTER),
        "carousel": Object(
            {"body": BODY, "action": CAROUSEL_ACTION},
            misplaced=lacks("A carousel, beside its cards,", "header", "footer"),
        ),
        "location_request_message": _request(LOCATION_REQUEST_ACTION, "A request for the location"),
        "request_contact_info": _request(CONTACT_REQUEST_ACTION, "A request for the phone number"),
        # Meta's page speaks of a header here, its samples have none.
        "address_message": Object({"body": BODY, "action": ADDRESS_REQUEST_ACTION}, _HEADER_AND_FOOTER),
        "voice_call": Object({"body": BODY, "action": CALL_ACTION}, _HEADER_AND_FOOTER),
        "call_permission_request": Object(
            {"action": CALL_REQUEST_ACTION},
            {"body": BODY},
            misplaced=lacks("A request to call", "header", "footer"),
        ),
        "order_details": Object(
            {"body": BODY, "action": ORDER_DETAILS_ACTION}, {"header": ORDER_HEADER, "footer": FOOTER}
        ),
        "order_status": Object(
            {"body": BODY, "action": ORDER_STATUS_ACTION}, {"header": ORDER_HEADER, "footer": FOOTER}
        ),
    },
)
