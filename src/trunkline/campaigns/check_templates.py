"""The templates that a campaign's contents name, as the account has them: for prices, samples and findings.

Read once, when a check begins. Whether a message fits one is judged for each recipient elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.campaigns.verdicts_of_content import Contents
from trunkline.runtime import Runtime
from trunkline.store import Tx, templates
from trunkline.store.numbers import NumberRow
from trunkline.store.templates import TemplateRow

_Key = tuple[str, str, str]
"""Account at the provider, name, language."""


class Templates:
    def __init__(
        self,
        runtime: Runtime,
        contents: Contents,
        numbers: Mapping[str, NumberRow],
        rows: Mapping[_Key, TemplateRow],
        unread: Sequence[str],
    ) -> None:
        self._runtime = runtime
        self._contents = contents
        self._numbers = numbers
        self.rows = rows
        self.unread = unread
        """Accounts at the provider whose templates were never read here."""

    @classmethod
    async def open(cls, runtime: Runtime, contents: Contents, numbers: Sequence[NumberRow]) -> "Templates":
        bodies = [filling.body(one) for filling in contents.by_variant.values() for one in filling.languages]
        names = {
            (number.account_id, number.waba_id, named[0])
            for number in numbers
            for body in bodies
            if (named := _named(body)) is not None
        }

        async def read(tx: Tx) -> tuple[dict[_Key, TemplateRow], list[str]]:
            found = [row for name in sorted(names) for row in await templates.of_name(tx, *name)]
            accounts = sorted({(account_id, waba_id) for account_id, waba_id, _ in names})
            syncs = {key[1]: await templates.sync_of(tx, *key) for key in accounts}
            unread = [waba_id for waba_id, sync in syncs.items() if sync is None or sync.synced_at is None]
            return {(row.waba_id, row.name, row.language): row for row in found}, unread

        rows, unread = await runtime.store.read(read)
        return cls(runtime, contents, {number.id: number for number in numbers}, rows, unread)

    def of(
        self, number_id: str, variant: str | None, language: str | None
    ) -> tuple[Mapping[str, Any], TemplateRow | None]:
        """What goes to such a recipient, with its gaps, and its template if it is one that is known.

        For those who wait for the winner, the first variant.
        """
        known = self._contents.by_variant
        body = known[variant if variant in known else next(iter(known))].body(language)
        named, number = _named(body), self._numbers[number_id]
        desk = self._runtime.connectors[number.connector].templates
        if named is None or desk is None:
            return body, None
        rows = [self.rows.get((number.waba_id, named[0], one)) for one in named[1]]
        there = [row for row in rows if row is not None]
        sendable = (row for row in there if desk.standing_of(row.status).is_sendable)
        return body, next(sendable, there[0] if there else None)


def _named(body: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """The name of its template, and in which languages it may go."""
    template = body.get("template")
    if not isinstance(template, dict) or not isinstance(template.get("name"), str):
        return None
    language = template.get("language")
    if not isinstance(language, dict):
        return None
    return template["name"], [language.get("code", ""), *(language.get("fallback") or ())]
