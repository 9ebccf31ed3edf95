"""One message through everything, on throw-away data: starts `trunkline serve`, sends, watches, stops."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any

MESSAGE: dict[str, Any] = {"to": "+15550001234", "type": "text", "text": {"body": "Hello from Trunkline"}}
PATIENCE_SECONDS = 20


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="trunkline-demo-") as data:
        command = [sys.executable, "-m", "trunkline", "serve", "--json", "--data", data]
        server = subprocess.Popen(
            [*command, "--port", "0", "--sandbox-port", "0"], stdout=subprocess.PIPE, text=True
        )
        try:
            ready = json.loads(_first_line(server))
            read = _show_life(ready["api_url"], ready["api_key"])
            return read or _show_answer(ready)
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE_SECONDS)


def _first_line(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line:
        sys.exit("trunkline serve did not start")
    return line


def _show_life(api_url: str, key: str) -> int:
    print(f"Trunkline and its sandbox run at {api_url}. Sending {json.dumps(MESSAGE)}")
    message_id = _ask(f"{api_url}/v1/whatsapp/messages", key, MESSAGE)["id"]
    print(f"Accepted and on disk: {message_id}")
    deadline = time.monotonic() + PATIENCE_SECONDS
    state = ""
    while state != "read" and time.monotonic() < deadline:
        now = _ask(f"{api_url}/v1/messages/{message_id}", key)["state"]
        if now != state:
            state = now
            print(f"  {state}")
        time.sleep(0.02)
    return 0 if state == "read" else 1


def _show_answer(ready: dict[str, Any]) -> int:
    """The person answers, and the gateway takes the webhook."""
    sandbox, phone = f"{ready['sandbox_url']}/_sandbox", MESSAGE["to"].removeprefix("+")
    answer = {"do": "send", "type": "text", "text": {"body": "Hello back"}}
    _ask(f"{sandbox}/handsets/{phone}/actions", ready["sandbox_token"], answer)
    print(f"{phone} answers: Hello back")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        posted = _ask(f"{sandbox}/webhooks?handset={phone}", ready["sandbox_token"])["data"]
        taken = [
            webhook for webhook in posted if "Hello back" in webhook["body"] and webhook["status"] == 200
        ]
        if taken:
            print("  the gateway took the webhook: HTTP 200")
            return 0
        time.sleep(0.02)
    return 1


def _ask(url: str, key: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


if __name__ == "__main__":
    sys.exit(main())
