"""Which templates a list shows: the filters of `GET /{account}/message_templates`."""

from typing import Any

import msgspec

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.templates.definition import CATEGORIES, SCORES, STATUSES, Template, part_of

_MOST_WORDS = 1000


def choose_templates(templates: list[Template], params: dict[str, Any]) -> list[Template]:
    """Newest first. What is being deleted is only shown when its status is asked for."""
    statuses = _read_enum(params, "status", STATUSES)
    categories = _read_enum(params, "category", CATEGORIES)
    scores = _read_enum(params, "quality_score", SCORES)
    languages = read_words(params, "language")
    name, content = str(params.get("name") or ""), str(params.get("content") or "").lower()
    either = str(params.get("name_or_content") or "").lower()
    chosen = [
        template
        for template in reversed(templates)
        if (template.status in statuses if statuses else not template.is_gone)
        and (not categories or template.category in categories)
        and (not scores or template.quality in scores)
        and (not languages or template.language in languages)
        and name in template.name
        and content in _text_of(template)
        and (either in template.name or either in _text_of(template))
    ]
    # An exact name comes first, as many clients take the first row for the one they asked for.
    return sorted(chosen, key=lambda template: template.name != name) if name else chosen


def read_words(params: dict[str, Any], key: str) -> list[str]:
    """A list, as a list, as its JSON, or separated by commas."""
    value = params.get(key)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = _parse(value)
    words = value if isinstance(value, list) else [value]
    if len(words) > _MOST_WORDS or not all(
        isinstance(word, str | int) and not isinstance(word, bool) for word in words
    ):
        raise invalid(f"Param {key} must be an array of strings.")
    return [str(word).strip() for word in words]


def _read_enum(params: dict[str, Any], key: str, known: tuple[str, ...]) -> list[str]:
    words = [word.upper() for word in read_words(params, key)]
    for word in words:
        if word not in known:
            raise invalid(f'Param {key} must be one of {{{", ".join(known)}}} - got "{word[:40]}".')
    return words


def _parse(text: str) -> Any:
    if text.startswith("["):
        try:
            return msgspec.json.decode(text.encode("utf-8", "replace"))
        except (msgspec.DecodeError, RecursionError):
            return [text]
    return text.split(",")


def _text_of(template: Template) -> str:
    texts = (part_of(template.components, type_).get("text", "") for type_ in ("HEADER", "BODY", "FOOTER"))
    return "\n".join(texts).lower()
