"""Findings of a check: what its counts, its cost and its plan mean to whoever wants to start the campaign.

A finding blocks when a start would send nothing, or break a promise that the definition makes. All others are
to be known: each says in words what was found, and what can be done.
"""

from collections.abc import Iterator
from typing import NamedTuple

from trunkline.campaigns.check_page import Checker
from trunkline.campaigns.cost_report import CostReport
from trunkline.campaigns.plan import Plan
from trunkline.campaigns.report_types import Finding
from trunkline.model.campaign import Reason
from trunkline.model.opt_out import MARKETING
from trunkline.pricing.money import format_micros


class _Words(NamedTuple):
    are: str
    """What they are, behind a number of recipients."""
    remedy: str


_SKIPPED = {
    Reason.NO_ADDRESS: _Words(
        "have no phone number or user id that a message can go to",
        "Correct the numbers in your file, with their country codes, and import it again.",
    ),
    Reason.NOT_MOBILE: _Words(
        "have a number of a kind that has no WhatsApp, such as a fixed line or a toll-free number",
        "Ask them for a mobile number.",
    ),
    Reason.DUPLICATE: _Words(
        "are in the audience more than once", "None needed: each person gets one message."
    ),
    Reason.OPTED_OUT: _Words("have opted out", "None: they do not want it. They can write START."),
    Reason.NO_CONSENT: _Words(
        "have not agreed to messages of this purpose, as far as is recorded here",
        "Record their consent with its proof (imports can do it), or, where you need none, say so: "
        "`consent` is `not_required`.",
    ),
    Reason.BLOCKED: _Words(
        "could not be reached lately: they have no WhatsApp, or blocked the number",
        "None: once a message of another kind reaches them, they are written to again.",
    ),
    Reason.ALREADY_RECEIVED: _Words(
        "got another campaign that this one excludes, or any too lately",
        "Change `not_again_hours` or `without_campaigns` if they are to get this one, too.",
    ),
    Reason.MISSING_VARIABLE: _Words(
        "have no value for a variable", "Fill in the column or attribute, or give the variable a `default`."
    ),
    Reason.TOO_LONG: _Words(
        "would get a text that is too long once it is filled in", "Shorten their values, or the text itself."
    ),
    Reason.UNFIT: _Words(
        "have values with which the message breaks a rule",
        "Correct their values; each recipient's detail says how.",
    ),
    Reason.NO_TEMPLATE: _Words(
        "would need a template that can not be sent", "Choose a template that is approved in their language."
    ),
    Reason.WINDOW_CLOSED: _Words(
        "have not written within 24 hours, so free-form messages may not go to them",
        "Send a template, or give the content a `fallback`.",
    ),
    Reason.TOO_LATE: _Words(
        "would have their turn only after the campaign's end",
        "End it later, raise its pace, or let it go from more numbers.",
    ),
}


def findings_of(checker: Checker, cost: CostReport | None, plan: Plan) -> list[Finding]:
    """Those that block first."""
    found = [
        *_about_people(checker),
        *_about_numbers(checker),
        *_about_templates(checker),
        *_about_cost(checker, cost),
        *_about_plan(checker, plan),
    ]
    return sorted(found, key=lambda finding: not finding.blocks)


def _about_people(checker: Checker) -> Iterator[Finding]:
    sums = checker.sums
    if not sums.recipients:
        yield _blocking("nobody", "There is nobody in the audience.", "Choose lists or segments with people.")
    elif not sums.ready:
        detail = f"None of the {sums.recipients:,} recipients would get it."
        yield _blocking("nobody_ready", detail, "See the other findings for why.")
    for word, count in sums.skipped.most_common():
        words = _SKIPPED.get(Reason(word), _Words("get nothing", "See their details."))
        yield Finding(
            rule=word,
            blocks=False,
            count=count,
            detail=f"{_people(count)} {words.are}.{_most_common(checker, word)}",
            remedy=words.remedy,
            examples=sums.examples[word],
        )


def _people(count: int) -> str:
    return "1 recipient: they" if count == 1 else f"{count:,} recipients"


def _most_common(checker: Checker, word: str) -> str:
    """The detail that most of them have, where it says more than the reason."""
    details = checker.sums.details.get(word)
    if not details or word == Reason.OPTED_OUT:
        return ""
    [(detail, count)] = details.most_common(1)
    return f" Most often ({count:,}): {detail}"


