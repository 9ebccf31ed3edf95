"""Gaps of a content, filled: nothing else of it changes, and what is missing is named."""

import pytest

from trunkline.audiences.members import Member
from trunkline.campaigns.filling import Filling, fill, gaps_of, values_for
from trunkline.model.campaign import Content, Variable

BODY = {
    "type": "template",
    "template": {
        "name": "sale",
        "language": {"code": "en"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "{{ name }} of {{city}}"}]},
            {"type": "button", "index": 0, "parameters": [{"type": "text", "text": "{{code}}"}]},
        ],
    },
}


def member(**changes: object) -> Member:
    values: dict[str, object] = {
        "contact_id": "con_1",
        "address": "15550001234",
        "addresses": ("15550001234",),
        "name": "Ada",
        "language": "pt_BR",
        "time_zone": None,
        "attributes": {"city": "Recife"},
        "columns": {"code": "A1"},
    }
    return Member(**(values | changes))  # type: ignore[arg-type]


def test_every_gap_is_found_once_wherever_it_stands() -> None:
    assert gaps_of(BODY) == ("name", "city", "code")
    assert gaps_of("{{" + " " * 100_000) == (), "at once, however long"


def test_texts_are_filled_and_all_else_stays() -> None:
    filled = fill(Content(body=BODY), {"name": "Ada", "city": "100%s", "code": "{{name}}"}, None)
    [body, button] = filled["template"]["components"]
    assert body == {"type": "body", "parameters": [{"type": "text", "text": "Ada of 100%s"}]}
    assert button["parameters"][0]["text"] == "{{name}}", "a value is no text with gaps"
    assert filled["template"]["name"] == "sale" and BODY["template"]["components"][0]["parameters"][0][
        "text"
    ].startswith("{{"), "the content itself is as it was"


def test_a_gap_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match="code"):
        fill(Content(body=BODY), {"name": "Ada", "city": "Recife"}, None)


@pytest.mark.parametrize(
    ("person", "language"),
    [("pt-br", "pt_BR"), ("pt_PT", "pt"), ("PT", "pt"), ("de", None), (None, None), ("", None)],
)
def test_people_get_it_in_their_language_as_near_as_there_is_one(person: str, language: str | None) -> None:
    content = Content(body=BODY, languages={"pt": {"type": "text"}, "pt_BR": {"type": "text"}})
    assert Filling(content).language_for(person) == language


def test_values_come_from_the_row_then_the_person_then_the_default() -> None:
    values, missing = values_for(member(), ("code", "city", "name", "phone", "language", "shop"), {})
    assert values == {
        "code": "A1",
        "city": "Recife",
        "name": "Ada",
        "phone": "+15550001234",
        "language": "pt_BR",
    }
    assert missing == ["shop"]
    sources = {"shop": Variable(column="code"), "town": Variable(attribute="city", default="your town")}
    assert values_for(member(), ("shop", "town"), sources) == ({"shop": "A1", "town": "Recife"}, [])
    lost = member(attributes={"city": "  "}, columns={})
    assert values_for(lost, ("shop", "town"), sources) == ({"town": "your town"}, ["shop"])
    own = {"city": Variable(default="nowhere")}
    assert values_for(member(), ("city",), own)[0] == {"city": "Recife"}, "a default alone hides nothing"
