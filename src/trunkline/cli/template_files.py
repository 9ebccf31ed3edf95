"""Templates as files: one a name and language, in a form that stays the same while the template does.

In come what the API shows of a template, and files; out go files whose members always stand in the same
order, without ids, status and whatever else the provider decides, so that version control shows what people
changed. Addresses of samples that the provider signs anew each time do not count as a change.
"""

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from trunkline.cli.exits import ExitCode, Trouble

Key = tuple[str, str]
"""Name and language."""

_FIRST = (
    "name",
    "language",
    "category",
    "parameter_format",
    "sub_category",
    "message_send_ttl_seconds",
)
_OF_PARTS = ("type", "sub_type", "format", "text", "url", "phone_number", "flow_id")
_LONGEST_STEM = 200
_BY_ITSELF = {"parameter_format": "POSITIONAL"}
"""What holds where it is not said."""


class File(NamedTuple):
    path: Path
    template: dict[str, Any]

    @property
    def key(self) -> Key:
        return key_of(self.template)


def key_of(template: dict[str, Any]) -> Key:
    return str(template.get("name", "")), str(template.get("language", ""))


def name_of(key: Key) -> str:
    """A file of the folder itself, whatever a server's answer says; of a long name the end is a hash."""
    stem = ".".join(quote(word, safe="") for word in key)
    if len(stem) > _LONGEST_STEM:
        stem = f"{stem[:_LONGEST_STEM]}~{hashlib.sha256(stem.encode()).hexdigest()[:16]}"
    return f"{stem}.json"


def template_of(shown: dict[str, Any]) -> dict[str, Any]:
    """What the API shows → what it takes."""
    named = {name: shown[name] for name in ("name", "language", "category")}
    template: dict[str, Any] = ordered(named | shown["definition"])
    return template


def ordered(value: Any, first: tuple[str, ...] = _FIRST) -> Any:
    if isinstance(value, list):
        return [ordered(item, _OF_PARTS) for item in value]
    if not isinstance(value, dict):
        return value
    names = [name for name in first if name in value] + sorted(value.keys() - set(first))
    return {name: ordered(value[name], _OF_PARTS) for name in names}


def text_of(template: dict[str, Any]) -> str:
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def read_all(folder: Path, *, lenient: bool = False) -> list[File]:
    """`Trouble` for what is not a template, or stands under another name than its own."""
    if not folder.is_dir():
        raise Trouble(ExitCode.USAGE, f"there is no folder {folder}")
    return [_read(path, lenient=lenient) for path in sorted(folder.glob("*.json"))]


def _read(path: Path, *, lenient: bool) -> File:
    try:
        template = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        if lenient:
            return File(path, {})
        raise Trouble(ExitCode.USAGE, f"{path} can not be read: {fault}") from None
    if not isinstance(template, dict):
        if lenient:
            return File(path, {})
        raise Trouble(ExitCode.USAGE, f"{path} is not a template: it must be a JSON object")
    file = File(path, template)
    if not lenient and path.name != name_of(file.key):
        detail = f"{path} holds the template {file.key[0]} in {file.key[1]}: name it {name_of(file.key)}"
        raise Trouble(ExitCode.USAGE, detail)
    return file


def write(folder: Path, theirs: list[dict[str, Any]], mine: list[File]) -> dict[str, list[str]]:
    """What was written, what was like it already, and the files that the provider has nothing of."""
    known = {file.path.name: file for file in mine}
    done: dict[str, list[str]] = {"written": [], "same": [], "only_here": []}
    names = set()
    for one in theirs:
        template, name = template_of(one), name_of(key_of(one))
        names.add(name)
        if name in known and not compare(known[name], template)[0]:
            done["same"].append(name)
            continue
        (folder / name).write_text(text_of(template), "utf-8")
        done["written"].append(name)
    done["only_here"] = sorted(known.keys() - names)
    return done


def compare(mine: File | None, theirs: dict[str, Any] | None) -> tuple[str, list[str]]:
    """`new`, `missing`, `changed`, or nothing; and what differs, line by line."""
    if mine is None:
        return "missing", []
    if theirs is None:
        return "new", []
    known, given = _normal(theirs), _normal(mine.template)
    before, after = text_of(_plain(known)), text_of(_plain(_with_known(given, known)))
    if before == after:
        return "", []
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "provider", "folder", lineterm="")
    return "changed", list(lines)


def _normal(template: dict[str, Any]) -> dict[str, Any]:
    """As it would be handed in, where it could be: `body` and `BODY` are the same."""
    from trunkline.channels.whatsapp_cloud.templates import check

    draft = check.check(template).draft
    if draft is None:
        return template
    return {"name": draft.name, "language": draft.language, "category": draft.category, **draft.definition}


def _with_known(template: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    from trunkline.channels.whatsapp_cloud.templates import alike

    return alike.with_known(template, known) if "components" in template else template


def _plain(template: dict[str, Any]) -> dict[str, Any]:
    from trunkline.channels.whatsapp_cloud.templates import alike

    given = {name: value for name, value in template.items() if value is not None}
    plain: dict[str, Any] = ordered(alike.without_signatures(_BY_ITSELF | given))
    return plain


def as_member(problem: Any) -> dict[str, Any]:
    """A problem as the API would show it."""
    names = ("pointer", "rule", "detail", "found", "expected")
    return {name: getattr(problem, name) for name in names if getattr(problem, name) is not None}
