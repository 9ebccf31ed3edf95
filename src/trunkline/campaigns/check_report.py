"""The report of a check: what it counted, what that means, samples, cost and plan."""

from trunkline.campaigns import samples
from trunkline.campaigns.check_findings import findings_of
from trunkline.campaigns.check_page import Checker
from trunkline.campaigns.plan import plan_of
from trunkline.campaigns.report_types import CheckReport


def make_report(checker: Checker, *, took_seconds: float) -> CheckReport:
    runtime, sums = checker.runtime, checker.sums
    cost, plan = checker.cost.report(), plan_of(checker.planner, checker.definition.schedule)
    return CheckReport(
        checked_at=runtime.clock.now(),
        took_seconds=round(took_seconds, 3),
        recipients=sums.recipients,
        ready=sums.ready,
        skipped=dict(sums.skipped.most_common()),
        findings=findings_of(checker, cost, plan),
        samples=[
            samples.render(runtime, checker.contents, checker.templates, one, why)
            for one, why in checker.samples.chosen()
        ],
        shares=sums.shares(),
        cost=cost,
        plan=plan,
    )
