"""`trunkline numbers set-links` and `set-template-check`, and that new credentials leave both as they are."""

from tests.cli.desk import invoke
from tests.cli.shell import Running


def test_links_and_the_check_of_templates_are_set_by_word(server: Running) -> None:
    place = ("--data", str(server.data))

    def listed() -> dict[str, str]:
        return dict(invoke("numbers", "list", "--json", *place).json["data"][0])

    digits = listed()["from"]
    try:
        assert (
            "leaves links to WhatsApp" in invoke("numbers", "set-links", digits, "pass_through", *place).out
        )
        said = invoke("numbers", "set-template-check", digits, "pass_through", *place)
        assert "leaves the check of templates to WhatsApp" in said.out
        assert (listed()["links"], listed()["template_check"]) == ("pass_through", "pass_through")
    finally:
        assert invoke("numbers", "set-links", digits, "fetch", *place).code == 0
        assert invoke("numbers", "set-template-check", digits, "check", *place).code == 0
    assert (listed()["links"], listed()["template_check"]) == ("fetch", "check")


def test_the_reserve_of_the_tier_is_a_count_or_a_tenth(server: Running) -> None:
    place = ("--data", str(server.data))

    def listed() -> dict[str, object]:
        return dict(invoke("numbers", "list", "--json", *place).json["data"][0])

    digits = str(listed()["from"])
    assert "leave 500 of its tier" in invoke("numbers", "set-tier-reserve", digits, "500", *place).out
    assert listed()["tier_reserve"] == 500
    assert invoke("numbers", "set-tier-reserve", digits, "half", *place).code == 2
    assert "a tenth of its tier" in invoke("numbers", "set-tier-reserve", digits, "tenth", *place).out
    assert listed()["tier_reserve"] is None
