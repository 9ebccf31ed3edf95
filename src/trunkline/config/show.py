"""Settings as people read them: the annotated sample, and what is in force."""

from operator import attrgetter
from typing import Any, Literal, get_args, get_origin

import msgspec

from trunkline.config.load import environment_name
from trunkline.config.table import SECTIONS, TABLE, Settings


def describe() -> str:
    """A settings file with every setting at its default, commented out and explained."""
    lines: list[str] = []
    for name, part in TABLE.items():
        section, _, key = name.rpartition(".")
        if section and f"[{section}]" not in lines:
            lines += ["", f"# {SECTIONS[section].__doc__}", f"[{section}]"]
        lines += ["", f"# {part.metadata['help']}{_choices(part.type)}", f"# {_environment(name)}"]
        lines += [f"# {key} = {_toml(part.default)}"]
    return "\n".join(lines).strip() + "\n"


def effective(settings: Settings) -> str:
    """The values in force as a settings file; secrets are only said to be there."""
    lines: list[str] = []
    for name, part in TABLE.items():
        section, _, key = name.rpartition(".")
        if section and f"[{section}]" not in lines:
            lines += ["", f"[{section}]"]
        value = attrgetter(name)(settings)
        hidden = part.metadata["secret"] and value
        lines.append(f"{key} = {_toml('(secret)' if hidden else value)}")
    return "\n".join(lines) + "\n"


def _choices(kind: Any) -> str:
    return f" One of: {', '.join(get_args(kind))}." if get_origin(kind) is Literal else ""


def _environment(name: str) -> str:
    own = environment_name(name)
    return f"{own}, or {own}_FILE: path of a file with it" if TABLE[name].metadata["secret"] else own


def _toml(value: Any) -> str:
    return msgspec.json.encode(value).decode()  # text, numbers and truth look the same in TOML
