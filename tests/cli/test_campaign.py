"""`trunkline campaign`: from a file of people to their phones, and the decisions on the way."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import invoke
from tests.cli.shell import Done, Running
from trunkline.cli.campaign_content import content_of

PEOPLE = "phone;First name;city\n+15550003101;Ann;Berlin\n+15550003102;Bob;Rome\n12;Bad;Rome\n"


def campaign(server: Running, *arguments: object, stdin: str = "") -> Done:
    return invoke("campaign", *map(str, arguments), "--data", str(server.data), stdin=stdin)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


def test_a_file_is_sent_to_in_one_command(server: Running, people: Path) -> None:
    text = "Hi {{first_name}} of {{Town}}"
    wishes = ("--file", people, "--text", text, "--set", "Town=city", "--name", "One command")
    done = campaign(server, "run", *wishes, "--consent", "website", "--yes")
    assert done.code == 0, done
    assert "3: 2 good, 1 bad" in done.out and "2 of 2" in done.out
    assert "Hi Ann of Berlin" in done.out
    assert "is finished" in done.out.splitlines()[-1]
    [made] = [one for one in campaign(server, "list", "--json").json["data"] if one["name"] == "One command"]
    sent = invoke("messages", "list", "--campaign", made["id"], "--json", "--data", str(server.data)).json
    assert sorted((one["to"], one["content"]["text"]["body"]) for one in sent["data"]) == [
        ("15550003101", "Hi Ann of Berlin"),
        ("15550003102", "Hi Bob of Rome"),
    ]


def test_a_gap_that_no_column_fills_is_asked_for_before_anybody_is_imported(
    server: Running, tmp_path: Path
) -> None:
    file = tmp_path / "others.csv"
    file.write_text("phone,city\n+15550003301,Rome\n")
    done = campaign(server, "run", "--file", file, "--text", "Hi {{who}}", "--yes")
    assert done.code == 2
    assert "--set who=COLUMN" in done.err and "phone, city" in done.err
    slip = campaign(server, "run", "--file", file, "--text", "Hi", "--pace", "99999", "--yes")
    assert slip.code == 1 and "/per_second" in slip.err
    assert not invoke("contacts", "list", "--json", "--data", str(server.data)).out.count("15550003301")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--text", "Hi", "--template", "x"), "not both"),
        (("--text", "Hi", "--budget", "5"), "250 EUR"),
        (("--text", "Hi", "--set", "x"), "GAP="),
        (("--text", "Hi", "--quiet", "21:00-08:00", "-"), "`schedule` is no JSON object"),
        (("--template", "nowhere"), "no template nowhere"),
        (("--text", "Hi", "--list", "nobody's"), "no list of the name"),
    ],
)
def test_a_slip_is_told_before_anything_is_done(server: Running, options: tuple[str, ...], said: str) -> None:
    done = campaign(server, "create", *options, stdin='{"schedule": []}')
    assert done.code in (1, 2) and said in done.err


def template(*components: dict[str, Any]) -> dict[str, Any]:
    return {"name": "offer", "language": "en_US", "definition": {"components": list(components)}}


def test_a_template_becomes_a_content_with_its_gaps() -> None:
    made = content_of(
        template(
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Hello {{2}}, it is {{1}}, {{2}}"},
            {"type": "FOOTER", "text": "Bye"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "No"},
                    {"type": "URL", "text": "See", "url": "https://example.com/{{1}}"},
                    {"type": "COPY_CODE", "example": "A"},
                ],
            },
        )
    )
    assert made["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "{{header}}"}}]},
        {
            "type": "body",
            "parameters": [{"type": "text", "text": "{{1}}"}, {"type": "text", "text": "{{2}}"}],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "1",
            "parameters": [{"type": "text", "text": "{{button1}}"}],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "2",
            "parameters": [{"type": "coupon_code", "coupon_code": "{{button2}}"}],
        },
    ]


def test_named_gaps_keep_their_names_and_a_plain_template_has_none() -> None:
    made = content_of(template({"type": "BODY", "text": "Hello {{first_name}}"}))
    [body] = made["template"]["components"]
    assert body["parameters"] == [{"type": "text", "text": "{{first_name}}", "parameter_name": "first_name"}]
    assert "components" not in content_of(template({"type": "BODY", "text": "Hello"}))["template"]
