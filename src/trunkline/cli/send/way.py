"""What all kinds of messages share: what stands around the content, how long to watch, which server."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from trunkline.cli.options import Door, Json
from trunkline.cli.send import bodies
from trunkline.cli.send.bodies import Content, given


class Wait(StrEnum):
    """What is waited for."""

    NONE = "none"
    SUBMITTED = "submitted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


class Urgency(StrEnum):
    """Who goes first."""

    HIGH = "high"
    NORMAL = "normal"
    BULK = "bulk"


class Purpose(StrEnum):
    """What a message is for."""

    MARKETING = "marketing"
    UTILITY = "utility"
    AUTHENTICATION = "authentication"
    SERVICE = "service"


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True)
class Watch:
    """How the message's life is shown, and how long."""

    wait: Annotated[
        Wait | None, typer.Option("--wait", help="State to wait for. Default: read; none with --send-at.")
    ] = None
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, metavar="SECONDS", help="Give up waiting after so long.")
    ] = 60.0
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only check it: print what is wrong, or what the provider would get."),
    ] = False
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key", metavar="KEY", help="A repetition with the same key sends nothing."
        ),
    ] = None
    output: Annotated[
        Form, typer.Option("--output", "-o", help="text for people; json prints the message at its end.")
    ] = Form.TEXT


@dataclass(frozen=True)
class Envelope:
    """What stands around the content."""

    sender: Annotated[
        str | None, typer.Option("--from", metavar="NUMBER", help="Business number; else the default one.")
    ] = None
    reply_to: Annotated[
        str | None, typer.Option("--reply-to", metavar="ID", help="Message that this one answers.")
    ] = None
    send_at: Annotated[
        str | None,
        typer.Option("--send-at", metavar="TIME", help="Not before this time: 2026-12-24T18:00:00+01:00."),
    ] = None
    priority: Annotated[
        Urgency | None,
        typer.Option("--priority", help="high for one-time codes, bulk for campaigns; else normal."),
    ] = None
    fallback: Annotated[
        str | None,
        typer.Option(
            "--fallback",
            metavar="NAME/LANG",
            help="Template that goes in its place outside the 24-hour window: hello/en_US.",
        ),
    ] = None
    purpose: Annotated[
        Purpose | None,
        typer.Option("--purpose", help="What it is for; marketing stops for those who opted out of it."),
    ] = None
    callback_data: Annotated[
        str | None,
        typer.Option("--callback-data", metavar="TEXT", help="Given back with every status of the message."),
    ] = None


@dataclass(frozen=True)
class FileWay(Door, Watch):
    """For a body that comes from a file, whole."""


@dataclass(frozen=True)
class Way(Door, Watch, Envelope):
    """For a kind of message."""

    as_json: Json = False

    def around(self, to: str | None, content: Content) -> dict[str, Any]:
        """The whole body."""
        is_user_id = to is not None and len(to) > 3 and to[:2].isalpha() and to[2] == "."
        envelope = {
            "recipient" if is_user_id else "to": to,
            "from": self.sender,
            "context": {"message_id": self.reply_to} if self.reply_to else None,
            "send_at": self.send_at,
            "priority": self.priority,
            "fallback": bodies.fallback(self.fallback) if self.fallback else None,
            "purpose": self.purpose,
            "biz_opaque_callback_data": self.callback_data,
        }
        return given(envelope | content)
