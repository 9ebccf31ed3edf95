"""From the sources to `Settings`.

The first source that speaks wins: command line, environment (`TRUNKLINE_SERVER_PORT`; a secret also as the
path of a file, `TRUNKLINE_STORE_URL_FILE`), TOML file, default. Names that no setting has are refused with
the nearest one that exists. All problems are told at once.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec

from trunkline.config.table import SECTIONS, TABLE, Settings

FILE_NAME = "trunkline.toml"
"""Read from the data folder when no other file is named."""

_PREFIX = "TRUNKLINE_"
_CONFIG = f"{_PREFIX}CONFIG"
_NO_SETTINGS = (
    _CONFIG,
    *(f"{_PREFIX}{name}" for name in ("URL", "KEY", "NUMBER_TOKEN", "NUMBER_APP_SECRET")),
)
"""The settings file; and what commands take from the environment: where the server is and with which key, and
the secrets of a number that is added."""


class ConfigError(Exception):
    """The settings can not be used; `problems` has a sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class _Given(NamedTuple):
    value: Any
    source: str


def load(
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """The settings in force, or `ConfigError`.

    `overrides` go by dotted name, None meaning not given. `file` beats `TRUNKLINE_CONFIG`, and that the file
    in the data folder. Without `environ` it is the process's own environment.
    """
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    said = _from_environment(environ, problems) | _from_overrides(overrides or {}, problems)
    if named := file or environ.get(_CONFIG):
        given = _from_file(Path(named), problems) | said
    else:
        data = said["data"].value if "data" in said else TABLE["data"].default
        given = _from_data_folder(Path(str(data)), problems) | said
    values = {name: _checked(name, entry, problems) for name, entry in given.items()}
    if problems:
        raise ConfigError(problems)
    return _build(values)


def _from_overrides(overrides: Mapping[str, Any], problems: list[str]) -> dict[str, _Given]:
    problems += [_unknown(name, "the command line", TABLE) for name in overrides if name not in TABLE]
    return {
        name: _Given(value, "the command line")
        for name, value in overrides.items()
        if value is not None and name in TABLE
    }


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, _Given]:
    names = {environment_name(name): name for name in TABLE}
    files = {
        f"{environment_name(name)}_FILE": name for name, part in TABLE.items() if part.metadata["secret"]
    }
    given: dict[str, _Given] = {}
    for key in sorted(key for key in environ if key.startswith(_PREFIX) and key not in _NO_SETTINGS):
        if key in names:
            given[names[key]] = _Given(environ[key], key)
        elif key not in files:
            problems.append(_unknown(key, "the environment", [*names, *files, *_NO_SETTINGS]))
        elif files[key] in given:
            problems.append(f"{key} and {environment_name(files[key])} are both given; keep one.")
        elif (text := _read(Path(environ[key]), key, problems)) is not None:
            given[files[key]] = _Given(text.strip(), key)
    return given


def environment_name(name: str) -> str:
    """`server.port` → `TRUNKLINE_SERVER_PORT`."""
    return _PREFIX + name.replace(".", "_").upper()


def _from_data_folder(folder: Path, problems: list[str]) -> dict[str, _Given]:
    path = folder / FILE_NAME
    given = _from_file(path, problems) if path.exists() else {}
    if "data" in given:
        problems.append(f"`data` can not stand in {path}: that file is found by way of the data folder.")
    return given


def _from_file(path: Path, problems: list[str]) -> dict[str, _Given]:
    text = _read(path, "The settings file", problems)
    try:
        tables = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path} is not TOML: {error}.")
        return {}
    given: dict[str, _Given] = {}
    for name, value in tables.items():
        if name not in SECTIONS:
            given[name] = _Given(value, str(path))
        elif isinstance(value, dict):
            given |= {f"{name}.{key}": _Given(inner, str(path)) for key, inner in value.items()}
        else:
            problems.append(f"`{name}` in {path} is a section: write [{name}] above its settings.")
    problems += [_unknown(name, str(path), [*TABLE, *SECTIONS]) for name in given if name not in TABLE]
    return {name: entry for name, entry in given.items() if name in TABLE}


def _read(path: Path, who: str, problems: list[str]) -> str | None:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        problems.append(f"{who}: {path} can not be read ({error.strerror}).")
    except UnicodeDecodeError:
        problems.append(f"{who}: {path} is not UTF-8 text.")
    return None


def _unknown(name: str, source: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = f" Did you mean {nearest[0]}?" if nearest else " `trunkline config describe` lists what there is."
    return f"{name} (from {source}) is no setting.{hint}"


def _checked(name: str, given: _Given, problems: list[str]) -> Any:
    part = TABLE[name]
    try:
        value = msgspec.convert(given.value, part.type, strict=False)
        check = part.metadata["check"]
        expected = check(value) if check else None
    except msgspec.ValidationError:
        value, expected = None, _expected(part.type)
    if expected:
        found = "" if part.metadata["secret"] else f" is {given.value!r}, but"
        problems.append(f"{name} (from {given.source}){found} must be {expected}.")
    return value


def _expected(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]


def _build(values: Mapping[str, Any]) -> Settings:
    parts: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    for section, cls in SECTIONS.items():
        prefix = f"{section}."
        inner = {
            name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)
        }
        parts[section] = cls(**inner)
    return Settings(**parts)
