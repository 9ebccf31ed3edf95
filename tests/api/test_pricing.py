"""Rate cards, billing and estimates, as a caller keeps and asks them."""

from typing import Any

from tests.api.conftest import Site

CARD = (
    "Market,Currency,Marketing,Utility,Authentication,Service\n"
    "Germany,€,0.10,0.05,0.04,0.05\n"
    "India,EUR,0.01,x,0.002,0.002\n"
)
TIERS = "market,category,from,to,rate\nGermany,utility,1,10,0.05\nGermany,utility,11,MAX,0.03\n"


def add(site: Site, rates: str = CARD, day: str = "2026-10-01", **others: Any) -> Any:
    return site.post(
        "/v1/pricing/cards", {"currency": "EUR", "effective_from": day, "rates": rates, **others}
    )


def estimate(site: Site, **message: Any) -> Any:
    wanted = {"to": "+49", "category": "marketing", "at": "2026-11-24T12:00:00Z"} | message
    answer = site.post("/v1/pricing/estimate", {"messages": [wanted]})
    assert answer.status == 200, answer.raw
    return answer.json


def test_a_card_is_read_kept_shown_and_removed_and_its_bad_cells_are_named(site: Site) -> None:
    tried = add(site, dry_run=True)
    assert (tried.status, tried.json["card"]["id"]) == (200, None)
    added = add(site, source="the provider's page, 1 October")
    assert added.status == 201
    (fault,) = added.json["faults"]
    assert (fault["line"], fault["column"], fault["found"]) == (3, "utility", "x")
    card = added.json["card"]
    assert (card["rates"], card["markets"], card["sample"]) == (7, 2, False)
    listed = site.get("/v1/pricing/cards").json["data"]
    assert [one["id"] for one in listed if not one["sample"]] == [card["id"]]
    assert "sample-eur-2026-07-01" in [one["id"] for one in listed]
    shown = site.get(f"/v1/pricing/cards/{card['id']}").json
    rate = {"market": "Germany", "category": "marketing", "tiers": [{"first": 1, "rate": "0.10"}]}
    assert rate in shown["prices"]
    assert len(site.get("/v1/pricing/cards/sample-eur-2026-07-01").json["prices"]) > 100
    assert site.call("DELETE", f"/v1/pricing/cards/{card['id']}").status == 204
    assert site.get(f"/v1/pricing/cards/{card['id']}").status == 404


def test_a_file_without_one_good_rate_is_refused_with_the_reason_of_each_cell(site: Site) -> None:
    refused = add(site, "Market,Marketing\nGermany,=1+1\n")
    assert (refused.status, refused.problems) == (400, [("/rates", "rate")])
    assert "Line 2, column marketing" in refused.json["problems"][0]["detail"]
    unknown = site.post(
        "/v1/pricing/cards", {"currency": "XXX", "effective_from": "2026-13-01", "rates": "x"}
    )
    assert unknown.problems == [("/effective_from", "format")]


def test_an_estimate_goes_by_the_billing_the_card_of_its_day_and_its_tiers(site: Site) -> None:
    assert estimate(site)["currency"] == "USD"
    changed = site.call("PATCH", "/v1/pricing/billing", {"currency": "EUR", "time_zone": "Europe/Berlin"})
    assert (changed.status, changed.json["currency"]) == (200, "EUR")
    assert estimate(site)["cards"][0]["sample"] is True
    add(site)
    add(site, TIERS, source="tiers")
    read = estimate(site, count=1000)
    assert (read["total"], read["total_micros"], read["unpriced"]) == ("100.00", 100_000_000, 0)
    assert read["cards"] == [
        {"effective_from": "2026-10-01", "source": "imported without a source; tiers", "sample": False}
    ]
    (line,) = estimate(site, category="utility", count=15)["lines"]
    assert [(tier["count"], tier["rate"]) for tier in line["tiers"]] == [(10, "0.05"), (5, "0.03")]
    (line,) = estimate(site, category="service", count=1500)["lines"]
    assert (line["charged"], line["free"], line["amount"]) == (500, {"service_quota": 1000}, "25.00")
    assert estimate(site, free_entry=True)["total"] == "0.00"


def test_the_reading_of_october_2026_and_the_midnight_are_the_accounts_choice(site: Site) -> None:
    site.call("PATCH", "/v1/pricing/billing", {"currency": "EUR"})
    add(site)
    in_window = {"category": "utility", "window_open": True}
    assert estimate(site, **in_window)["total"] == "0.05"
    site.call("PATCH", "/v1/pricing/billing", {"utility_in_window": "free"})
    assert estimate(site, **in_window)["total"] == "0.00"
    evening = {"category": "service", "at": "2026-09-30T22:30:00Z"}
    assert estimate(site, **evening)["rules"] == "messages"
    site.call("PATCH", "/v1/pricing/billing", {"time_zone": "Europe/Berlin"})
    assert estimate(site, **evening)["rules"] == "service_with_free_utility"


def test_what_can_not_be_meant_is_named(site: Site) -> None:
    wrong = site.call("PATCH", "/v1/pricing/billing", {"currency": "CHF"})
    assert (wrong.status, wrong.problems) == (400, [("/currency", "one_of")])
    assert site.call("PATCH", "/v1/pricing/billing", {"time_zone": "Pacific/Kiritimati"}).status == 200
    assert add(site, source="a\0b").status in {201, 400}
    wrong = site.call("PATCH", "/v1/pricing/billing", {"time_zone": "Mars/Olympus"})
    assert wrong.problems == [("/time_zone", "format")]
    for message, pointer in (
        ({"to": "+49", "category": "gossip"}, "/messages/0/category"),
        ({"to": "+49", "category": "service", "from": "15559999999"}, "/messages/0/from"),
        ({"to": "abc", "category": "service"}, "/messages/0/to"),
        ({"to": "+49", "category": "service", "at": "2020-01-01T00:00:00Z"}, "/messages/0/at"),
        ({"to": "+49", "category": "service", "at": "9999-12-31T23:59:59Z"}, "/messages/0/at"),
    ):
        answer = site.post("/v1/pricing/estimate", {"messages": [message]})
        assert [problem[0] for problem in answer.problems] == [pointer]
