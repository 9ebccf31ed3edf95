"""Who gets nothing because their 24-hour window is closed: asked for free-form content without a fallback.

In come the numbers that a message may go from, and what is known of the person's windows; out go those of
which the window is open, by whatever name the provider calls the person. A number whose windows are only
advice holds back only those whose window is known to have closed.
"""

from collections.abc import Mapping, Sequence

from trunkline.audiences.members import Member
from trunkline.campaigns.verdicts import Verdict
from trunkline.campaigns.verdicts_of_content import Contents, Fit
from trunkline.model.campaign import Reason
from trunkline.model.window import closed_since, needs_window
from trunkline.runtime import Runtime
from trunkline.store import windows
from trunkline.store.numbers import NumberRow
from trunkline.store.verdict_facts import Window

Closings = Mapping[tuple[str, str], int]
"""(number, address) → when the window closes."""


class Windows:
    """Of one check."""

    def __init__(self, runtime: Runtime, contents: Contents, numbers: Sequence[NumberRow]) -> None:
        self._runtime = runtime
        self._contents = contents
        self._numbers = {number.id: number for number in numbers}
        self.are_needed = any(
            self._needs(variant, language)
            for variant, filling in contents.by_variant.items()
            for language in filling.languages
        )

    async def read(self, members: Sequence[Member], known: Mapping[str, Sequence[Window]]) -> Closings:
        """Of a page of members, whose windows are known as far as they stand under their contacts."""
        found = {
            (window.number_id, member.address): window.closes_at
            for member in members
            for window in known.get(member.contact_id, ())
        }
        now = self._runtime.clock.now()
        asked = [
            (number.account_id, number.id, member.address)
            for number in self._numbers.values()
            for member in members
            if member.address and found.get((number.id, member.address), 0) <= now
        ]
        if asked:
            read = await self._runtime.store.read(lambda tx: windows.of_many(tx, asked))
            for (_, number_id, address), window in zip(asked, read, strict=True):
                found[number_id, address] = window.closes_at or 0
        return found

    def open_at(self, address: str, fit: Fit, closings: Closings, at: int) -> tuple[str, ...] | Verdict:
        """Those of the numbers from which it may go at a moment."""
        if not self._needs(fit.variant, fit.language):
            return fit.numbers
        closes_at = {one: closings.get((one, address), 0) for one in fit.numbers}
        found = tuple(one for one, until in closes_at.items() if until > at or self._is_let_go(one, until))
        return found or Verdict(Reason.WINDOW_CLOSED, closed_since(max(closes_at.values()) or None, at))

    def _needs(self, variant: str | None, language: str | None) -> bool:
        if variant is None and variant not in self._contents.by_variant:
            return any(self._needs(one, language) for one in self._contents.by_variant)
        body = self._contents.by_variant[variant].body(language)
        return needs_window(body.get("type", "")) and body.get("fallback") is None

    def _is_let_go(self, number_id: str, closed_at: int) -> bool:
        """A person of whom a number that only advises knows nothing may have written to it all the same."""
        return not closed_at and self._numbers[number_id].window_policy == "advise"
