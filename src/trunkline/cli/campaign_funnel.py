"""The report of a campaign on a screen: the funnel, the causes, its parts, its links, its cost."""

from typing import Any

from trunkline.cli import output

_STEPS = (
    "recipients",
    "messages",
    "accepted",
    "sent",
    "delivered",
    "read",
    "replied",
    "clicked",
    "opted_out",
)
_ELSEWHERE = ("ready", "waiting", "in_doubt", "under_way", "failed", "expired", "canceled", "skipped")
_IN_PARTS = ("messages", "delivered", "read", "replied", "clicked")
_BAR = 24


def show(told: dict[str, Any]) -> None:
    screen = output.console()
    funnel = told["funnel"]
    whole = funnel["messages"] or 1
    for step in _STEPS:
        share = funnel[step] / whole if step != "recipients" else None
        bar = "█" * round(_BAR * min(1.0, share)) if share is not None else ""
        told_share = f"{share:6.1%}" if share is not None else " " * 6
        screen.print(
            f"{step.replace('_', ' '):<11}{funnel[step]:>10,}  {told_share}  {bar}".rstrip(), markup=False
        )
    rest = ", ".join(f"{funnel[name]:,} {name.replace('_', ' ')}" for name in _ELSEWHERE if funnel[name])
    if rest:
        screen.print(f"besides: {rest}", style="dim", markup=False)
    _show_causes(told)
    _show_parts(told)
    _show_links(told["links"])
    _show_cost(told["cost"])


def _show_causes(told: dict[str, Any]) -> None:
    rows = [
        (each["count"], "failed", each["code"] or "", each["title"], each["actor"], each["remedy"])
        for each in told["failures"]
    ]
    rows += [
        (each["count"], "skipped", "", each["reason"], each["actor"], each["remedy"])
        for each in told["skipped"]
    ]
    if rows:
        output.console().print()
        output.table(("how many", "", "code", "why", "who acts", "what to do"), rows, empty="")


def _show_parts(told: dict[str, Any]) -> None:
    for name, parts in (("variant", told["variants"]), ("language", told["languages"])):
        if any(part["name"] is not None for part in parts):
            rows = [(part["name"] or "", *(part[step] for step in _IN_PARTS)) for part in parts]
            output.console().print()
            output.table((name, *_IN_PARTS), rows, empty="")


def _show_links(links: list[dict[str, Any]]) -> None:
    if links:
        rows = [(link["people"], link["clicks"], link["messages"], link["url"]) for link in links]
        output.console().print()
        output.table(("people", "clicks", "of", "link"), rows, empty="")


def _show_cost(cost: dict[str, Any]) -> None:
    for name in ("estimate", "actual"):
        if (found := cost[name]) is not None:
            unpriced = f", {found['unpriced']} without a price" if found["unpriced"] else ""
            line = f"{found['currency']} {found['total']} for {found['charged']} charged{unpriced}"
            output.console().print(output.labelled(name, line), soft_wrap=True)
