"""Public Cloud API clients for Node against a sandbox process; `make test-more` installs them and runs this.

The name keeps the file out of a plain `pytest`, which needs no Node.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.desk import running_desk

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("client", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_the_client_sends_manages_and_receives(client: str, tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        # Proxies of the machine are not asked: everything is on this one.
        environment = {"PATH": os.environ["PATH"], "DESK": json.dumps(desk.ready)}
        command = ["node", "--test", "--test-reporter=spec", client]
        run = subprocess.run(
            command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=110, check=False
        )
    assert run.returncode == 0, f"\n{run.stdout}\n{run.stderr}"
    assert "fail 0" in run.stdout and "pass 0" not in run.stdout, run.stdout