def _about_numbers(checker: Checker) -> Iterator[Finding]:
    known = {number.id for number in checker.numbers}
    for place, number_id in enumerate(checker.definition.numbers):
        if number_id not in known:
            detail = f"The number {number_id} was removed."
            yield _blocking("number_removed", detail, "Choose another number.", f"/numbers/{place}")
    for number in checker.numbers:
        if number.held_reason is not None:
            detail = f"The number {number.digits} is held: {number.held_reason}."
            remedy = "Release it, or choose another number."
            yield _blocking("number_held", detail, remedy, "/numbers")
        elif number.window_policy == "advise" and checker.asks_windows:
            detail = (
                f"The number {number.digits} only advises on windows: people of whom it is not known whether "
                "they wrote are taken to have done so."
            )
            remedy = "If all they write comes in here, set its `window_policy` to `enforce`."
            yield _known("window_unknown", detail, remedy, "/numbers")


def _about_templates(checker: Checker) -> Iterator[Finding]:
    for waba_id in checker.templates.unread:
        detail = (
            f"The templates of the business account {waba_id} were not read yet: nothing is known of them."
        )
        yield _known("templates_unread", detail, "POST /v1/templates/sync, then check again.")
    is_marketing = checker.definition.purpose == MARKETING
    for row in checker.templates.rows.values():
        named = f"`{row.name}` in `{row.language}`"
        if row.category.upper() == "MARKETING" and not is_marketing:
            detail = (
                f"The template {named} is of the category {row.category}, and the campaign's purpose is "
                f"{checker.definition.purpose}: people who opted out of marketing would get it."
            )
            yield _known("category", detail, "Set `purpose` to `marketing`.", "/purpose")
        if row.correct_category is not None and row.correct_category != row.category:
            detail = (
                f"The provider will move the template {named} from {row.category} to {row.correct_category}."
            )
            yield _known("recategorised", detail, "Expect another price, or send it before that.")
        if row.quality is not None and row.quality.upper() == "RED":
            detail = f"The provider rates the template {named} low; it may be paused during the run."
            yield _known("template_quality", detail, "Choose another template, or a canary first.")


def _about_cost(checker: Checker, cost: CostReport | None) -> Iterator[Finding]:
    budget = checker.definition.stop.budget
    if cost is None:
        if budget is not None:
            detail = "What these messages cost is not known, so the budget would never stop them."
            yield _blocking("budget_unknown", detail, "Take the budget out.", "/stop/budget")
        return
    if cost.unpriced:
        detail = f"For {cost.unpriced:,} messages no rate card has a price: the cost is a lower bound"
        detail += "." if budget is None else ", and the budget does not count them."
        yield _known("unpriced", detail, "Import the provider's current rate card.")
    if any(card.sample for card in cost.cards):
        detail = "The cost was reckoned with a sample rate card, which may not be what you pay."
        yield _known("sample_card", detail, "Import the provider's current rate card.")
    if budget is None:
        return
    if budget.currency != cost.currency:
        detail = f"The budget is in {budget.currency}, and the account is charged in {cost.currency}."
        yield _blocking("budget_currency", detail, f"Give it in {cost.currency}.", "/stop/budget/currency")
    elif cost.total_micros > budget.micros:
        amount = f"{format_micros(budget.micros)} {budget.currency}"
        detail = f"It is estimated at {cost.total} {cost.currency} and will pause at its budget of {amount}."
        yield _known("over_budget", detail, "Raise the budget, or choose fewer people.", "/stop/budget")


def _about_plan(checker: Checker, plan: Plan) -> Iterator[Finding]:
    if len(plan.days) > 1:
        detail = plan.notes[-1] if plan.notes else f"It takes parts of {len(plan.days)} days."
        remedy = "Raise its pace or use more numbers if that is too long; the plan says what goes when."
        yield _known("several_days", detail, remedy, "/schedule")
    canary, ready = checker.definition.canary, checker.sums.ready
    if canary is not None and canary >= ready > 0:
        detail = f"The canary of {canary:,} is as large as the campaign: nothing is left to hold back."
        yield _known("canary", detail, "Make it smaller.", "/canary")


def _blocking(rule: str, detail: str, remedy: str, pointer: str | None = None) -> Finding:
    return Finding(rule=rule, blocks=True, detail=detail, remedy=remedy, pointer=pointer)


def _known(rule: str, detail: str, remedy: str, pointer: str | None = None) -> Finding:
    return Finding(rule=rule, blocks=False, detail=detail, remedy=remedy, pointer=pointer)
