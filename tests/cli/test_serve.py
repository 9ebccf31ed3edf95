"""`serve` and `sandbox`: what scripts rely on, what people paste, and how the start is refused."""

import http.client
import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.shell import COMMAND, environment, run, running

ALWAYS = {"data", "api_url", "console_url", "api_key", "from", "hook_url", "verify_token"}
OF_THE_SANDBOX = {
    *("sandbox_url", "sandbox_token", "phone_number_id", "waba_id", "app_id", "app_secret"),
    "handsets_url",
}


def test_the_ready_line_has_the_members_that_scripts_rely_on(tmp_path: Path) -> None:
    with running("serve", tmp_path / "d", "--sandbox-port", "0") as first:
        ready = first.ready
        assert set(ready) == ALWAYS | OF_THE_SANDBOX
        assert ready["console_url"] is None
        assert ready["handsets_url"] == f"{ready['sandbox_url']}/_sandbox/"
        assert page(ready["handsets_url"]).startswith(b"<!doctype html>")
        assert ready["api_key"].startswith("tl_")
        assert re.fullmatch(r"\d{8,15}", ready["from"])
        assert ready["hook_url"].startswith(ready["api_url"])
        assert ready["data"] == str(tmp_path / "d")
    with running("serve", tmp_path / "d", "--no-sandbox") as second:
        assert set(second.ready) == ALWAYS
        assert second.ready["api_key"] is None


