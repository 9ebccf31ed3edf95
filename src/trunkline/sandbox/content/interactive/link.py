"""A button that opens an address: alone, on a carousel's card, or among the buttons of a Direct Send."""

from trunkline.sandbox.content.interactive.named_action import read_parameters
from trunkline.sandbox.content.limits import check_length, web_address
from trunkline.sandbox.params import Param

_MEMBERS = ("display_text", "url")


def check_link(action: Param) -> None:
    check_link_button(read_parameters(action, "cta_url", *_MEMBERS))


def check_link_button(button: Param) -> None:
    """`{"display_text", "url"}`."""
    button.only(*_MEMBERS)
    check_length(button.text("display_text"), "Button display text", 20)
    web_address(button, "url")
