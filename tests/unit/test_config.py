"""Settings: which source wins, what is refused, what is shown."""

import tomllib
from pathlib import Path

import pytest

from trunkline.config import ConfigError, Settings, describe, effective, load


def problems_of(overrides=None, environ=None, file=None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(overrides or {}, environ or {}, file)
    return caught.value.problems


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_without_any_source_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load({}, {}) == Settings()


def test_command_line_beats_environment_beats_file_beats_default(tmp_path):
    file = write(tmp_path / "t.toml", "[server]\nport = 1\nhost = '::1'\n[dispatch]\npair_burst = 3\n")
    environ = {"TRUNKLINE_SERVER_PORT": "2", "TRUNKLINE_SERVER_HOST": "127.0.0.2"}
    settings = load({"server.port": 3, "server.host": None}, environ, file)
    assert settings.server.port == 3
    assert settings.server.host == "127.0.0.2"
    assert settings.dispatch.pair_burst == 3
    assert settings.dispatch.messages_per_second == 80


def test_the_file_in_the_data_folder_is_read_when_no_other_is_named(tmp_path):
    write(tmp_path / "trunkline.toml", "[log]\nlevel = 'debug'\n")
    other = write(tmp_path / "other.toml", "[log]\nlevel = 'error'\n")
    by_folder = {"TRUNKLINE_DATA": str(tmp_path)}
    assert load({}, by_folder).log.level == "debug"
    assert load({"data": str(tmp_path)}, {}).log.level == "debug"
    assert load({}, by_folder | {"TRUNKLINE_CONFIG": str(other)}).log.level == "error"


def test_data_in_the_data_folders_own_file_is_refused(tmp_path):
    write(tmp_path / "trunkline.toml", "data = 'elsewhere'\n")
    (problem,) = problems_of({"data": str(tmp_path)})
    assert "found by way of the data folder" in problem


def test_the_process_environment_is_read_when_none_is_given(monkeypatch):
    monkeypatch.setenv("TRUNKLINE_SERVER_PORT", "7")
    assert load().server.port == 7


@pytest.mark.parametrize("text", ["true", "1", "True"])
def test_truth_in_the_environment_may_be_a_word_or_a_digit(text):
    assert load({}, {"TRUNKLINE_SANDBOX_STRICT": text}).sandbox.strict is True


def test_a_secret_may_come_from_a_file(tmp_path):
    secret = write(tmp_path / "url", "postgresql://h/d\n")
    assert load({}, {"TRUNKLINE_STORE_URL_FILE": str(secret)}).store.url == "postgresql://h/d"


def test_a_secret_given_twice_is_refused(tmp_path):
    secret = write(tmp_path / "url", "postgresql://h/d")
    environ = {"TRUNKLINE_STORE_URL": "postgresql://h/e", "TRUNKLINE_STORE_URL_FILE": str(secret)}
    assert problems_of(environ=environ) == [
        "TRUNKLINE_STORE_URL_FILE and TRUNKLINE_STORE_URL are both given; keep one."
    ]


def test_only_secrets_have_a_file_form(tmp_path):
    (problem,) = problems_of(environ={"TRUNKLINE_SERVER_PORT_FILE": str(tmp_path)})
    assert "is no setting. Did you mean TRUNKLINE_SERVER_PORT?" in problem


def test_all_problems_are_told_at_once_each_with_its_source(tmp_path):
    file = write(tmp_path / "t.toml", "[server]\nprot = 1\n[sandbocks]\nport = 1\n[log]\nformat = 'xml'\n")
    environ = {"TRUNKLINE_SERVER_PORT": "99999", "TRUNKLINE_DISPATCH_PAIR_INTERVAL_SECONDS": "nan"}
    text = "\n".join(problems_of({"server.hots": "x", "log.level": "loud"}, environ, file))
    assert "server.prot (from" in text and "Did you mean server.port?" in text
    assert "sandbocks (from" in text and "Did you mean sandbox?" in text
    assert "server.hots (from the command line) is no setting. Did you mean server.host?" in text
    assert "server.port (from TRUNKLINE_SERVER_PORT) is '99999', but must be from 0 to 65535." in text
    assert "dispatch.pair_interval_seconds" in text
    assert "log.level (from the command line) is 'loud', but must be one of debug, info" in text
    assert f"log.format (from {file}) is 'xml', but must be one of text, json." in text
    assert len(text.splitlines()) == 7


def test_what_client_commands_read_from_the_environment_is_no_setting_and_no_mistake():
    assert load({}, {"TRUNKLINE_URL": "http://127.0.0.1:1", "TRUNKLINE_KEY": "tl_test_x"}) == load({}, {})


def test_a_name_like_no_other_points_at_the_list():
    (problem,) = problems_of(environ={"TRUNKLINE_QQQQQQ_ZZZZZZ": "1"})
    assert "config describe" in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server\n", "is not TOML"),
        ("server = 3\n", "is a section: write [server]"),
        (None, "can not be read"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused(tmp_path, text, words):
    file = tmp_path / "t.toml" if text is None else write(tmp_path / "t.toml", text)
    (problem,) = problems_of(file=file)
    assert words in problem


@pytest.mark.parametrize(
    "overrides",
    [
        {"server.port": -1},
        {"server.port": 65536},
        {"server.host": ""},
        {"store.url": "sqlite:///x"},
        {"store.url": "postgresql:x"},
        {"whatsapp.base_url": "graph.example.com"},
        {"whatsapp.base_url": "http://[broken"},
        {"dispatch.messages_per_second": 0},
        {"dispatch.messages_per_second": 1001},
        {"dispatch.send_timeout_seconds": 11},
        {"sandbox.strict": "maybe"},
        {"sandbox.start": True},
        {"only": "api,post"},
        {"failpoints": "C22:kill"},
        {"failpoints": "C9:kill,C6"},
    ],
)
def test_values_out_of_their_range_are_refused(overrides):
    (name,) = overrides
    (problem,) = problems_of(overrides)
    assert problem.startswith(f"{name} (from the command line)") and "must be" in problem


def test_a_wrong_secret_is_not_repeated_in_the_problem():
    (problem,) = problems_of({"store.url": "mysql://user:opensesame@host"})
    assert "opensesame" not in problem


def test_effective_masks_secrets_and_reads_back_as_a_file(tmp_path):
    settings = load({"store.url": "postgresql://u:opensesame@h/d", "server.port": 5}, {})
    shown = effective(settings)
    assert "opensesame" not in shown
    again = load({"store.url": settings.store.url}, {}, write(tmp_path / "t.toml", shown))
    assert again == settings


def test_the_sample_holds_every_setting_at_its_default(tmp_path):
    sample = describe()
    tomllib.loads(sample)
    bare = "\n".join(
        line.removeprefix("# ") for line in sample.splitlines() if " = " in line or "[" in line[:1]
    )
    assert load({}, {}, write(tmp_path / "t.toml", bare)) == Settings()
    assert bare.count(" = ") == effective(Settings()).count(" = ")
