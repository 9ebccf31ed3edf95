"""One page of a check: members in, recipients out, each with a verdict, and counted.

What is known of them is read at once for all; then each is judged, given a variant, a language, a number and
a turn. The event loop gets its turn in between, as other messages must not wait for a check.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from trunkline.audiences.members import Member
from trunkline.campaigns import actions, costs, plan_start
from trunkline.campaigns.check_sums import Sums
from trunkline.campaigns.check_templates import Templates
from trunkline.campaigns.costs import Costs
from trunkline.campaigns.filling import values_for
from trunkline.campaigns.samples import Samples
from trunkline.campaigns.turns import Late, Planner, Turn
from trunkline.campaigns.verdicts import Facts, Judge, Verdict
from trunkline.campaigns.verdicts_of_content import Contents, Fit
from trunkline.campaigns.verdicts_of_window import Closings, Windows
from trunkline.model.campaign import Definition, Reason, RecipientState
from trunkline.runtime import Runtime
from trunkline.store.campaigns import CampaignRow
from trunkline.store.numbers import NumberRow
from trunkline.store.recipients import NewRecipient
from trunkline.store.verdict_facts import Window
from trunkline.templates.book import TemplateBook

_BREATH = 16
"""Recipients judged before others get their turn: less than a millisecond's work."""

_ASIDE_SECONDS = 0.0005
"""How long this thread rests then while somebody's writes wait: the thread that writes gets its turn at once,
where it would wait for 5 ms, the interpreter's switch interval, at each of its steps."""

_encode = msgspec.json.Encoder().encode