def page(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        content: bytes = answer.read()
        return content.lower()


def test_a_sandbox_alone_says_where_it_is_and_is_the_same_after_a_restart(tmp_path: Path) -> None:
    with running("sandbox", tmp_path / "s") as first:
        assert set(first.ready) == OF_THE_SANDBOX | {"from"}
        assert page(first.ready["handsets_url"]).startswith(b"<!doctype html>")
    with running("sandbox", tmp_path / "s") as second:
        changed = {name for name in first.ready if first.ready[name] != second.ready[name]}
        assert changed <= {"sandbox_url", "handsets_url"}
        busy = run("sandbox", "--data", second.data, "--port", "0", "--json")
    assert (busy.code, busy.out) == (4, "")
    assert busy.error["exit_code"] == 4


def test_no_file_of_the_data_folder_tells_a_secret_or_can_be_read_by_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)  # as people make folders: then each file has to be closed by itself
    with running("serve", data, "--sandbox-port", "0") as server:
        assert run("send", "text", "15550002222", "hello", "--data", data).code == 0
        files = [path for path in data.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {
            "trunkline.db",
            "trunkline.db-wal",
            "sandbox.db",
            "sandbox.db-wal",
        }
        for name in ("api_key", "verify_token", "sandbox_token", "app_secret"):
            telling = [path.name for path in files if server.ready[name].encode() in path.read_bytes()]
            assert (name, telling) == (name, [])
        assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_the_folder_of_a_sandbox_alone_tells_no_secret_and_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    with running("sandbox", folder) as sandbox:
        files = list(folder.iterdir())
        for name in ("sandbox_token", "app_secret"):
            assert not any(sandbox.ready[name].encode() in path.read_bytes() for path in files)
        assert [path.name for path in (folder, *files) if path.stat().st_mode & 0o077] == []


def banner(data: Path) -> tuple["subprocess.Popen[str]", str]:
    """The program as people start it, and what it says until it is ready."""
    line = [*COMMAND, "serve", "--data", str(data), "--port", "0", "--sandbox-port", "0"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    said = ""
    while "Ready." not in said:
        said += (new := process.stdout.readline())
        assert new, said
    return process, said


def paste(said: str) -> dict[str, str]:
    """Does what the printed lines do in a shell, with Python's own client in curl's place."""
    lines = [line.strip() for line in said.splitlines()]
    [curl] = [line for line in lines if line.startswith("curl ")]
    for assignment in (line for line in lines if line.startswith("TRUNKLINE_KEY=")):
        script = f'{assignment}; printf %s "$TRUNKLINE_KEY"'
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, text=True, env=environment(), check=True
        )
        curl = curl.replace("$TRUNKLINE_KEY", done.stdout)
    words = shlex.split(curl)
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    url = urlsplit(words[2])
    connection = http.client.HTTPConnection(url.netloc, timeout=30)
    connection.request("POST", url.path, words[words.index("-d") + 1], headers)
    answer: dict[str, str] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def handsets_of(said: str) -> str:
    """The address that the banner names as the customers' phones."""
    [line] = [line for line in said.splitlines() if line.split()[:1] == ["handsets"]]
    return line.split()[1]


def test_the_printed_lines_work_when_pasted_at_the_first_start_and_at_later_ones(tmp_path: Path) -> None:
    for start in ("first", "second"):
        process, said = banner(tmp_path / "d")
        with process:
            message_id = paste(said)["id"]
            shown = run("messages", "show", message_id, "--data", tmp_path / "d", "--wait", "submitted")
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        assert message_id in shown.out
        [chat] = [line.strip() for line in said.splitlines() if "#/" in line]
        assert re.fullmatch(rf"{handsets_of(said)}#/15550001234/\d+", chat)
        assert ("shown once" in said) == (start == "first")


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        api = run("serve", "--data", tmp_path / "d", "--port", port, "--no-sandbox")
        alone = run("sandbox", "--data", tmp_path / "s", "--port", port)
    for refused in (api, alone):
        assert refused.code == 2
        assert port in refused.err
        assert "--port" in refused.err
        assert len(refused.err.splitlines()) == 1


def test_all_that_is_wrong_with_the_settings_is_told_at_once(tmp_path: Path) -> None:
    refused = run(
        "serve", "--data", tmp_path, "--port", "99999", "--log-level", "loud", TRUNKLINE_SERVER_PROT="1"
    )
    assert refused.code == 2
    for word in ("server.port", "log.level", "TRUNKLINE_SERVER_PROT", "TRUNKLINE_SERVER_PORT"):
        assert word in refused.err


def test_a_second_server_on_the_folder_ends_with_4_and_names_the_process(server) -> None:
    refused = run("serve", "--data", server.data, "--port", "0", "--json")
    assert refused.code == 4
    assert str(server.process.pid) in refused.error["detail"]


def test_a_database_that_does_not_answer_ends_with_3(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/nothing"
    refused = run("serve", "--data", tmp_path / "d", "--port", "0", "--database", url)
    assert refused.code == 3
    assert "PostgreSQL" in refused.err
    assert "Traceback" not in refused.err


def test_the_key_file_of_another_user_stops_the_start_and_says_what_mends_it(tmp_path: Path) -> None:
    assert run("accounts", "create", "one", "--data", tmp_path / "d").code == 0
    (tmp_path / "d" / "keys" / "master.key").chmod(0o644)
    refused = run("serve", "--data", tmp_path / "d", "--port", "0")
    assert refused.code == 2
    assert "chmod 600" in refused.err


@pytest.mark.parametrize("command", [[], ["send"], ["numbers", "add"], ["sandbox"], ["sandbox", "populate"]])
def test_help_is_there_for_every_command_and_loads_nothing_heavy(command: list[str]) -> None:
    heavy = [
        "apsw",
        "asyncpg",
        "cryptography",
        "msgspec",
        "pyreqwest",
        "starlette",
        "trunkline.app",
        "uvicorn",
    ]
    script = (
        "import sys, trunkline.cli.tree as tree\n"
        f"try: tree.app({[*command, '--help']!r})\n"
        "except SystemExit as end: assert end.code == 0\n"
        f"print('loaded:', sorted(set(sys.modules) & set({heavy!r})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_the_version_is_printed() -> None:
    assert run("--version").out.startswith("trunkline ")
