"""A sandbox that runs by itself, the business that sends through it, and its commands in this process."""

import contextlib
import functools
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from typer import testing
from typer.testing import CliRunner

from tests.cli.shell import Done, Running
from trunkline.cli.tree import app

T = TypeVar("T")
PATIENCE = 30


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
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content

    def chat(self, phone: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.ask(f"/_sandbox/chats/{phone}/{self.number}")["messages"]
        return messages

    def until(self, phone: str, fits: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The chat once it is like that."""
        return until(lambda: self.chat(phone), fits)

    @contextlib.contextmanager
    def sending_once(self, may: Callable[[], Any], to: str, *message: Any) -> Iterator[None]:
        """Sends as soon as it may, while the test waits in a command that is to see the message come."""

        def send() -> None:
            until(may, bool)
            self.send(to, *message)

        with ThreadPoolExecutor(1) as beside:
            sent = beside.submit(send)
            yield
            sent.result(PATIENCE)

    def plays(self) -> list[dict[str, Any]]:
        """The scenarios that run."""
        scenarios: list[dict[str, Any]] = self.ask("/_sandbox/scenarios")["data"]
        return scenarios


def until(ask: Callable[[], T], fits: Callable[[T], Any], seconds: float = PATIENCE) -> T:
    """What it answers once that fits."""
    end = time.monotonic() + seconds
    while not fits(answer := ask()):
        assert time.monotonic() < end, answer
        time.sleep(0.02)
    return answer


# The tree of commands is built once, not for each: it is the same, and nearly all that a command costs.
testing._get_command = functools.cache(testing._get_command)


def invoke(*arguments: str | Path, stdin: str = "", **environ: str) -> Done:
    """As `run`, but in this process: there are many, and a process costs half a second of work."""
    kept = {name: None for name in os.environ if name.startswith("TRUNKLINE_")}
    runner = CliRunner(env={**kept, **environ})
    done = runner.invoke(app, [str(word) for word in arguments], input=stdin)
    return Done(done.exit_code, done.stdout, done.stderr)
