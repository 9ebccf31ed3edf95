"""A sandbox as somebody else's client meets it: a process of its own, reached by its address and its token.

`Desk` is what a test holds: what the process printed, its own routes below `/_sandbox`, and handsets.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.processes import Program

HANDSET = "15550004711"


class Desk:
    """A running sandbox with a person beside it."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.url: str = ready["sandbox_url"]
        self.token: str = ready["sandbox_token"]
        self.phone_number_id: str = ready["phone_number_id"]
        self.waba_id: str = ready["waba_id"]
        self.app_id: str = ready["app_id"]
        self.app_secret: str = ready["app_secret"]
        self.ready = ready
        self._own = httpx.Client(base_url=self.url, trust_env=False)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One of the sandbox's own routes; what it answered, which must not be a refusal."""
        response = self._own.request(method, f"/_sandbox{path}", json=body)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def act(self, do: str, /, handset: str = HANDSET, **members: Any) -> dict[str, Any]:
        """What a person does with a handset."""
        answer: dict[str, Any] = self.ask("POST", f"/handsets/{handset}/actions", {"do": do, **members})
        return answer

    def body_of(self, wamid: str) -> dict[str, Any]:
        """The body of a send, as it came."""
        body: dict[str, Any] = self.ask("GET", f"/messages/{wamid}")["body"]
        return body

    def keep_file(self, data: bytes, mime_type: str) -> str:
        """A file for a handset to send; its id."""
        answer = self._own.post("/_sandbox/media", content=data, headers={"content-type": mime_type})
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    def close(self) -> None:
        self._own.close()


@contextlib.contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """A `trunkline sandbox` process for the time of the block. It must have met no fault of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    log = folder / "sandbox.log"
    program = Program("sandbox", "--json", "--data", str(folder / "data"), "--port", "0", log=log)
    desk = Desk(asyncio.run_coroutine_threadsafe(program.start(), loop).result())
    try:
        yield desk
    finally:
        desk.close()
        asyncio.run_coroutine_threadsafe(program.end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert "Traceback" not in log.read_text(), log.read_text()
