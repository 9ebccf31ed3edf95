"""A page under the pages' own policy, on which a test draws one message at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import as_file
from typing import Any

from playwright.sync_api import Locator, Page, expect

from trunkline import ui

POLICY = "default-src 'self'; require-trusted-types-for 'script'; trusted-types trunkline"
AT = "2026-11-22T14:05:00Z"


class _Files(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served_ui() -> Iterator[str]:
    with as_file(ui.files()) as folder:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def watched(page: Page) -> tuple[list[str], list[str]]:
    """What the page asks for, and what goes wrong in it."""
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return asked, wrong


class Wall:
    """A page with nothing on it but what a test draws; it knows what was asked for and what went wrong."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.asked, self.wrong = watched(page)
        page.goto(f"{url}/gallery.html?title=none")
        expect(page.locator("main[aria-busy=false]")).to_be_attached(timeout=30_000)  # nothing is drawn later

    def draw(self, message: object, **options: object) -> Locator:
        """The only message of the page, tapped by the handset's person unless the options say otherwise."""
        self.page.evaluate(
            """async ([message, options]) => {
                const { renderMessage } = await import("./message.js");
                const made = renderMessage(message, options);
                globalThis.actions = [];
                made.addEventListener("wa-action", (event) => {
                    const { message, ...detail } = event.detail;
                    actions.push({ ...detail, of: message.id });
                    event.preventDefault();
                });
                document.querySelector("main").replaceChildren(made);
            }""",
            [message, {"interactive": True, **options}],
        )
        return self.page.locator("wa-message")

    def actions(self) -> list[dict[str, Any]]:
        return self.page.evaluate("actions")  # type: ignore[no-any-return]

    def last_action(self) -> dict[str, Any]:
        return self.actions()[-1]


def m(type_: str, content: object, **members: object) -> dict[str, object]:
    return {"id": "wamid.1", "from": "business", "type": type_, "content": content, "at": AT, **members}


def interactive(kind: str, action: object, **parts: object) -> dict[str, object]:
    return m("interactive", {"type": kind, "body": {"text": "Some words"}, "action": action, **parts})


def template(*buttons: dict[str, object], sent: object = (), **parts: object) -> dict[str, object]:
    filled = {"name": "greeting", "language": "en", "body": "Some words", "buttons": buttons, **parts}
    return m("template", {"name": "greeting", "components": sent}, template=filled)
