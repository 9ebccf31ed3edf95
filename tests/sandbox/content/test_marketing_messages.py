"""The envelope of the Marketing Messages API: templates only, and what it has beside them."""

from typing import Any

import pytest

from tests.sandbox.content.bodies import MESSAGES
from tests.sandbox.content.limits import message
from trunkline.sandbox.content.messages import read_marketing_message
from trunkline.sandbox.errors import GraphError, known_error

TEMPLATE = MESSAGES["template, full"]


def test_a_template_is_read_as_in_a_send() -> None:
    read = read_marketing_message(message(TEMPLATE))
    assert (read.type, read.template, read.product_policy) == (
        "template",
        ("order_shipped", "en_US", 3),
        "CLOUD_API_FALLBACK",
    )
    more = {"product_policy": "STRICT", "message_activity_sharing": False, "recipient_type": "individual"}
    assert read_marketing_message(message({**TEMPLATE, **more})).product_policy == "STRICT"
    by_id = read_marketing_message(message({**TEMPLATE, "to": None, "recipient": "US.1"}))
    assert (by_id.recipient, by_id.by_user_id) == ("US.1", True)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"product_policy": "LOOSE"}, "must be one of {CLOUD_API_FALLBACK, STRICT}"),
        ({"message_activity_sharing": "maybe"}, "Param message_activity_sharing must be a boolean."),
        ({"recipient_type": "group"}, "must be one of {INDIVIDUAL}"),
        ({"recipient": "US.1"}, "Only one of the parameters to and recipient is allowed."),
        ({"to": None}, "The parameter to is required."),
        ({"messaging_product": None}, "The parameter messaging_product is required."),
        ({"message_send_ttl_seconds": 43_199}, "between 43200 and 2592000"),
        ({"message_send_ttl_seconds": 2_592_001}, "between 43200 and 2592000"),
        ({"template": {}}, "(#100) Invalid parameter"),
    ],
)
def test_the_envelope_is_checked(members: dict[str, Any], words: str) -> None:
    with pytest.raises(GraphError) as raised:
        read_marketing_message(message({**TEMPLATE, **members}))
    assert (raised.value.code, raised.value.status) == (100, 400)
    assert words in raised.value.message


@pytest.mark.parametrize("name", ["text", "image", "buttons", "text without a type"])
def test_anything_but_a_template_is_refused(name: str) -> None:
    with pytest.raises(GraphError) as raised:
        read_marketing_message(message(MESSAGES[name]))
    error = raised.value.body()["error"]
    assert (error["code"], error["message"]) == (100, "(#100) Invalid parameter")
    assert error["error_data"]["details"] == "Message must be a template message."


def test_a_template_of_another_category_has_its_own_error() -> None:
    error = known_error(134100).body()["error"]
    assert error["message"] == "(#134100) Only marketing messages supported"
    assert error["error_data"]["details"] == "You're only able to send marketing messages on this API."
