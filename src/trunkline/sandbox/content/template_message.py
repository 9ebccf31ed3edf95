"""Template messages: their structure, and what of them the registry compares with the definition.

In: the envelope. Out: a `TemplateUse`. Whether the template exists, and whether formats and counts fit it,
is not asked here.
"""

import re
from typing import Any, NamedTuple

from trunkline.sandbox.content.template_components import read_components
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.params import Param

_NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,4})?", re.ASCII)


class TemplateUse(NamedTuple):
    """A template as a message uses it."""

    name: str
    language: str
    components: list[dict[str, Any]]
    """In a normal form: types in lower case, `index` and `card_index` as numbers, no member that is null."""

    @property
    def body_parameters(self) -> int:
        return sum(len(part["parameters"]) for part in self.components if part["type"] == "body")


def read_template(envelope: Param) -> TemplateUse:
    template = envelope.object("template").only("name", "namespace", "language", "components")
    if not template.members.get("name"):
        raise GraphError(100, details="Parameter name is missing or empty")
    name = template.text("name")
    template.text_if_any("namespace")
    language = template.object("language").only("code", "policy")
    code = language.text("code")
    if language.has("policy"):
        language.word("policy", ("deterministic", "fallback"))
    if _NAME.fullmatch(name) is None or _LANGUAGE.fullmatch(code) is None:
        raise missing_template(name, code)
    return TemplateUse(name, code, read_components(template))


def missing_template(name: str, language: str) -> GraphError:
    return GraphError(132001, details=f"template name ({name}) does not exist in {language}")