class Checker:
    """Of one check, from its first page to its report."""

    def __init__(  # noqa: PLR0913 - all of it is opened before the first page
        self,
        runtime: Runtime,
        row: CampaignRow,
        definition: Definition,
        contents: Contents,
        *,
        planner: Planner,
        cost: Costs,
        templates: Templates,
    ) -> None:
        self.runtime = runtime
        self.row = row
        self.definition = definition
        self.contents = contents
        self.planner = planner
        self.cost = cost
        self.templates = templates
        self.numbers = numbers_of(runtime, definition)
        self.sums = Sums()
        self.samples = Samples()
        self._judge = Judge(runtime, row.account_id, row.id, definition)
        self._windows = Windows(runtime, self.contents, self.numbers)
        self._lots = _Lots(row.id, definition)
        self._categories: dict[tuple[str, str | None, str | None], str] = {}

    @property
    def asks_windows(self) -> bool:
        return self._windows.are_needed

    @classmethod
    async def open(cls, runtime: Runtime, book: TemplateBook, row: CampaignRow) -> "Checker":
        definition = actions.definition_of(row)
        numbers = numbers_of(runtime, definition)
        known = msgspec.structs.replace(definition, numbers=tuple(number.id for number in numbers))
        contents = Contents(runtime, book, definition, numbers)
        return cls(
            runtime,
            row,
            definition,
            contents,
            planner=await plan_start.open_planner(runtime, row.account_id, row.id, known),
            cost=await costs.open(runtime, row.account_id, known),
            templates=await Templates.open(runtime, contents, numbers),
        )

    async def check(self, members: Sequence[Member]) -> list[NewRecipient]:
        facts = await self._judge.read(members)
        closings = await self._windows.read(members, facts.windows) if self._windows.are_needed else {}
        page: set[str] = set()
        rows = []
        for index, member in enumerate(members, 1):
            if index % _BREATH == 0:
                await asyncio.sleep(_ASIDE_SECONDS if self.runtime.store.load.waiting else 0)
            verdict = self._judge.judge(member, facts, page)
            fit = verdict or self._fit(member) or await self._fit_slowly(member)
            rows.append(self._one(member, fit, facts, closings, page))
        return rows

    def _one(
        self, member: Member, fit: Fit | Verdict, facts: Facts, closings: Closings, page: set[str]
    ) -> NewRecipient:
        n = self.sums.recipients + 1
        if isinstance(fit, Verdict):
            return self._skipped(n, member, fit)
        turn = self._turn(member, fit, closings)
        if isinstance(turn, Verdict):
            return self._skipped(n, member, turn)
        self._judge.note(member, page)
        self._count(n, member, fit, turn, facts.windows.get(member.contact_id, ()))
        return NewRecipient(
            self.row.account_id, self.row.id, n, member.contact_id, member.address, RecipientState.READY,
            None, None, turn.number_id, fit.variant, fit.language, _encode(fit.values).decode(), turn.due_at,
        )  # fmt: skip

    def _turn(self, member: Member, fit: Fit, closings: Closings) -> Turn | Verdict:
        numbers: tuple[str, ...] | Verdict = fit.numbers
        if self._windows.are_needed:
            numbers = self._windows.open_at(member.address, fit, closings, self.runtime.clock.now())
        if isinstance(numbers, Verdict):
            return numbers
        turn = self.planner.turn(member.address, member.time_zone, numbers)
        if isinstance(turn, Late):
            return Verdict(Reason.TOO_LATE, turn.value)
        if self._windows.are_needed:
            chosen = fit._replace(numbers=(turn.number_id,))
            still = self._windows.open_at(member.address, chosen, closings, turn.planned_at)
            return still if isinstance(still, Verdict) else turn
        return turn

    def _skipped(self, n: int, member: Member, verdict: Verdict) -> NewRecipient:
        self.sums.skip(n, verdict)
        return NewRecipient(
            self.row.account_id, self.row.id, n, member.contact_id, member.address, RecipientState.SKIPPED,
            verdict.reason, verdict.detail,
        )  # fmt: skip

    def _fit(self, member: Member) -> Fit | Verdict | None:
        """None: it must be looked at. That is rare, so nobody waits for the many others."""
        variant = self._lots.variant_of(member.contact_id)
        if variant is None and self.definition.variants:
            return None
        filling = self.contents.by_variant[variant]
        language = filling.language_for(member.language)
        values, missing = values_for(member, filling.names(language), self.definition.variables)
        if missing:
            return Verdict(Reason.MISSING_VARIABLE, ", ".join(missing))
        numbers = self.contents.known(variant, language, values)
        return None if numbers is None else Fit(variant, language, values, numbers)

    async def _fit_slowly(self, member: Member) -> Fit | Verdict:
        variant = self._lots.variant_of(member.contact_id)
        if variant is None and self.definition.variants:
            return await self._fit_any(member)
        filling = self.contents.by_variant[variant]
        language = filling.language_for(member.language)
        values, _ = values_for(member, filling.names(language), self.definition.variables)
        numbers = await self.contents.judge(variant, language, values, member.address)
        return numbers if isinstance(numbers, Verdict) else Fit(variant, language, values, numbers)

    async def _fit_any(self, member: Member) -> Fit | Verdict:
        """Whoever waits for the winner must be able to get any of them."""
        language = None
        every: dict[str, str] = {}
        numbers: tuple[str, ...] | None = None
        for variant, filling in self.contents.by_variant.items():
            language = language or filling.language_for(member.language)
            values, missing = values_for(member, filling.names(language), self.definition.variables)
            if missing:
                return Verdict(Reason.MISSING_VARIABLE, ", ".join(missing))
            found = await self.contents.judge(variant, language, values, member.address)
            if isinstance(found, Verdict):
                return found
            every |= values
            numbers = found if numbers is None else tuple(one for one in numbers if one in found)
        if not numbers:
            return Verdict(Reason.UNFIT, "No number can send every variant.")
        return Fit(None, language, every, numbers)

    def _count(self, n: int, member: Member, fit: Fit, turn: Turn, windows: Sequence[Window]) -> None:
        self.sums.take(turn.number_id, fit.variant, fit.language)
        self.samples.look(n, member.address, turn.number_id, fit.variant, fit.language, fit.values)
        category = self._category(turn.number_id, fit.variant, fit.language)
        in_window = free_entry = False
        for window in windows:
            if window.number_id == turn.number_id:
                in_window = window.closes_at > turn.planned_at
                free_entry = window.free_until > turn.planned_at
        self.cost.add(member.address, turn.number_id, category, in_window, free_entry, turn.planned_at)

    def _category(self, number_id: str, variant: str | None, language: str | None) -> str:
        """As what it is charged; of the variants of which one will win, the first."""
        key = (number_id, variant, language)
        if key not in self._categories:
            body, template = self.templates.of(*key)
            type_ = body.get("type", "")
            self._categories[key] = self.cost.category_of(type_, template.category if template else None)
        return self._categories[key]


def numbers_of(runtime: Runtime, definition: Definition) -> list[NumberRow]:
    """Those that are still there."""
    known: Mapping[str, NumberRow] = runtime.directory.numbers
    return [known[number_id] for number_id in definition.numbers if number_id in known]


class _Lots:
    """Who gets which variant: drawn by a hash, so that a person draws the same lot in every check."""

    def __init__(self, campaign_id: str, definition: Definition) -> None:
        self._salt = campaign_id.encode()[:16]
        self._lots = [one.name for one in definition.variants for _ in range(one.weight)]
        self._percent = 100 if definition.winner is None else definition.winner.percent

    def variant_of(self, contact_id: str) -> str | None:
        """None without variants, and for those who get the winner."""
        if not self._lots:
            return None
        digest = hashlib.blake2b(contact_id.encode(), digest_size=8, salt=self._salt).digest()
        lot, rest = divmod(int.from_bytes(digest, "big"), 10_000)
        return self._lots[lot % len(self._lots)] if rest < self._percent * 100 else None
