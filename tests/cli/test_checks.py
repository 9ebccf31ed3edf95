"""`config`, `doctor`, `openapi`: what is in force, and what is wrong."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import typer

from tests.cli.desk import invoke
from tests.cli.shell import Running
from trunkline.cli.tree import app

ROOT = Path(__file__).parents[2]


def test_the_sample_of_the_settings_is_a_settings_file(tmp_path: Path) -> None:
    sample = invoke("config", "describe").out
    uncommented = "\n".join(
        line.removeprefix("# ") for line in sample.splitlines() if " = " in line or line[:1] == "["
    )
    assert tomllib.loads(uncommented)["server"]["port"] == 7470
    described = {entry["name"] for entry in invoke("config", "describe", "--json").json}
    assert {"data", "server.port", "store.url"} <= described


def test_the_values_in_force_are_shown_without_secrets(tmp_path: Path) -> None:
    secret = "postgresql://me:hush@127.0.0.1/x"
    done = invoke(
        "config",
        "check",
        "--json",
        "--data",
        tmp_path,
        TRUNKLINE_STORE_URL=secret,
        TRUNKLINE_SERVER_PORT="81",
    )
    assert done.json["server"]["port"] == 81
    assert done.json["store"]["url"] == "(secret)"
    assert "hush" not in done.out + done.err
    wrong = invoke("config", "check", "--data", tmp_path, TRUNKLINE_SERVER_PORT="x", TRUNKLINE_LOG_LEVEL="y")
    assert wrong.code == 2
    assert "server.port" in wrong.err
    assert "log.level" in wrong.err


def test_a_healthy_server_passes_every_check(server: Running) -> None:
    done = invoke("doctor", "--json", "--data", server.data)
    assert done.code == 0
    verdicts = {check["check"]: check["verdict"] for check in done.json["checks"]}
    assert set(verdicts) == {
        *("python", "sqlite", "settings", "data folder", "disk", "master key", "store", "soundness"),
        *("migrations", "number", "clock", "sandbox", "server"),
    }
    assert set(verdicts.values()) == {"ok"}, done.out


def test_each_fault_is_named_with_what_to_do(tmp_path: Path) -> None:
    def doctor() -> dict[str, dict[str, str]]:
        done = invoke("doctor", "--json", "--data", tmp_path / "data")
        assert done.code == int(not done.json["ok"])
        return {check["check"]: check for check in done.json["checks"]}

    assert doctor()["data folder"]["verdict"] == "warn"
    assert not (tmp_path / "data").exists()
    assert invoke("keys", "create", "--data", tmp_path / "data").code == 0
    assert (doctor()["server"]["verdict"], doctor()["numbers"]["verdict"]) == ("warn", "warn")
    (tmp_path / "data").chmod(0o755)
    (tmp_path / "data" / "keys" / "master.key").chmod(0o644)
    (tmp_path / "data" / "trunkline.db").write_bytes(b"this is no database" * 100)
    found = doctor()
    assert "chmod 700" in found["data folder"]["remedy"]
    assert (found["master key"]["verdict"], found["store"]["verdict"]) == ("fail", "fail")


def test_a_server_that_died_is_found_out(tmp_path: Path) -> None:
    assert invoke("keys", "create", "--data", tmp_path).code == 0
    run_json = {"pid": 2**22 + 1, "api_url": "http://127.0.0.1:9", "operator_token": "x"}
    (tmp_path / "run.json").write_text(json.dumps(run_json))
    done = invoke("doctor", "--data", tmp_path)
    assert "it was killed" in done.out


def test_the_description_of_the_api_is_printed_or_written(tmp_path: Path) -> None:
    printed = json.loads(invoke("openapi").out)
    assert printed["openapi"].startswith("3.1")
    assert invoke("openapi", "-o", tmp_path / "openapi.json").code == 0
    assert json.loads((tmp_path / "openapi.json").read_text()) == printed
    assert invoke("openapi", "-o", tmp_path / "no" / "openapi.json").code == 2


def test_every_command_that_the_pages_name_exists() -> None:
    root = typer.main.get_command(app)
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        match for page in pages for match in re.findall(r"trunkline ((?:[a-z][a-z-]+ ?)+)", page.read_text())
    }
    unknown = {
        " ".join(words) for words in map(str.split, named) if words[0] in LEADING and not exists(root, words)
    }
    assert unknown == set()
    assert len(named) > 20


LEADING = {
    "serve",
    "sandbox",
    "send",
    "messages",
    "numbers",
    "keys",
    "accounts",
    "config",
    "db",
    "migrate",
    "doctor",
    "openapi",
}
"""Words behind `trunkline` that are meant as commands; the rest is prose."""


def exists(command: Any, words: list[str]) -> bool:
    """Whether the words lead through the tree; what follows a last command is its arguments."""
    children = getattr(command, "commands", None)
    if not words or children is None:
        return True
    return words[0] in children and exists(children[words[0]], words[1:])
