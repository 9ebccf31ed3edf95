"""Text, location and reaction: the types that are neither media nor built of parts."""

from trunkline.sandbox.content.emoji import is_one_emoji
from trunkline.sandbox.errors import invalid, invalid_value
from trunkline.sandbox.params import Param


def check_text(envelope: Param) -> None:
    # Without the object Graph still names the member that it misses.
    text = envelope.object("text") if envelope.has("text") else Param({}, "text")
    text.only("body", "preview_url").text("body", 4096)
    text.flag_if_any("preview_url")


def check_location(holder: Param) -> None:
    """The member `location` of a message or of a template's header."""
    location = holder.object("location").only("latitude", "longitude", "name", "address", "url")
    for key, most in (("latitude", 90), ("longitude", 180)):
        value = location.need(key)
        try:
            degrees = float("" if isinstance(value, bool) else value)
        except (TypeError, ValueError, OverflowError):
            raise invalid(f"Param {location.path(key)} must be a number.") from None
        if not -most <= degrees <= most:
            raise invalid_value(f"{key.capitalize()} must be between -{most} and {most}.")
    location.text_if_any("name", 1000)
    location.text_if_any("address", 1000)


def check_reaction(envelope: Param) -> None:
    """An empty emoji takes the reaction back."""
    reaction = envelope.object("reaction").only("message_id", "emoji")
    reaction.text("message_id")
    emoji = reaction.text("emoji", 64, empty=True)
    if emoji and not is_one_emoji(emoji):
        raise invalid_value("Reaction must be exactly one emoji, or empty to remove it.")
