"""A handset in the hand of a test."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trunkline.sandbox.testing.http import Http, SandboxProblem

Message = dict[str, Any]
"""A message of a chat as JSON: `id`, `from`, `type`, `content` and so on; docs/sandbox.md has all members."""

_LOOK_EVERY = 0.02


class Handset:
    """One person's phone, seen from the chat with one business number."""

    def __init__(self, http: Http, address: str, phone_number_id: str) -> None:
        self._http = http
        self.address = address
        """Digits of its number."""
        self._number = phone_number_id
        self._seen: set[str] = set()

    @property
    def phone(self) -> str:
        """Its number as `+…`."""
        return f"+{self.address}"

    @property
    def messages(self) -> list[Message]:
        """The whole chat, oldest first."""
        chat = self._http.call("GET", f"/_sandbox/chats/{self.address}/{self._number}")
        return list(chat["messages"])

    def wait_for(
        self,
        matches: Callable[[Message], bool] | None = None,
        *,
        type: str | None = None,
        contains: str | None = None,
        seconds: float = 10.0,
    ) -> Message:
        """The next message of the business that was not waited for before; all that is given has to fit.

        Raises `SandboxProblem`, which names what did come, when none came in time.
        """
        until = time.monotonic() + seconds
        while True:
            received = [message for message in self.messages if message["from"] == "business"]
            for message in received:
                fits = matches is None or matches(message)
                if message["id"] not in self._seen and fits and _is_like(message, type, contains):
                    self._seen.add(message["id"])
                    return message
            if time.monotonic() >= until:
                kinds = ", ".join(message["type"] for message in received) or "nothing"
                raise SandboxProblem(f"{self.phone} waited {seconds:g} s in vain; it got: {kinds}")
            time.sleep(_LOOK_EVERY)

    def send_text(self, body: str, *, quoting: Message | None = None) -> Message:
        return self.send("text", {"body": body}, quoting=quoting)

    def send_file(self, path: Path, kind: str, mime_type: str, *, caption: str | None = None) -> Message:
        """`kind` is image, video, audio, document or sticker."""
        stored = self._http.call(
            "POST", f"/_sandbox/media?filename={path.name}", path.read_bytes(), content_type=mime_type
        )
        captioned = {"caption": caption} if caption else {}
        return self.send(kind, {"id": stored["id"], **captioned})

    def send(self, kind: str, content: Any, *, quoting: Message | None = None) -> Message:
        """Any type of message; `content` as it stands in the webhook."""
        context = {"context": quoting["id"]} if quoting else {}
        return self._wrote(self.do("send", type=kind, **{kind: content}, **context))

    def tap(self, title: str, message: Message | None = None) -> Message | None:
        """A button of the last message that has buttons, unless one is given."""
        asked = message or self._last(_has_buttons, "buttons")
        return self.do("tap", message_id=asked["id"], title=title).get("message")

    def choose(self, row: str, message: Message | None = None) -> Message:
        """A row of the last list, by its id or title."""
        asked = message or self._last(_is_list, "a list")
        return self._wrote(self.do("choose", message_id=asked["id"], row=row))

    def fill(self, response: dict[str, Any], message: Message | None = None) -> Message:
        """The form of the last flow or address request."""
        asked = message or self._last(
            lambda message: message["type"] in ("interactive", "template"), "a form"
        )
        return self._wrote(self.do("fill", message_id=asked["id"], response=response))

    def react(self, emoji: str, message: Message | None = None) -> None:
        target = message or self._last(lambda message: True, "a message")
        self.do("react", message_id=target["id"], emoji=emoji)

    def open_chat(self) -> None:
        """From now on what comes is read at once; until then, or after `close_chat`, it is only delivered."""
        self.do("open")

    def close_chat(self) -> None:
        self.do("close")

    def go_offline(self) -> None:
        self.do("offline")

    def come_back(self) -> None:
        self.do("online")

    def block(self) -> None:
        self.do("block")

    def unblock(self) -> None:
        self.do("unblock")

    def stop_marketing(self) -> None:
        self.do("stop_marketing")

    def do(self, action: str, **members: Any) -> dict[str, Any]:
        """Any action of docs/sandbox.md."""
        path = f"/_sandbox/handsets/{self.address}/actions"
        answer = self._http.call("POST", path, {"do": action, "number": self._number, **members})
        return dict(answer)

    def _wrote(self, answer: dict[str, Any]) -> Message:
        return dict(answer["message"])

    def _last(self, matches: Callable[[Message], bool], what: str) -> Message:
        for message in reversed(self.messages):
            if message["from"] == "business" and matches(message):
                return message
        raise SandboxProblem(f"{self.phone} got no message with {what}")


def _is_like(message: Message, kind: str | None, contains: str | None) -> bool:
    if kind not in (None, message["type"]):
        return False
    return contains is None or contains in repr((message["content"], message.get("template")))


def _has_buttons(message: Message) -> bool:
    if message["type"] == "template":
        template = message.get("template") or {}
        return bool(template.get("buttons") or template.get("cards"))
    return bool(message["type"] == "interactive" and message["content"].get("type") == "button")


def _is_list(message: Message) -> bool:
    return bool(message["type"] == "interactive" and message["content"].get("type") == "list")
