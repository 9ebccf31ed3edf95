"""Samples of a check: what some of the recipients will see, chosen so that faults of the text show.

`Samples` is told of everybody who gets it and keeps a few: the shortest and the longest text, one for each
variant and language, one for each script that is not the Latin one. `render` makes them readable.
"""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from trunkline.campaigns import filling
from trunkline.campaigns.check_templates import Templates
from trunkline.campaigns.report_types import Sample
from trunkline.campaigns.verdicts_of_content import Contents
from trunkline.channels.template_contract import ProviderTemplate
from trunkline.runtime import Runtime
from trunkline.store.templates import TemplateRow

_MOST_SCRIPTS = 6
_MOST_KINDS = 12
"""Variants and languages of which one is shown."""
_LATIN_ENDS = "\u024f"


class Chosen(NamedTuple):
    n: int
    address: str
    number_id: str
    variant: str | None
    language: str | None
    values: dict[str, str]


class Samples:
    def __init__(self) -> None:
        self._shortest: Chosen | None = None
        self._longest: Chosen | None = None
        self._least = self._most = 0
        """How long these two are."""
        self._kinds: dict[tuple[str | None, str | None], Chosen] = {}
        self._scripts: dict[str, Chosen] = {}

    def look(  # noqa: PLR0913, PLR0917 - what a sample has; called for each of a million
        self,
        n: int,
        address: str,
        number_id: str,
        variant: str | None,
        language: str | None,
        values: dict[str, str],
    ) -> None:
        text = "".join(values.values())
        length = len(text)
        is_odd = len(self._scripts) < _MOST_SCRIPTS and not text.isascii()
        is_new = len(self._kinds) < _MOST_KINDS and (variant, language) not in self._kinds
        if not (is_odd or is_new) and self._least <= length <= self._most:
            return
        one = Chosen(n, address, number_id, variant, language, values)
        if self._shortest is None or length < self._least:
            self._shortest, self._least = one, length
        if self._longest is None or length > self._most:
            self._longest, self._most = one, length
        if is_new:
            self._kinds[variant, language] = one
        for letter in text if is_odd else ():
            if letter > _LATIN_ENDS and (script := script_of(letter)) is not None:
                self._scripts.setdefault(script, one)

    def chosen(self) -> list[tuple[Chosen, list[str]]]:
        """Each person once, with all that they are a sample of."""
        why: dict[int, tuple[Chosen, list[str]]] = {}

        def add(one: Chosen | None, word: str) -> None:
            if one is not None:
                why.setdefault(one.n, (one, []))[1].append(word)

        add(self._shortest, "shortest")
        add(self._longest, "longest")
        for (variant, language), one in self._kinds.items():
            words = [f"variant:{variant}"] if variant is not None else []
            words += [f"language:{language}"] if language is not None else []
            for word in words or ["first"]:
                add(one, word)
        for script, one in self._scripts.items():
            add(one, f"script:{script}")
        return list(why.values())


@lru_cache(4096)
def script_of(letter: str) -> str | None:
    """`arabic`, `devanagari`, `emoji`; None for signs of no script in particular."""
    category = unicodedata.category(letter)
    if category == "So":
        return "emoji"
    if category[0] != "L":
        return None
    name = unicodedata.name(letter, "").partition(" ")[0].lower()
    return None if name == "latin" else name or None


def render(runtime: Runtime, contents: Contents, templates: Templates, one: Chosen, why: list[str]) -> Sample:
    """What they will see; for those who wait for the winner, the first variant."""
    known = contents.by_variant
    variant = one.variant if one.variant in known else next(iter(known))
    body = known[variant].fill(one.values, one.language)
    row = templates.of(one.number_id, variant, one.language)[1]
    connector = runtime.connectors[runtime.directory.numbers[one.number_id].connector]
    draft = filling.draft(runtime, connector, body, one.address, contents.purpose).draft
    view = None
    if draft is not None and row is not None and connector.templates is not None:
        rendered = connector.templates.render(_provider_template(row), draft.content)
        text, view = rendered.text, rendered.view
    else:
        text = _text_of(body)
    return Sample(
        why=why,
        n=one.n,
        address=one.address,
        variant=variant,
        language=one.language,
        text=text,
        body=body,
        view=view,
    )


def _provider_template(row: TemplateRow) -> ProviderTemplate:
    definition = msgspec.json.decode(row.definition, type=dict[str, Any])
    return ProviderTemplate(
        provider_id=row.provider_id or "",
        name=row.name,
        language=row.language,
        category=row.category,
        status=row.status,
        definition=definition,
    )


_SHOWN = ("header", "body", "caption", "text", "footer", "button", "title", "display_text", "name")


def _text_of(value: Any) -> str:
    """The texts of a message that is no template, line by line."""
    return "\n".join(_lines(value))


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        shown = [name for name in _SHOWN if isinstance(value.get(name), str)]
        inner = [line for each in value.values() if not isinstance(each, str) for line in _lines(each)]
        return [str(value[name]) for name in shown] + inner
    if isinstance(value, list):
        return [line for each in value for line in _lines(each)]
    return []
