"""Messages that ask for a postal address, which WhatsApp has for India only."""

from trunkline.sandbox.content.interactive.named_action import read_parameters
from trunkline.sandbox.content.limits import check_longest
from trunkline.sandbox.params import Param

_FIELDS = (
    "name",
    "phone_number",
    "in_pin_code",
    "house_number",
    "floor_number",
    "tower_number",
    "building_name",
    "address",
    "landmark_area",
    "city",
    "state",
)


def check_address(action: Param) -> None:
    parameters = read_parameters(
        action, "address_message", "country", "values", "saved_addresses", "validation_errors"
    )
    parameters.word("country", ("in",))
    if (values := parameters.object_if_any("values")) is not None:
        _check_values(values)
    for saved in parameters.objects("saved_addresses"):
        saved.only("id", "value").text("id")
        _check_values(saved.object("value"))
    if (problems := parameters.object_if_any("validation_errors")) is not None:
        _check_texts(problems)


def _check_values(values: Param) -> None:
    _check_texts(values)
    check_longest(values.text_if_any("in_pin_code") or "", "Pin code", 6)


def _check_texts(values: Param) -> None:
    values.only(*_FIELDS)
    for field in _FIELDS:
        values.text_if_any(field)
