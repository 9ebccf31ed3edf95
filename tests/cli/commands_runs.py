"""Commands that other tests run inside their process, each once in one of its own: its imports are whole."""

from pathlib import Path

import pytest

from tests.cli.shell import Running, run

COMMANDS = (
    ("config", "describe"),
    ("config", "check"),
    ("openapi",),
    ("doctor",),
    ("accounts", "list"),
    ("accounts", "policy"),
    ("numbers", "list"),
    ("suppressions", "list"),
    ("endpoints", "list"),
    ("db", "check"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "data"
    assert run("keys", "create", "--data", folder).code == 0
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_runs_in_a_process_of_its_own(data: Path, command: tuple[str, ...]) -> None:
    place = ("--data", data) if command[0] != "openapi" and command[1:] != ("describe",) else ()
    done = run(*command, *place)
    assert (done.code in (0, 1), bool(done.out), "Traceback" in done.err) == (True, True, False), done


@pytest.mark.parametrize("thing", ["messages", "conversations", "events"])
def test_a_list_of_a_running_server_is_shown_by_a_process_of_its_own(server: Running, thing: str) -> None:
    done = run(thing, "list", "--data", server.data)
    assert (done.code, "Traceback" in done.err) == (0, False), done


def test_a_backup_is_made_by_a_process_of_its_own(data: Path, tmp_path: Path) -> None:
    done = run("db", "backup", tmp_path / "copy", "--data", data)
    assert (done.code, "Traceback" in done.err) == (0, False), done
