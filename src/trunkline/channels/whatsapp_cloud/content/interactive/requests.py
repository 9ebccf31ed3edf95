"""Actions that ask a person for something: where they are, their address or number, leave to call them."""

from trunkline.channels.whatsapp_cloud.content.interactive.frame import named
from trunkline.shape import Array, Choice, Object, Text

MOST_SAVED = 100  # addresses to choose from; nobody states a limit, but there has to be one

_FIELDS = (
    *("name", "phone_number", "in_pin_code", "house_number", "floor_number", "tower_number"),
    *("building_name", "address", "landmark_area", "city", "state"),
)
_ANY_TEXT = Text(empty_is_absent=True)
_VALUES = Object(
    {}, dict.fromkeys(_FIELDS, _ANY_TEXT) | {"in_pin_code": Text(at_most=6, empty_is_absent=True)}
)

LOCATION_REQUEST_ACTION = named("send_location")
CONTACT_REQUEST_ACTION = named("request_contact_info")
CALL_REQUEST_ACTION = named("call_permission_request")
ADDRESS_REQUEST_ACTION = named(
    "address_message",
    Object(
        {"country": Choice("IN", about="WhatsApp has the form for India only.")},
        {
            "values": _VALUES,
            "saved_addresses": Array(Object({"id": Text(), "value": _VALUES}), at_most=MOST_SAVED),
            "validation_errors": Object(
                {}, dict.fromkeys(_FIELDS, _ANY_TEXT), about="What was wrong with the last answer, by field."
            ),
        },
    ),
)
