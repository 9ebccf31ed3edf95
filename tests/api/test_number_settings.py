"""What a number does with links and templates: changed by its owner, and kept over new credentials."""

from tests.api.conftest import Site
from tests.api.test_office import register


def test_links_and_the_check_of_templates_are_changed_and_kept(site: Site) -> None:
    number_id = register(site).json["id"]
    for member, word in (("links", "fetch"), ("template_check", "pass_through"), ("links", "pass_through")):
        answer = site.call("PATCH", f"/v1/numbers/{number_id}", {member: word})
        assert (answer.status, answer.json[member]) == (200, word)
    refused = site.call("PATCH", f"/v1/numbers/{number_id}", {"links": "ask"})
    assert (refused.status, [pointer for pointer, _ in refused.problems]) == (400, ["/links"])
    again = register(site, template_check="check").json
    assert (again["id"], again["links"], again["template_check"]) == (number_id, "pass_through", "check")


def test_the_reserve_of_the_tier_is_set_kept_and_given_back(site: Site) -> None:
    number_id = register(site, daily_recipients=1000, tier_reserve=250).json["id"]
    for given in (0, None, 300):
        answer = site.call("PATCH", f"/v1/numbers/{number_id}", {"tier_reserve": given})
        assert (answer.status, answer.json["tier_reserve"]) == (200, given)
    assert register(site, daily_recipients=2000).json["tier_reserve"] == 300
    refused = site.call("PATCH", f"/v1/numbers/{number_id}", {"tier_reserve": -1})
    assert (refused.status, [pointer for pointer, _ in refused.problems]) == (400, ["/tier_reserve"])
