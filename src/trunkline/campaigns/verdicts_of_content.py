"""Who gets nothing because of what it would say: filled in, it is too long, or does not fit its template.

In come a person's values; out go the numbers that the filled message may go from, or why there is none. Each
is judged by the very rules that a single message passes. As those cost 40 µs, texts that differ in nothing
that a rule could see are judged once: plain words of up to a certain length, when the rules take whatever
plain words of that length there are.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from trunkline.campaigns import filling
from trunkline.campaigns.filling import Filling
from trunkline.campaigns.verdicts import Verdict
from trunkline.errors import Problem
from trunkline.model.campaign import Definition, Reason
from trunkline.outbound import template_check
from trunkline.outbound.named_files import check_files
from trunkline.runtime import Runtime
from trunkline.store.numbers import NumberRow
from trunkline.templates.book import TemplateBook

_TOO_LONG = frozenset({"too_long", "filled_too_long"})
_ABOUT_TEMPLATES = frozenset({"unknown_template", "unknown_language", "template_status"})
_LONGEST_DETAIL = 300

_SIGNS = " .,'%€$:+()!?&/#-"
_PLAIN = re.compile(rf"[^\W_]+(?:(?:[{re.escape(_SIGNS)}]|[.,] )[^\W_]+)*[.%€$)!?+]?")
_SIZES = (8, 16, 32, 64, 128, 256, 1024)
_SIZE_OF = tuple(next(size for size in _SIZES if size >= length) for length in range(_SIZES[-1] + 1))
_PROBES = ("x", "7", "\U00010400", "x. ", "x, ", *(f"x{sign}" for sign in _SIGNS))
"""Plain words, repeated: of letters, of digits, of letters outside the first plane, and with each sign."""
_FREE = frozenset({"template", "text", "image", "video", "document"})
"""Types in which one text is not compared with another."""
_MOST_KNOWN = 50_000


class Fit(NamedTuple):
    """What somebody is to get, and from which numbers it may go."""

    variant: str | None
    language: str | None
    values: dict[str, str]
    numbers: tuple[str, ...]


class Contents:
    """Of one campaign. `numbers` are those that it may go from."""

    def __init__(
        self, runtime: Runtime, book: TemplateBook, definition: Definition, numbers: Sequence[NumberRow]
    ) -> None:
        self._runtime = runtime
        self._book = book
        self.purpose = definition.purpose
        self._start_at = definition.schedule.start_at
        self._groups: dict[tuple[str, ...], list[NumberRow]] = {}
        for number in numbers:
            key = (number.connector, number.waba_id, number.links, number.template_check)
            self._groups.setdefault(key, []).append(number)
        self.by_variant: dict[str | None, Filling] = {}
        self.by_variant.update({one.name: Filling(one.content) for one in definition.variants})
        if definition.content is not None:
            self.by_variant[None] = Filling(definition.content)
        self._known: dict[Any, tuple[str, ...] | None] = {}

    def known(
        self, variant: str | None, language: str | None, values: Mapping[str, str]
    ) -> tuple[str, ...] | None:
        """What `judge` says, if it needs not look."""
        return self._known.get(self._alike(variant, language, values))

    async def judge(
        self, variant: str | None, language: str | None, values: Mapping[str, str], address: str
    ) -> tuple[str, ...] | Verdict:
        """The ids of the numbers from which this may go to somebody, or why there is none."""
        key = self._alike(variant, language, values)
        if key is None:
            return await self._look(variant, language, values, address)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = await self._probe(variant, language, key[2], address)
        numbers = self._known[key]
        return numbers if numbers is not None else await self._look(variant, language, values, address)

    def _alike(self, variant: str | None, language: str | None, values: Mapping[str, str]) -> Any:
        """What texts have in common that are judged alike; None for those that are judged alone."""
        sizes = []
        for name, text in values.items():
            if len(text) > _SIZES[-1] or _PLAIN.fullmatch(text) is None:
                return None
            sizes.append((name, _SIZE_OF[len(text)]))
        return variant, language, tuple(sizes)

    async def _probe(
        self, variant: str | None, language: str | None, sizes: Sequence[tuple[str, int]], address: str
    ) -> tuple[str, ...] | None:
        """The numbers, when they are the same for all plain words of these sizes; else None."""
        if self.by_variant[variant].body(language).get("type", "") not in _FREE:
            return None
        numbers: tuple[str, ...] | None = None
        for probe in _PROBES:
            values = {name: (probe * size)[: size - 1] + "x" for name, size in sizes}
            await asyncio.sleep(0)  # others get their turn
            found = await self._look(variant, language, values, address)
            if isinstance(found, Verdict) or (numbers is not None and found != numbers):
                return None
            numbers = found
        return numbers

    async def _look(
        self, variant: str | None, language: str | None, values: Mapping[str, str], address: str
    ) -> tuple[str, ...] | Verdict:
        body = self.by_variant[variant].fill(values, language)
        numbers: list[str] = []
        why: Verdict | None = None
        for group in self._groups.values():
            verdict = await self._judge_for(group[0], body, address)
            if verdict is None:
                numbers += [number.id for number in group]
            else:
                why = why or verdict
        return tuple(numbers) or why or Verdict(Reason.UNFIT, "There is no number that it could go from.")

    async def _judge_for(self, number: NumberRow, body: Mapping[str, Any], address: str) -> Verdict | None:
        runtime = self._runtime
        connector = runtime.connectors[number.connector]
        draft, problems, _ = filling.draft(runtime, connector, body, address, self.purpose)
        if draft is None:
            return verdict_of(problems)
        draft = msgspec.structs.replace(draft, send_at=self._start_at)
        fitted = await template_check.fit(runtime, self._book, number, draft)
        return verdict_of(fitted.problems or await check_files(runtime, number, draft))


def verdict_of(problems: Sequence[Problem]) -> Verdict | None:
    if not problems:
        return None
    rules = {problem.rule for problem in problems}
    detail = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems)[:_LONGEST_DETAIL]
    if any(problem.pointer in ("/to", "/recipient") for problem in problems):
        return Verdict(Reason.NO_ADDRESS, detail)
    if rules & _ABOUT_TEMPLATES:
        return Verdict(Reason.NO_TEMPLATE, detail)
    return Verdict(Reason.TOO_LONG if rules <= _TOO_LONG else Reason.UNFIT, detail)
