"""Accounts, keys and numbers from the command line: with the server running, or stopped, all the same."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.desk import invoke
from tests.cli.shell import Done, Running, running

NUMBER = {
    "--from": "+1 555 000 1000",
    "--phone-number-id": "1000",
    "--waba-id": "2000",
    "--app-id": "3000",
    "--base-url": "http://127.0.0.1:9/v26.0",
}
SECRETS = {"--token": "token-of-the-number", "--app-secret": "secret-of-the-app"}


def options(given: dict[str, str]) -> list[str]:
    return [word for pair in given.items() for word in pair]


@pytest.fixture(params=["running", "stopped"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server runs, or one that no server has seen yet."""
    if request.param == "stopped":
        yield tmp_path / "data"
        return
    with running("serve", tmp_path / "data", "--no-sandbox") as server:
        yield server.data


def test_a_key_is_shown_once_listed_without_it_and_can_be_revoked(folder: Path) -> None:
    made = invoke(
        "keys", "create", "--name", "shop", "--test", "--expires-days", "7", "--json", "--data", folder
    ).json
    assert made["key"].startswith("tl_test_")
    assert (made["name"], made["live"]) == ("shop", False)
    listed = invoke("keys", "list", "--json", "--data", folder)
    assert made["key"] not in listed.out
    [entry] = [key for key in listed.json["data"] if key["id"] == made["id"]]
    assert entry["expires_at"] == made["expires_at"] is not None
    assert invoke("keys", "revoke", made["id"], "--data", folder).code == 0
    [entry] = [
        key
        for key in invoke("keys", "list", "--json", "--data", folder).json["data"]
        if key["id"] == made["id"]
    ]
    assert entry["revoked_at"] is not None
    again = invoke("keys", "revoke", made["id"], "--json", "--data", folder)
    assert (again.code, again.error["reason"]) == (1, "not_found")


def test_an_account_is_named_by_name_or_id_and_has_keys_of_its_own(folder: Path) -> None:
    invoke("keys", "create", "--data", folder)
    acme = invoke("accounts", "create", "Äcme", "--json", "--data", folder).json
    names = [
        account["name"] for account in invoke("accounts", "list", "--json", "--data", folder).json["data"]
    ]
    assert names == ["default", "Äcme"]
    invoke("keys", "create", "--name", "of acme", "--account", "Äcme", "--data", folder)
    by_id = invoke("keys", "list", "--account", acme["id"], "--json", "--data", folder).json["data"]
    assert [key["name"] for key in by_id] == ["of acme"]
    stranger = invoke("keys", "list", "--account", "nobody", "--data", folder)
    assert stranger.code == 1
    assert "there are: default, Äcme" in stranger.err
    twice = invoke("accounts", "create", "Äcme", "--json", "--data", folder)
    assert (twice.code, twice.error["reason"]) == (1, "already_exists")


def test_a_number_is_added_listed_made_default_released_and_removed_by_its_digits(folder: Path) -> None:
    def numbers(*arguments: str) -> Done:
        return invoke("numbers", *arguments, "--json", "--data", folder)

    first = numbers("add", *options(NUMBER | SECRETS)).json
    assert (first["from"], first["is_default"], first["messages_per_second"]) == ("15550001000", True, 80)
    other = (
        NUMBER
        | SECRETS
        | {"--from": "15550002000", "--phone-number-id": "1001", "--messages-per-second": "5"}
        | {"--daily-recipients": "250"}
    )
    second = numbers("add", *options(other), "--shared").json
    assert (second["is_default"], second["messages_per_second"]) == (False, 5)
    assert (second["daily_recipients"], second["is_shared"]) == (250, True)
    assert numbers("set-default", "+1 (555) 000-2000").json == {"id": second["id"], "from": "15550002000"}
    assert numbers("release", second["id"]).code == 0
    assert numbers("remove", "15550001000").code == 0
    listed = numbers("list")
    assert [(number["id"], number["is_default"]) for number in listed.json["data"]] == [(second["id"], True)]
    for secret in SECRETS.values():
        assert secret not in listed.out
    gone = numbers("remove", "15550001000")
    assert gone.code == 1
    assert "15550002000" in gone.error["detail"]


def test_every_problem_of_a_number_is_told_with_its_place(folder: Path) -> None:
    wrong = NUMBER | SECRETS | {"--from": "abc", "--waba-id": "no spaces", "--base-url": "ftp://x"}
    refused = invoke("numbers", "add", *options(wrong), "--json", "--data", folder)
    assert refused.code == 1
    assert {problem["pointer"] for problem in refused.error["problems"]} == {"/from", "/waba_id", "/base_url"}


def test_a_provider_that_does_not_subscribe_the_hook_is_quoted_and_nothing_is_stored(
    folder: Path, server: Running
) -> None:
    place = {
        "--base-url": f"{server.ready['sandbox_url']}/v26.0",
        "--hook-url": "http://127.0.0.1:9/hooks/none",
    }
    refused = invoke("numbers", "add", *options(NUMBER | SECRETS | place), "--json", "--data", folder)
    assert refused.code == 1
    [problem] = refused.error["problems"]
    assert problem["pointer"] == "/hook_url"
    assert "OAuth access token" in problem["detail"]  # the sandbox's words, since the token is wrong
    assert invoke("numbers", "list", "--json", "--data", folder).json["data"] == []


