"""When a running campaign pauses by itself: numbers, templates, failures, people who opt out, the budget.

Comes in: the campaign and what the store, the directory and the template book know. Goes out: why it must
pause, if it must; and what is to be remembered of this moment, since after a start or a resume only what has
become worse counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from trunkline.campaigns.cost_report import CostReport
from trunkline.campaigns.costs import most_within
from trunkline.campaigns.report_types import CheckReport
from trunkline.channels.template_contract import Templates
from trunkline.model.campaign import Content, Counted, Definition, Run
from trunkline.model.opt_out import REFUSED
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients, templates
from trunkline.store.campaigns import CampaignRow
from trunkline.store.templates import TemplateRow

_LOW = frozenset({"RED", "LOW", "FLAGGED", "DOWNGRADE"})
_COSTS = ("queued", "held", "scheduled", "sending", "unknown", "submitted", "sent", "delivered", "read")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    reason: str | None
    """One of `model.campaign.PAUSES`."""
    counted: Counted
    """From when on it is counted: of this moment, if there was none."""
    standing: dict[str, str]
    """The same of templates and numbers."""
    most: int | None
    """So many more messages its budget allows; None is any number."""


class _Seen(msgspec.Struct, frozen=True):
    """What one look found."""

    counted: Counted
    created: int
    templates: tuple[TemplateRow, ...]


def numbers(runtime: Runtime, definition: Definition) -> str | None:
    """`number` when one of its numbers is held or was removed."""
    known = [runtime.directory.numbers.get(number_id) for number_id in definition.numbers]
    return "number" if any(row is None or row.held_reason is not None for row in known) else None


async def judge(runtime: Runtime, row: CampaignRow, definition: Definition, run: Run) -> Verdict:
    uses = list(_uses(runtime, row, definition))
    names = sorted({(use.waba_id, use.name) for use in uses})
    seen = await runtime.store.read(lambda tx: _look(tx, row, names))
    counted = run.counted or seen.counted
    standing = {**_standing(runtime, definition, seen.templates), **run.standing}
    most = _most(row, definition, seen.created)
    reason = (
        _by_templates(definition, standing, uses, seen.templates)
        or _by_quality(runtime, definition, standing)
        or _by_shares(definition, counted, seen.counted)
        or ("budget" if most == 0 else None)
    )
    return Verdict(reason=reason, counted=counted, standing=standing, most=most)


async def _look(tx: Tx, row: CampaignRow, names: list[tuple[str, str]]) -> _Seen:
    states = await campaigns.count_messages(tx, row.account_id, row.id)
    failed = states.get("failed", 0)
    if failed:
        why = await campaigns.failures(tx, row.account_id, row.id)
        failed = sum(count for error, count in why if error not in REFUSED)
    found = [
        one for waba_id, name in names for one in await templates.of_name(tx, row.account_id, waba_id, name)
    ]
    counted = Counted(
        ended=states.get("delivered", 0) + states.get("read", 0) + failed,
        failed=failed,
        opted_out=await recipients.opted_out(tx, row.account_id, row.id, row.started_at or 0),
    )
    return _Seen(counted, _created(states), tuple(found))


# -- templates and quality


class _Use(NamedTuple):
    """A template as one of the contents names it."""

    of: Templates
    waba_id: str
    name: str
    languages: tuple[str, ...]
    """In which it may go."""


def _uses(runtime: Runtime, campaign: CampaignRow, definition: Definition) -> Iterator[_Use]:
    rows = [row for number_id in definition.numbers if (row := runtime.directory.numbers.get(number_id))]
    for body in _wanted(campaign, definition):
        for row in rows:
            of = runtime.connectors[row.connector].templates
            used = of.use_of(body) if of is not None and "template" in body else None
            if of is not None and used is not None:
                others = body["template"].get("language", {}).get("fallback", ())
                yield _Use(of, row.waba_id, used[0], (used[1], *others))


def _wanted(row: CampaignRow, definition: Definition) -> Iterator[Mapping[str, Any]]:
    """Those that the check gave to somebody: of the others no template matters."""
    report = msgspec.json.decode(row.report, type=CheckReport) if row.report is not None else None
    given = {(one.variant, one.language) for one in report.shares} if report is not None else set()
    contents: list[tuple[str | None, Content]] = [(one.name, one.content) for one in definition.variants]
    contents += [(None, definition.content)] if definition.content else []
    for variant, content in contents:
        for language, body in [(None, content.body), *content.languages.items()]:
            if not given or not given.isdisjoint({(variant, language), (None, language)}):
                yield body


def bodies(definition: Definition) -> Iterator[Mapping[str, Any]]:
    """Every content, in every language and variant."""
    contents = [one.content for one in definition.variants]
    contents += [definition.content] if definition.content else []
    for content in contents:
        yield content.body
        yield from content.languages.values()


def _standing(runtime: Runtime, definition: Definition, found: Sequence[TemplateRow]) -> dict[str, str]:
    known = {f"category {row.id}": row.category for row in found}
    return known | {f"quality {one}": _quality(runtime, one) for one in definition.numbers}


def _by_templates(
    definition: Definition, before: Mapping[str, str], uses: Sequence[_Use], found: Sequence[TemplateRow]
) -> str | None:
    """Whether one can not be sent any more, or has another category, with another price and other rules."""
    if not definition.stop.template:
        return None
    for use in uses:
        rows = [
            row
            for row in found
            if (row.waba_id, row.name) == (use.waba_id, use.name) and row.language in use.languages
        ]
        sendable = [row for row in rows if use.of.standing_of(row.status).is_sendable]
        if rows and (not sendable or any(row.category != before[f"category {row.id}"] for row in sendable)):
            return "template"
    return None


def _by_quality(runtime: Runtime, definition: Definition, before: Mapping[str, str]) -> str | None:
    if not definition.stop.quality:
        return None
    for number_id in definition.numbers:
        now = _quality(runtime, number_id)
        if now in _LOW and now != before[f"quality {number_id}"]:
            return "quality"
    return None


def _quality(runtime: Runtime, number_id: str) -> str:
    """The provider's last word on it."""
    row = runtime.directory.numbers.get(number_id)
    if row is None or row.provider_info is None:
        return ""
    info = msgspec.json.decode(row.provider_info, type=dict[str, Any])
    return str(info.get("quality_event") or info.get("quality") or "")


# -- shares and money


def _by_shares(definition: Definition, since: Counted, now: Counted) -> str | None:
    ended = now.ended - since.ended
    rules = definition.stop
    if ended < max(1, rules.after):
        return None
    if rules.failure_rate is not None and now.failed - since.failed > rules.failure_rate * ended:
        return "failure_rate"
    if rules.block_rate is not None and now.opted_out - since.opted_out > rules.block_rate * ended:
        return "block_rate"
    return None


async def has_money(tx: Tx, row: CampaignRow, definition: Definition) -> bool:
    """Whether its budget allows one more."""
    states = await campaigns.count_messages(tx, row.account_id, row.id)
    return _most(row, definition, _created(states)) != 0


def estimate(row: CampaignRow) -> CostReport | None:
    """The check's."""
    return msgspec.json.decode(row.report, type=CheckReport).cost if row.report else None


def _created(states: Mapping[str, int]) -> int:
    return sum(states.get(state, 0) for state in _COSTS)


def _most(row: CampaignRow, definition: Definition, created: int) -> int | None:
    cost, budget = estimate(row), definition.stop.budget
    if budget is None or cost is None:
        return None
    if cost.currency != budget.currency:  # nobody can say how much is left
        return 0
    allowed = most_within(cost, budget.micros)
    return None if allowed is None else max(0, allowed - created)
