"""From the words of the command line to an action of `POST /_sandbox/handsets/{number}/actions`.

What an action is about is looked for in the chat: the last message of the business that fits.
"""

import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sandbox import drawing
from trunkline.cli.sandbox.drawing import Message
from trunkline.cli.sandbox.way import digits_of, read_file

Action = dict[str, Any]


class Doing(StrEnum):
    """The actions, as they are written."""

    SEND = "send"
    TAP = "tap"
    CHOOSE = "choose"
    REACT = "react"
    FILL = "fill"
    ORDER = "order"
    SHARE_LOCATION = "share-location"
    PLAY = "play"
    OPEN = "open"
    CLOSE = "close"
    OFFLINE = "offline"
    ONLINE = "online"
    BLOCK = "block"
    UNBLOCK = "unblock"
    STOP_MARKETING = "stop-marketing"
    RESUME_MARKETING = "resume-marketing"
    RENAME = "rename"
    ADOPT_USERNAME = "adopt-username"
    CHANGE_NUMBER = "change-number"
    HOLD = "hold"
    LET_GO = "let-go"


@dataclass(frozen=True)
class Wish:
    """What was written."""

    doing: Doing
    words: tuple[str, ...]
    message_id: str | None
    file: Path | None

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def need(self, what: str) -> str:
        if not self.text:
            raise Trouble(ExitCode.USAGE, f"{self.doing} needs {what}")
        return self.text


async def prepare(wish: Wish, client: Client, chat: list[Message]) -> Action:
    """The action. `Trouble` where words are missing, or are too many."""
    if wish.file is not None and wish.doing is not Doing.SEND:
        raise Trouble(ExitCode.USAGE, f"--file goes with send, not with {wish.doing}")
    if wish.file is not None:
        return await _file(wish, wish.file, client)
    make = _MADE.get(wish.doing)
    if make is not None:
        return {"do": wish.doing.replace("-", "_"), **make(wish, chat)}
    if wish.words or wish.message_id:
        raise Trouble(ExitCode.USAGE, f"{wish.doing} needs nothing behind it")
    return {"do": wish.doing.replace("-", "_")}


async def _file(wish: Wish, path: Path, client: Client) -> Action:
    content = read_file(str(path))
    mime_type = mimetypes.guess_type(path.name, strict=False)[0] or "application/octet-stream"
    query = urlencode({"filename": path.name})
    stored = await client.post(f"/_sandbox/media?{query}", content, content_type=mime_type)
    kind = _kind_of(mime_type)
    media = {"id": stored["id"], **({"caption": wish.text} if wish.text else {})}
    media |= {"filename": path.name} if kind == "document" else {}
    media |= {"voice": True} if mime_type == "audio/ogg" else {}
    return {"do": "send", "type": kind, kind: media, **_about(wish)}


def _kind_of(mime_type: str) -> str:
    if mime_type == "image/webp":
        return "sticker"
    kind = mime_type.partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "document"


def _send(wish: Wish, chat: list[Message]) -> Action:
    return {"type": "text", "text": {"body": wish.need("a text")}, **_about(wish)}


def _about(wish: Wish) -> Action:
    return {"context": wish.message_id} if wish.message_id else {}


def _tap(wish: Wish, chat: list[Message]) -> Action:
    title = wish.need("the title of a button")
    return {"message_id": _last(wish, chat, drawing.has_buttons, "buttons"), "title": title}


def _choose(wish: Wish, chat: list[Message]) -> Action:
    row = wish.need("the id or the title of a row")
    return {"message_id": _last(wish, chat, drawing.has_rows, "a list"), "row": row}


def _react(wish: Wish, chat: list[Message]) -> Action:
    """Without an emoji the reaction is taken back."""
    return {"message_id": _last(wish, chat, lambda message: True, "a message"), "emoji": wish.text}


def _fill(wish: Wish, chat: list[Message]) -> Action:
    response = _json(wish, 'the answers as JSON, such as {"name": "Ada"}', dict)
    return {"message_id": _last(wish, chat, drawing.has_form, "a form"), "response": response}


def _order(wish: Wish, chat: list[Message]) -> Action:
    items = _json(wish, 'the cart as JSON, such as [{"product_retailer_id": "a1", "quantity": 2}]', list)
    return {"items": items, **({"message_id": wish.message_id} if wish.message_id else {})}


def _share_location(wish: Wish, chat: list[Message]) -> Action:
    """The answer to a request for it; where there is none, a location of one's own accord."""
    what = "LATITUDE,LONGITUDE, such as 51.4779,-0.0015"
    try:
        latitude, longitude = (float(part) for part in wish.need(what).split(","))
    except ValueError:
        raise Trouble(ExitCode.USAGE, f"{wish.doing} needs {what}") from None
    place = {"latitude": latitude, "longitude": longitude}
    if wish.message_id is None and not any(map(drawing.asks_for_location, chat)):
        return {"do": "send", "type": "location", "location": place}
    message_id = _last(wish, chat, drawing.asks_for_location, "a request for the location")
    return {"message_id": message_id, **place}


def _play(wish: Wish, chat: list[Message]) -> Action:
    return {"message_id": _last(wish, chat, drawing.is_voice, "a voice note")}


def _last(wish: Wish, chat: list[Message], fits: Callable[[Message], bool], what: str) -> str:
    if wish.message_id is not None:
        return wish.message_id
    for message in reversed(chat):
        if message["from"] == "business" and fits(message):
            return str(message["id"])
    raise Trouble(ExitCode.REFUSED, f"there is no message with {what} in this chat, or the phone is off")


def _json(wish: Wish, what: str, kind: type) -> Any:
    try:
        value = json.loads(wish.need(what))
    except (ValueError, RecursionError) as error:
        raise Trouble(ExitCode.USAGE, f"{wish.doing} needs {what}: {error}") from None
    if not isinstance(value, kind):
        raise Trouble(ExitCode.USAGE, f"{wish.doing} needs {what}")
    return value


_MADE: dict[Doing, Callable[[Wish, list[Message]], Action]] = {
    Doing.SEND: _send,
    Doing.TAP: _tap,
    Doing.CHOOSE: _choose,
    Doing.REACT: _react,
    Doing.FILL: _fill,
    Doing.ORDER: _order,
    Doing.SHARE_LOCATION: _share_location,
    Doing.PLAY: _play,
    Doing.RENAME: lambda wish, chat: {"name": wish.need("a name")},
    Doing.ADOPT_USERNAME: lambda wish, chat: {"username": wish.text},
    Doing.CHANGE_NUMBER: lambda wish, chat: {"to": digits_of(wish.need("the new number"))},
}
"""All others need nothing but their name."""
