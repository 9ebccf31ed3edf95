"""Commands as people and scripts run them: real processes, their exit codes and what they print."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

COMMAND = [sys.executable, "-m", "trunkline"]
QUICK = {"TRUNKLINE_SANDBOX_STATUS_DELAY_SECONDS": "0.02"}


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed as its result: exactly one line."""
        [line] = self.out.splitlines()
        return json.loads(line)

    @property
    def error(self) -> Any:
        """The line of JSON on standard error."""
        return json.loads(self.err.splitlines()[-1])["error"]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
    return kept | more


def run(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **environ: str) -> Done:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        env=environment(**environ),
    )
    return Done(done.returncode, done.stdout, done.stderr)


class Running(NamedTuple):
    process: "subprocess.Popen[str]"
    data: Path
    first_line: str

    @property
    def ready(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.first_line)
        return value


@contextlib.contextmanager
def running(command: str, data: Path, *more: str, **environ: str) -> Iterator[Running]:
    """A server or a sandbox with `--json`, ended by SIGTERM at the latest; it must end well."""
    log = data.with_name(f"{data.name}.log")
    line = [*COMMAND, command, "--json", "--data", str(data), "--port", "0", *more]
    with log.open("a") as errors:
        process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment(**(QUICK | environ))
        )
    with process:
        assert process.stdout is not None
        first_line = process.stdout.readline()
        assert first_line, log.read_text()
        try:
            yield Running(process, data, first_line)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    assert code in (0, -signal.SIGKILL), log.read_text()
