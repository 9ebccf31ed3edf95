"""`trunkline send`: one command for each kind of message, or a body from a file; then the message's life."""

from trunkline.cli.send import asking  # noqa: F401 - which adds its commands
from trunkline.cli.send.commands import send

__all__ = ["send"]
