"""The verifiers in docs/webhooks.md accept what we post, and nothing else."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from standardwebhooks import WebhookVerificationError

from trunkline.delivery import signing

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
OLD, NEW = signing.new_secret(), signing.new_secret()
BODY = '{"data": "Grüße"}'.encode()


def signed() -> dict[str, str]:
    """Now: a signature is too old after five minutes, and so long may this module have been imported."""
    return signing.headers([NEW, OLD], "evt_1", int(time.time()), BODY, "events")


def example(language: str, word: str) -> str:
    [found] = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in text]
    return str(found)


def test_python() -> None:
    names: dict[str, object] = {}
    exec(example("python", "Webhook"), names)
    verified = names["verified"]
    assert callable(verified)
    headers = signed()
    assert verified(OLD, headers, BODY) == verified(NEW, headers, BODY) == {"data": "Grüße"}
    with pytest.raises(WebhookVerificationError):
        verified(NEW, headers, BODY + b" ")


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_node() -> None:
    stale = signing.headers([NEW], "evt_1", int(time.time()) - 400, BODY, "events")
    headers, stranger = signed(), signing.new_secret()
    asked = [
        (NEW, headers, ""),
        (OLD, headers, ""),
        (NEW, headers, " "),
        (stranger, headers, ""),
        (NEW, stale, ""),
    ]
    body = f"Buffer.from({json.dumps(BODY.decode())} + more)"
    program = example("js", "isOurs") + (
        f"console.log(JSON.stringify({json.dumps(asked)}"
        f".map(([secret, headers, more]) => isOurs(secret, headers, {body}))))"
    )
    done = subprocess.run(["node", "-e", program], capture_output=True, check=True)
    assert json.loads(done.stdout) == [True, True, False, False, False]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_shell(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    headers = signed()
    given = {"SECRET": NEW, "WEBHOOK_ID": "evt_1", "WEBHOOK_TIMESTAMP": headers["webhook-timestamp"]}
    done = subprocess.run(
        ["bash", "-c", example("bash", "openssl")],
        cwd=tmp_path, env={**os.environ, **given}, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.decode().strip() == headers["webhook-signature"].split(" ")[0].removeprefix("v1,")
