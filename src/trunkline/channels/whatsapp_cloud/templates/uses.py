"""Which template a message names, in which language. Pure."""

from collections.abc import Mapping
from typing import Any


def use_of(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """(name, language) of content in the normal form of `content.check`."""
    template = content.get("template")
    return None if template is None else (template["name"], template["language"]["code"])


def in_language(content: dict[str, Any], language: str) -> dict[str, Any]:
    template = content["template"]
    return content | {"template": template | {"language": template["language"] | {"code": language}}}
