"""The calls of the testing tools: plain blocking HTTP, so that any test can use them."""

import json
import urllib.error
import urllib.request
from typing import Any


class SandboxProblem(AssertionError):
    """What the sandbox refused, in its words: shown by the test runner as a failed test."""


class Http:
    """One sandbox; no connection is kept."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token
        # A proxy of the environment has no business with a sandbox.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """The JSON of the answer, None for an empty one. Raises `SandboxProblem` for what is refused."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"content-type": content_type, "authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(  # noqa: S310 - the address of our own sandbox
            self.url + path, data=data, headers=headers, method=method
        )
        try:
            with self._opener.open(request, timeout=30) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise SandboxProblem(f"{method} {path}: {_message_of(error.read())}") from None
        return json.loads(answer) if answer else None


def _message_of(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")[:500]
