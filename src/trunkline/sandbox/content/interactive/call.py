"""A button that calls the business."""

from trunkline.sandbox.content.interactive.named_action import read_parameters_if_any
from trunkline.sandbox.content.limits import check_length, whole_number
from trunkline.sandbox.params import Param


def check_voice_call(action: Param) -> None:
    """Without parameters the app shows its own words for a week."""
    parameters = read_parameters_if_any(action, "voice_call", "display_text", "ttl_minutes", "payload")
    if parameters.has("display_text"):
        check_length(parameters.text("display_text"), "Button display text", 20)
    if parameters.has("ttl_minutes"):
        whole_number(parameters, "ttl_minutes", 1, 43_200)
    parameters.text_if_any("payload", 512)
