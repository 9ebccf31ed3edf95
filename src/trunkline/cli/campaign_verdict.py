"""What a check found, for people: who gets it and who does not, how it looks, what it costs, when it ends."""

from typing import Any

from trunkline.cli import life, output

Report = dict[str, Any]
_MOST_DAYS = 7
_LONGEST_SAMPLE = 400
_TO_SECONDS = 19
"""Letters of a date and time without parts of a second: a plan is not so exact."""


def show(report: Report, *, is_ahead: bool = True) -> None:
    """`is_ahead`: it has not started, so that its plan is still one."""
    screen = output.console()
    screen.print(output.labelled("get it", f"{report['ready']} of {report['recipients']}", "bold"))
    for reason, count in sorted(report["skipped"].items(), key=lambda one: -one[1]):
        screen.print(output.labelled("", f"{count:>8}  {reason.replace('_', ' ')}"))
    for finding in report["findings"]:
        _finding(finding)
    for sample in report["samples"]:
        _sample(sample)
    if report["cost"]:
        _cost(report["cost"])
    if report["plan"] and is_ahead:
        _plan(report["plan"])
    screen.print(output.labelled("checked", f"in {report['took_seconds']:.1f} s"))


def _finding(finding: dict[str, Any]) -> None:
    screen = output.console()
    word, style = ("blocks", "bold red") if finding["blocks"] else ("look", "yellow")
    screen.print(output.labelled(word, finding["detail"], style), soft_wrap=True)
    screen.print(output.labelled("", f"  {finding['remedy']}"), style="dim", soft_wrap=True)


def _sample(sample: dict[str, Any]) -> None:
    screen = output.console()
    screen.print()
    why = ", ".join(sample["why"])
    screen.print(output.labelled("sample", f"{why}: recipient {sample['n']}, {sample['address']}"))
    text = sample["text"]
    shown = text if len(text) <= _LONGEST_SAMPLE else text[: _LONGEST_SAMPLE - 1] + "…"
    for line in shown.splitlines():
        screen.print(output.plain(f"          {line}"), markup=False, soft_wrap=True)


def _cost(cost: dict[str, Any]) -> None:
    screen = output.console()
    screen.print()
    bound = ", at least" if cost["unpriced"] else ""
    total = f"{cost['total']} {cost['currency']}{bound}, {cost['charged']} of {cost['count']} are charged"
    screen.print(output.labelled("cost", total, "bold"), soft_wrap=True)
    rows = [
        (
            line["market"],
            line["category"],
            line["count"],
            line["charged"],
            f"{line['amount']} {cost['currency']}",
        )
        for line in cost["lines"]
    ]
    if len(rows) > 1:
        output.table(("market", "category", "messages", "charged", "amount"), rows, empty="")
    for card in cost["cards"]:
        kind = "a sample card" if card["sample"] else "card"
        said = f"{kind} from {card['effective_from']}: {card['source']}"
        screen.print(output.labelled("", said), style="dim", soft_wrap=True)


def _plan(plan: dict[str, Any]) -> None:
    screen = output.console()
    screen.print()
    if plan.get("finish_at"):
        ends = life.local_time(plan["finish_at"], with_date=True)[:_TO_SECONDS]
        screen.print(output.labelled("ends", f"about {ends}, if it starts as planned"), soft_wrap=True)
    days = plan["days"]
    if len(days) > 1:
        for day in days[:_MOST_DAYS]:
            screen.print(output.labelled("", f"{day['date']}  {day['recipients']}"))
        if len(days) > _MOST_DAYS:
            screen.print(output.labelled("", f"and {len(days) - _MOST_DAYS} days more"))
    for note in plan.get("notes", ()):
        screen.print(output.labelled("", note), style="dim", soft_wrap=True)
