"""A business that uses the API of a running server, and the sandbox where Meta would act."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
PATIENCE = 10


class Business:
    """`server` is what `trunkline serve --json` printed."""

    def __init__(self, server: Json) -> None:
        self._server = server

    def get(self, path: str) -> Any:
        return json.loads(self._asked("GET", path))

    def post(self, path: str, body: Json | None = None) -> Any:
        return json.loads(self._asked("POST", path, None if body is None else json.dumps(body).encode()))

    def upload(self, data: bytes, name: str, type_: str) -> Json:
        """What the server tells of the file."""
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        form = f"{head}Content-Type: {type_}\r\n\r\n".encode() + data + f"\r\n--{edge}--\r\n".encode()
        answer = self._asked("POST", "/v1/whatsapp/media", form, f"multipart/form-data; boundary={edge}")
        return dict(json.loads(answer))

    def download(self, media_id: str) -> bytes:
        return self._asked("GET", f"/v1/media/{media_id}")

    def send(self, to: str, kind: str, content: Json) -> str:
        return str(self.post("/v1/whatsapp/messages", {"to": to, "type": kind, kind: content})["id"])

    def decide(self, template: Json, status: str) -> None:
        """As Meta does, at the end of its review."""
        path = f"/_sandbox/templates/{template['provider_id']}/review"
        self._call(f"{self._server['sandbox_url']}{path}", "POST", json.dumps({"status": status}).encode())

    def until(self, path: str, fits: Callable[[Any], bool]) -> Any:
        """What is there once it fits."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if fits(found := self.get(path)):
                return found
            time.sleep(0.02)  # nothing tells of it in this thread, whose loop is the browser's
        raise AssertionError(f"{path} is still {found}")

    def _asked(
        self, method: str, path: str, data: bytes | None = None, type_: str = "application/json"
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self._server['api_key']}", "Content-Type": type_}
        return self._call(self._server["api_url"] + path, method, data, headers)

    def _call(
        self, url: str, method: str, data: bytes | None, headers: dict[str, str] | None = None
    ) -> bytes:
        request = urllib.request.Request(url, data, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {url}: {refused.code} {refused.read().decode()}") from None
