"""Templates as a folder of files: pulled, compared, checked and handed in."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import invoke
from tests.cli.shell import Done, Running
from trunkline.cli import template_files
from trunkline.cli import templates as commands
from trunkline.cli.template_files import File

BODY = "Hello {{1}}, your order {{2}} is on its way to you today."


def templates(server: Running, *arguments: object) -> Done:
    return invoke("templates", *map(str, arguments), "--data", str(server.data))


def template(name: str, text: str = BODY, **changes: Any) -> dict[str, Any]:
    body = {"type": "body", "text": text, "example": {"body_text": [["Ada", "1047"]]}}
    return {"name": name, "language": "en_US", "category": "utility", "components": [body]} | changes


def keep(folder: Path, given: dict[str, Any]) -> Path:
    path = folder / f"{given['name']}.{given['language']}.json"
    path.write_text(json.dumps(given))
    return path


def until_approved(server: Running, name: str) -> None:
    """By the webhook of the sandbox's review: nothing else tells so soon."""
    deadline = time.monotonic() + 30
    while name not in templates(server, "list", "--status", "APPROVED").out:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_folder_is_pulled_once_and_then_the_same(server: Running, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    first = templates(server, "pull", folder, "--json").json
    assert "hello_world.en_US.json" in first["written"]
    assert json.loads((folder / "hello_world.en_US.json").read_text()).keys() == {
        "name", "language", "category", "parameter_format", "components",
    }  # fmt: skip
    again = templates(server, "pull", folder, "--json").json
    assert (again["written"], set(again["same"])) == ([], set(first["written"]))
    assert templates(server, "diff", folder, "--name", "hello_world").code == 0


def test_only_what_differs_is_handed_in(server: Running, tmp_path: Path) -> None:
    keep(tmp_path, template("cli_push"))
    only = ("--name", "cli_push")
    dry = templates(server, "push", tmp_path, "--dry-run", *only)
    assert (dry.code, dry.out.strip()) == (0, "would create cli_push.en_US.json")
    pushed = templates(server, "push", tmp_path, "--json", *only).json["data"]
    assert [(one["change"], one["category"]) for one in pushed] == [("new", "UTILITY")]
    until_approved(server, "cli_push")
    assert templates(server, "push", tmp_path, "--json", *only).json == {"data": []}
    assert templates(server, "diff", tmp_path, *only).code == 0
    keep(tmp_path, template("cli_push", "Dear {{1}}, the order {{2}} is with you tomorrow."))
    differs = templates(server, "diff", tmp_path, *only)
    assert differs.code == 1
    assert '+      "text": "Dear {{1}}, the order {{2}} is with you tomorrow.",' in differs.out
    shown = templates(server, "show", "cli_push")
    assert "Hello Ada, your order 1047 is on its way" in shown.out
    assert "cli_push" in templates(server, "list", "--category", "UTILITY").out


def test_nothing_is_handed_in_while_a_file_is_wrong(server: Running, tmp_path: Path) -> None:
    keep(tmp_path, template("cli_fine"))
    keep(tmp_path, template("cli_wrong", "{{1}}"))
    done = templates(server, "push", tmp_path, "--json")
    assert (done.code, done.error["detail"]) == (1, "nothing was handed in")
    assert done.error["problems"][0]["pointer"] == "cli_wrong.en_US.json /components/0/text"
    assert templates(server, "show", "cli_fine").code == 1


def test_what_the_provider_refuses_is_told_and_the_rest_goes(server: Running, tmp_path: Path) -> None:
    """Its other languages have another category, which only the provider knows."""
    keep(tmp_path, template("hello_world", language="de", category="marketing"))
    keep(tmp_path, template("later"))
    done = templates(server, "push", tmp_path, "--json")
    assert done.code == 1
    first, second = done.json["data"]
    assert "error" in first and "category" in first["problems"][0]["detail"]
    assert second["status"] == "PENDING"


def test_files_are_checked_without_a_server(tmp_path: Path) -> None:
    keep(tmp_path, template("fine"))
    assert invoke("templates", "lint", str(tmp_path), "--json").json["data"] == [
        {"file": "fine.en_US.json", "problems": [], "warnings": []}
    ]
    keep(tmp_path, template("wrong", "{{1}}"))
    done = invoke("templates", "lint", str(tmp_path))
    assert (done.code, "wrong.en_US.json: refused" in done.out) == (1, True)


@pytest.mark.parametrize("content", ["{", "[]", '{"name": "other", "language": "en_US"}'])
def test_what_is_no_template_or_stands_under_another_name_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.en_US.json").write_text(content)
    done = invoke("templates", "lint", str(tmp_path), "--json")
    assert (done.code, "a.en_US.json" in done.error["detail"]) == (2, True)
    assert invoke("templates", "lint", str(tmp_path / "none")).code == 2


def test_a_pull_mends_a_file_that_can_not_be_read(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "hello_world.en_US.json"
    path.write_text("{")
    keep(tmp_path, template("another"))
    told = templates(server, "pull", tmp_path, "--json", "--name", "hello_world").json
    assert (told["written"], told["only_here"]) == ([path.name], [])
    assert json.loads(path.read_text())["name"] == "hello_world"


def test_nothing_is_written_outside_the_folder_whatever_a_template_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    odd = ["../../out", "/etc/out", "..", "a/b", "a\x00b", "a" * 512, "a" * 511 + "b"]
    theirs = [template(name) | {"definition": {"components": []}} for name in odd]
    written = template_files.write(folder, theirs, [])["written"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(written)
    files = template_files.read_all(folder)
    assert {file.key[0] for file in files} == set(odd)
    assert template_files.write(folder, theirs, files)["same"] == written


def test_a_one_time_code_is_the_same_as_meta_shows_it_and_as_it_was_handed_in(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Meta shows of it lacks the app, and could not be handed in: that keeps nobody from pushing."""
    apps = [{"package_name": "com.example.app", "signature_hash": "K8a/AINcGX7"}]
    button = {"type": "otp", "otp_type": "one_tap", "autofill_text": "Fill in", "supported_apps": apps}
    parts = [
        {"type": "body", "add_security_recommendation": True},
        {"type": "footer", "code_expiration_minutes": 10},
        {"type": "buttons", "buttons": [button]},
    ]
    path, only = (
        keep(tmp_path, template("one_tap", category="authentication", components=parts)),
        "--name=one_tap",
    )
    assert templates(server, "push", tmp_path, only).code == 0
    assert templates(server, "push", tmp_path, only, "--json").json == {"data": []}
    path.unlink()
    monkeypatch.setattr(commands, "_WAIT_SECONDS", 0)
    pulled = templates(server, "pull", tmp_path, only)
    assert (pulled.code, "is not read to its end yet" in pulled.err) == (0, True)
    assert templates(server, "push", tmp_path, only, "--json").json == {"data": []}
    button["otp_type"] = "copy_code"
    keep(tmp_path, template("one_tap", category="authentication", components=parts))
    assert templates(server, "diff", tmp_path, only).code == 1


@pytest.mark.parametrize(
    "sample",
    ["https://scontent.whatsapp.net/v/a.jpg?oh=1", "https://shop.example/a.jpg", f"med_01{'a' * 24}"],
)
def test_which_file_is_the_sample_is_no_difference(tmp_path: Path, sample: str) -> None:
    """Meta signs its link anew at each reading; ours it never shows."""

    def shown(link: str, text: str = BODY) -> dict[str, Any]:
        header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [link]}}
        return template("a", components=[header, template("a", text)["components"][0]])

    theirs = shown("https://scontent.whatsapp.net/v/a.jpg?oh=2")
    assert template_files.compare(File(tmp_path, shown(sample)), theirs) == ("", [])
    mine = File(tmp_path, shown(sample, "Dear {{1}}, the order {{2}} is with you tomorrow."))
    assert template_files.compare(mine, theirs)[0] == "changed"
    assert template_files.compare(File(tmp_path, template("a")), theirs)[0] == "changed"
