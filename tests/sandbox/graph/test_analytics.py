"""Analytics are counted from what was really sent, delivered and read."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import DAY, Graph, story, visit
from tests.sandbox.rig import PHONE, text_to
from trunkline.sandbox import Identity

GERMAN = "4915550001234"
OFFLINE = "15555559017"
"""Gets `sent` and nothing more."""


def template_to(to: str) -> dict[str, Any]:
    template = {"name": "hello_world", "language": {"code": "en_US"}}
    return {"messaging_product": "whatsapp", "to": to, "type": "template", "template": template}


async def send_some(graph: Graph) -> None:
    """Three texts, of which one is not delivered, and one template; all statuses were posted."""
    for body in (text_to(PHONE), text_to(GERMAN), text_to(OFFLINE), template_to(PHONE)):
        await graph.done("POST", "/{phone}/messages", body)
    await graph.receiver.wait_for(lambda seen: len(seen.statuses) == 10)
    await graph.tools.eventually("/_sandbox/health", lambda answer: answer["pending"] == 0)


def span(graph: Graph, days: int = 2) -> str:
    now = graph.clock.now() // 1000
    return f"start({now - days * DAY // 1000}).end({now + DAY // 1000})"


def totals(points: list[dict[str, Any]], name: str) -> int:
    return sum(point[name] for point in points)


def test_messages_are_counted_by_day_number_country_and_product(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await send_some(graph)
        path = f"/{{waba}}?fields=id,analytics.{span(graph)}.granularity(DAY)"
        analytics = (await graph.get(path))["analytics"]
        assert analytics["granularity"] == "DAY"
        assert analytics["phone_numbers"] == [graph.identity.display_phone_number]
        assert analytics["country_codes"] == ["DE", "US"]
        points = analytics["data_points"]
        assert (totals(points, "sent"), totals(points, "delivered")) == (4, 3)
        assert all(point["end"] - point["start"] == 86_400 for point in points)
        for narrowed, expected in (
            ('.country_codes(["DE"])', (1, 1)),
            (".product_types([0])", (1, 1)),
            (".product_types([2])", (3, 2)),
            (f'.phone_numbers(["+{graph.identity.display_phone_number}"])', (4, 3)),
            ('.phone_numbers(["15550009999"])', (0, 0)),
        ):
            points = (await graph.get(path + narrowed))["analytics"]["data_points"]
            assert (totals(points, "sent"), totals(points, "delivered")) == expected, narrowed

    story(tmp_path, tell)


def test_an_empty_account_has_no_points(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        fields = f"analytics.{span(graph)}.granularity(HALF_HOUR)"
        assert (await graph.get(f"/{{waba}}?fields={fields}"))["analytics"]["data_points"] == []

    story(tmp_path, tell)


def test_prices_are_counted_by_category_on_delivery(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await send_some(graph)
        dimensions = '.dimensions(["PRICING_CATEGORY","PRICING_TYPE","COUNTRY","TIER"])'
        path = f"/{{waba}}?fields=pricing_analytics.{span(graph)}.granularity(DAILY)"
        (data,) = (await graph.get(path + dimensions))["pricing_analytics"]["data"]
        points = data["data_points"]
        found = {
            (point["pricing_category"], point["country"], point["volume"], point["cost"], point.get("tier"))
            for point in points
        }
        assert found == {
            ("SERVICE", "US", 1, 0, None),
            ("SERVICE", "DE", 1, 0, None),
            ("UTILITY", "US", 1, 0, "0:MAX"),
        }
        narrowed = '.metric_types(["VOLUME"]).pricing_types(["REGULAR"])'
        (data,) = (await graph.get(path + narrowed))["pricing_analytics"]["data"]
        (point,) = data["data_points"]
        assert point["volume"] == 1 and "cost" not in point

    story(tmp_path, tell)


def test_conversations_are_counted_by_user(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await send_some(graph)
        path = f"/{{waba}}?fields=conversation_analytics.{span(graph)}.granularity(MONTHLY)"
        dimensions = '.dimensions(["CONVERSATION_DIRECTION","PHONE"])'
        (data,) = (await graph.get(path + dimensions))["conversation_analytics"]["data"]
        found = {point["conversation_direction"]: point["conversation"] for point in data["data_points"]}
        assert found == {"BUSINESS_INITIATED": 1, "USER_INITIATED": 2}
        (data,) = (await graph.get(path + '.conversation_directions(["USER_INITIATED"])'))[
            "conversation_analytics"
        ]["data"]
        assert totals(data["data_points"], "conversation") == 2

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        ".start(1).end(2)",
        ".start(x).end(2).granularity(DAY)",
        ".start(2000000000).end(1).granularity(DAY)",
        ".start(1).end(2000000000).granularity(DAY)",
        ".start(1).end(2000000000).granularity(CENTURY)",
        ".start(99999999999999999999).end(2).granularity(DAY)",
    ],
)
def test_a_period_that_makes_no_sense_is_refused(known: Identity, rest: str) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("GET", f"/{{waba}}?fields=analytics{rest}") == (400, 100)

    visit(known, tell)


def test_a_dimension_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        path = f"/{{waba}}?fields=pricing_analytics.{span(graph)}.granularity(DAILY)"
        assert await graph.refused("GET", path + ".dimensions(COLOUR)") == (400, 100)
        assert await graph.refused("GET", path + ".metric_types(COLOUR)") == (400, 100)

    story(tmp_path, tell)


def test_templates_are_counted_after_insights_were_enabled(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await send_some(graph)
        listed = (await graph.get("/{waba}/message_templates?name=hello_world"))["data"]
        id_ = next(row["id"] for row in listed if row["language"] == "en_US")
        now = graph.clock.now() // 1000
        days = f"start={now - 86_400}&end={now}&granularity=daily"
        path = f"/{{waba}}/template_analytics?{days}&template_ids=[{id_}]"
        assert await graph.refused("GET", path) == (400, 200007)
        await graph.done("POST", "/{waba}?is_enabled_for_insights=true")
        (data,) = (await graph.get(path))["data"]
        (point,) = data["data_points"]
        assert (point["template_id"], point["sent"], point["delivered"], point["read"]) == (id_, 1, 1, 1)
        assert point["clicked"] == [] and point["cost"][0] == {"type": "amount_spent", "value": 0}
        (data,) = (await graph.get(f"{path}&metric_types=sent"))["data"]
        assert set(data["data_points"][0]) == {"template_id", "start", "end", "sent"}
        for odd in (
            "template_ids=[]",
            "metric_types=colour",
            "granularity=hourly",
            "start=1",
            "start=9999999999",
        ):
            assert await graph.refused("GET", f"{path}&{odd}") == (400, 100), odd

    story(tmp_path, tell)
