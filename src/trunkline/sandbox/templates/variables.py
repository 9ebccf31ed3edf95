"""Variables in a template's texts, `{{1}}` or `{{first_name}}`: their rules, and filling them in."""

import re
from collections.abc import Mapping

from trunkline.sandbox.templates.faults import bad_format, refuse

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_ADJACENT = re.compile(r"\}\}\s*\{\{")
# Thai, Lao, Burmese, Khmer, Japanese and Chinese have no spaces: there each letter counts.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def variables_of(text: str) -> list[str]:
    """Each once, in the order of their first place."""
    return list(dict.fromkeys(match[1].strip() for match in _VARIABLE.finditer(text)))


def check_variables(text: str, type_: str, *, named: bool) -> list[str]:
    """Well formed, in order and without gaps; answers them."""
    found = variables_of(text)
    if "{{" in _VARIABLE.sub("", text) or "}}" in _VARIABLE.sub("", text):
        raise bad_format(type_, "A variable is not closed, or its braces do not match.")
    if named:
        wrong = [name for name in found if _NAME.fullmatch(name) is None]
        if wrong:
            raise bad_format(
                type_, "Names of variables consist of lower-case letters, digits and underscores."
            )
    elif sorted(found) != sorted(str(place) for place in range(1, len(found) + 1)):
        raise bad_format(type_, "Variables are numbers in double braces, from {{1}} on and without gaps.")
    return found


def check_places(text: str, variables: list[str]) -> None:
    """Of a body: not at its ends, not side by side, and not too many for so few words."""
    bare = text.strip()
    if bare.startswith("{{") or bare.endswith("}}"):
        raise refuse(2388299, "Variables can't stand at the start or at the end of the template.")
    if _ADJACENT.search(text) is not None:
        raise bad_format("BODY", "Two variables need words between them.")
    if variables and len(_WORDS.findall(_VARIABLE.sub(" ", text))) < 2 * len(variables) + 1:
        raise refuse(
            2388293,
            "This template has too many variables for its length. Use fewer of them, or a longer text.",
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    """With the values in place of the variables; one without a value stays as it is."""
    return _VARIABLE.sub(lambda match: values.get(match[1].strip(), match[0]), text)
