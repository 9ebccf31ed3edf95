"""A sandbox that runs by itself, the business that sends through it, and its commands in this process."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from typer.testing import CliRunner

from tests.cli.shell import Done, Running
from trunkline.cli.tree import app


class Desk:
    """One sandbox."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url: str = running.ready["sandbox_url"]
        self.number: str = running.ready["phone_number_id"]
        self._token: str = running.ready["sandbox_token"]

    def run(self, *arguments: str, stdin: str = "") -> Done:
        """`trunkline sandbox …` about this sandbox."""
        return invoke("sandbox", *arguments, "--sandbox-url", self.url, stdin=stdin)

    def json(self, *arguments: str, stdin: str = "") -> Any:
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.code == 0, done
        return done.json

    def send(self, to: str, kind: str = "text", content: Any = None, **more: Any) -> str:
        """What the business sends; the wamid."""
        content = {"body": "hello"} if content is None else content
        body = {"messaging_product": "whatsapp", "to": to, "type": kind, kind: content, **more}
        return str(self.ask(f"/{self.number}/messages", body)["messages"][0]["id"])

    def refused(self, to: str) -> int:
        """The code with which a send is refused."""
        try:
            self.send(to)
        except urllib.error.HTTPError as error:
            with error:
                return int(json.loads(error.read())["error"]["code"])
        raise AssertionError("it was taken")

    def ask(self, path: str, body: Any = None) -> Any:
        return json.loads(self.read(path, body))

    def read(self, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            content: bytes = answer.read()
            return content

    def chat(self, phone: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.ask(f"/_sandbox/chats/{phone}/{self.number}")["messages"]
        return messages

    def until(self, phone: str, fits: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The chat once it is like that."""
        end = time.monotonic() + 10
        while not fits(messages := self.chat(phone)):
            assert time.monotonic() < end, messages
            time.sleep(0.02)
        return messages


def invoke(*arguments: str, stdin: str = "") -> Done:
    """In this process, since there are many."""
    done = CliRunner().invoke(app, list(arguments), input=stdin)
    return Done(done.exit_code, done.stdout, done.stderr)