def test_secrets_come_from_a_file_from_standard_input_or_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-of-the-number\n")
    add = ["numbers", "add", *options(NUMBER), "--data", str(tmp_path / "data"), "--json"]
    ways: list[tuple[list[str], str, dict[str, str]]] = [
        (["--token-file", str(tmp_path / "token"), "--app-secret", "-"], "secret-of-the-app\n", {}),
        (["--token", "-"], "token\n", {"TRUNKLINE_NUMBER_APP_SECRET": "secret-of-the-app"}),
        (["--app-secret-file", str(tmp_path / "token")], "", {"TRUNKLINE_NUMBER_TOKEN": "token"}),
    ]
    for more, stdin, environ in ways:
        assert invoke(*add, *more, stdin=stdin, **environ).code == 0
    missing = invoke(*add, "--token", "x")
    assert missing.code == 2
    assert "--app-secret-file" in missing.error["detail"]
    both = invoke(*add, "--token", "x", "--token-file", "y", "--app-secret", "z")
    assert (both.code, "keep one" in both.error["detail"]) == (2, True)


def test_a_number_of_another_sandbox_added_while_stopped_is_used_by_the_next_start(tmp_path: Path) -> None:
    with running("sandbox", tmp_path / "sandbox") as sandbox:
        add = ["numbers", "add", "--data", str(tmp_path / "data"), *options(as_options(sandbox.ready))]
        secrets = {"--token": "-", "--app-secret-file": str(tmp_path / "app-secret")}
        (tmp_path / "app-secret").write_text(sandbox.ready["app_secret"] + "\n")
        done = invoke(*add, *options(secrets), stdin=sandbox.ready["sandbox_token"] + "\n")
        assert done.code == 0
        with running("serve", tmp_path / "data", "--port", "0") as server:
            assert set(server.ready).isdisjoint({"sandbox_url"})
            assert server.ready["from"] == sandbox.ready["from"]
            secrets["--token"] = sandbox.ready["sandbox_token"]
            assert invoke(*add, *options(secrets), "--hook-url", server.ready["hook_url"]).code == 0
            sent = invoke("send", "text", "15550002222", "hello", "--data", server.data, "-o", "json")
    assert (sent.code, sent.json["state"]) == (0, "read")


def test_a_hook_is_subscribed_while_the_server_is_stopped_and_serves_the_next_start(tmp_path: Path) -> None:
    with running("sandbox", tmp_path / "sandbox") as sandbox:
        with running("serve", tmp_path / "data", "--no-sandbox") as server:
            hook_url = server.ready["hook_url"]
        secrets = {"--token": sandbox.ready["sandbox_token"], "--app-secret": sandbox.ready["app_secret"]}
        add = [
            "numbers",
            "add",
            "--data",
            str(tmp_path / "data"),
            *options(as_options(sandbox.ready) | secrets),
        ]
        elsewhere = invoke(*add, "--hook-url", hook_url + "x", "--json")
        assert (elsewhere.code, elsewhere.error["problems"][0]["pointer"]) == (1, "/hook_url")
        assert invoke(*add, "--hook-url", hook_url).code == 0
        with running("serve", tmp_path / "data", "--port", str(urlsplit(hook_url).port)) as server:
            sent = invoke("send", "text", "15550002222", "hello", "--data", server.data, "-o", "json")
    assert (sent.code, sent.json["state"]) == (0, "read")


def as_options(ready: dict[str, Any]) -> dict[str, str]:
    return {
        "--from": ready["from"],
        "--phone-number-id": ready["phone_number_id"],
        "--waba-id": ready["waba_id"],
        "--app-id": ready["app_id"],
        "--base-url": f"{ready['sandbox_url']}/v26.0",
    }


def test_a_killed_server_leaves_nothing_that_keeps_commands_from_its_folder(tmp_path: Path) -> None:
    with running("serve", tmp_path / "data", "--no-sandbox") as server:
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
    assert json.loads((tmp_path / "data" / "run.json").read_text())["pid"] == server.process.pid
    assert invoke("keys", "list", "--data", tmp_path / "data").code == 0


def test_a_folder_without_data_is_no_place_to_list_and_is_not_made(tmp_path: Path) -> None:
    refused = invoke("numbers", "list", "--data", tmp_path / "typo")
    assert refused.code == 2
    assert "trunkline serve" in refused.err
    assert not (tmp_path / "typo").exists()


def test_the_folder_of_the_settings_file_and_of_the_environment_is_found(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f'data = "{tmp_path / "data"}"\n')
    made = invoke("keys", "create", "--json", "--config", tmp_path / "settings.toml").json
    listed = invoke("keys", "list", "--json", TRUNKLINE_DATA=str(tmp_path / "data")).json["data"]
    assert [key["id"] for key in listed] == [made["id"]]


def test_a_stopped_server_on_postgres_is_served_as_well(postgres_url: str, tmp_path: Path) -> None:
    place = ["--data", str(tmp_path / "data"), "--database", postgres_url]
    made = invoke("keys", "create", "--json", *place).json
    assert [key["id"] for key in invoke("keys", "list", "--json", *place).json["data"]] == [made["id"]]
    assert invoke("doctor", *place).code == 0


def test_an_account_says_what_becomes_of_doubts(folder: Path) -> None:
    invoke("keys", "create", "--data", folder)
    first = invoke("accounts", "policy", "--json", "--data", folder).json
    assert (first["doubt_policy"], first["resend_after_seconds"]) == ("never_resend", None)
    changed = invoke("accounts", "policy", "resend_after", "--after", "90", "--data", folder)
    assert changed.out.strip() == "resend_after 90 s"
    refused = invoke("accounts", "policy", "resolve", "--after", "90", "--json", "--data", folder)
    assert (refused.code, refused.error["reason"]) == (1, "invalid_request")
    assert invoke("accounts", "policy", "--data", folder).out.strip() == "resend_after 90 s"
