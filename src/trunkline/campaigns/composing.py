"""The message that one recipient gets: gaps filled, in their variant and language, checked as any other is.

In comes a recipient of a running campaign; out goes a row that can be stored, or why they get none after all.
The check has seen all of it before: what fails here has changed since.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from trunkline.campaigns.filling import Filling
from trunkline.errors import Problem
from trunkline.model.campaign import Definition, Reason
from trunkline.model.message import Priority
from trunkline.outbound import accept, template_check
from trunkline.runtime import Runtime
from trunkline.store.messages import NewMessage
from trunkline.store.numbers import NumberRow
from trunkline.store.recipients import DueRecipient
from trunkline.templates.book import TemplateBook

_ABOUT_TEMPLATES = frozenset({"unknown_template", "unknown_language", "template_status"})
_LONGEST_DETAIL = 300
_values = msgspec.json.Decoder(dict[str, str])


class Skipped(NamedTuple):
    """Somebody who gets nothing."""

    n: int
    reason: Reason
    detail: str | None = None


class Composer:
    """Of one campaign, as it is defined."""

    def __init__(
        self, runtime: Runtime, book: TemplateBook, definition: Definition, campaign_id: str
    ) -> None:
        self._runtime = runtime
        self._book = book
        self._definition = definition
        self._campaign_id = campaign_id
        self._fillings: dict[str | None, Filling] = {
            one.name: Filling(one.content) for one in definition.variants
        }
        if definition.content is not None:
            self._fillings[None] = Filling(definition.content)

    async def compose(
        self, number: NumberRow, recipient: DueRecipient, winner: str | None, now: int
    ) -> NewMessage | Skipped:
        expires_at = self._expires_at(recipient, now)
        if expires_at is not None and expires_at <= now:
            return Skipped(recipient.n, Reason.TOO_LATE)
        filling = self._fillings[recipient.variant or winner]
        try:
            filled = filling.fill(_values.decode(recipient.vars), recipient.language)
        except KeyError as name:
            return Skipped(recipient.n, Reason.MISSING_VARIABLE, str(name))
        body = self._addressed(filled, recipient.address)
        # Whether links by http may be named was asked when the campaign was made.
        checked = self._runtime.connectors[number.connector].check(body, now=now, http_links=True)
        if checked.draft is None:
            return _unfit(recipient, checked.problems)
        fitted = await template_check.fit(self._runtime, self._book, number, checked.draft)
        if fitted.problems:
            return _unfit(recipient, fitted.problems)
        made = accept.new_message(self._runtime, number.account_id, number, fitted.draft)
        return msgspec.structs.replace(
            made, campaign_id=self._campaign_id, expires_at=expires_at or made.expires_at
        )

    def _expires_at(self, recipient: DueRecipient, now: int) -> int | None:
        """None: the server's own life of a message, counted from now."""
        plan = self._definition.schedule
        ends = [] if plan.end_at is None else [plan.end_at]
        if plan.validity_minutes is not None:
            ends.append(max(recipient.due_at, 0) + plan.validity_minutes * 60_000)
        return min(ends, default=None)

    def _addressed(self, filled: Mapping[str, Any], address: str) -> dict[str, Any]:
        to = "to" if address.isdecimal() else "recipient"
        purpose = self._definition.purpose
        return {**filled, to: address, "priority": Priority.BULK.name.lower(), "purpose": purpose}


def _unfit(recipient: DueRecipient, problems: Sequence[Problem]) -> Skipped:
    is_template = any(problem.rule in _ABOUT_TEMPLATES for problem in problems)
    detail = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems)[:_LONGEST_DETAIL]
    return Skipped(recipient.n, Reason.NO_TEMPLATE if is_template else Reason.UNFIT, detail)
