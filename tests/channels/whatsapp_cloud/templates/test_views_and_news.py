"""A template drawn with and without a message, named by a message, and told of by webhooks."""

from typing import Any

import pytest

from tests.channels.whatsapp_cloud.templates.kinds import KINDS, content_of, provided
from trunkline.channels.template_contract import TemplateNews
from trunkline.channels.whatsapp_cloud.templates.news import news_of
from trunkline.channels.whatsapp_cloud.templates.render import render
from trunkline.channels.whatsapp_cloud.templates.uses import in_language, use_of


def test_a_message_is_shown_with_its_gaps_filled_in() -> None:
    rendered = render(provided(KINDS["buttons"][0]), content_of(KINDS["buttons"][1]))
    assert rendered.text.splitlines() == [
        "Hi Ada, your order A-17 is on its way to you and comes on 2 May or later.",
        "[Stop promotions]",
        "[Thanks]",
        "[Track order]",
        "[Shop]",
        "[Call]",
    ]
    assert rendered.view["buttons"][2]["url"] == "https://shop.example/orders/A-17"
    assert rendered.view["buttons"][1]["payload"] == "thanks"


def test_without_a_message_gaps_keep_their_samples() -> None:
    rendered = render(provided(KINDS["offer"][0]), None)
    assert rendered.view["body"].startswith("Hi Ada, your order A-1001 is")
    assert rendered.view["buttons"][1]["url"] == "https://shop.example/orders/A-1001"
    assert rendered.view["buttons"][0]["code"] == "LAMP25"
    assert rendered.text.splitlines()[:2] == ["[image]", "Ends soon"]
    named = render(provided(KINDS["named"][0]), None)
    assert named.text == "Hi Ada, your order A-1001 is on its way to you."


def test_every_card_is_drawn() -> None:
    rendered = render(provided(KINDS["carousel"][0]), content_of(KINDS["carousel"][1]))
    assert [card["body"] for card in rendered.view["cards"]] == 2 * [
        "A lamp for spring and its long evenings."
    ]
    assert "Card 1:" in rendered.text
    assert len(render(provided(KINDS["carousel"][0]), None).view["cards"]) == 2


def test_the_template_of_a_message_is_known_by_name_and_language() -> None:
    content = content_of([])
    assert use_of(content) == ("order_update", "en_US")
    assert use_of(in_language(content, "de")) == ("order_update", "de")
    assert use_of(content) == ("order_update", "en_US")
    assert use_of({"text": {"body": "Hello"}}) is None


WHO = {
    "message_template_id": 1689556908129832,
    "message_template_name": "order_update",
    "message_template_language": "en-US",
}
STATUS = "message_template_status_update"


def news(field: str, **value: Any) -> TemplateNews:
    found = news_of(field, WHO | value)
    assert found is not None
    assert (found.provider_id, found.name, found.language) == ("1689556908129832", "order_update", "en_US")
    return found


def test_a_rejection_tells_its_reason_and_metas_words() -> None:
    info = {"reason": "The format is wrong.", "recommendation": "Correct it."}
    told = news(STATUS, event="REJECTED", reason="INVALID_FORMAT", rejection_info=info)
    assert (told.status, told.rejected_reason) == ("REJECTED", "INVALID_FORMAT")
    assert told.detail == "The format is wrong.: Correct it."


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("APPROVED", "APPROVED"),
        ("PAUSED", "PAUSED"),
        ("DISABLED", "DISABLED"),
        ("PENDING_DELETION", "PENDING_DELETION"),
        ("REINSTATED", "APPROVED"),
        ("UNARCHIVED", "APPROVED"),
        ("FLAGGED", None),
        ("LOCKED", None),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)
def test_an_event_tells_the_status_that_follows(event: str, status: str | None) -> None:
    told = news(STATUS, event=event, reason=None, message_template_category="UTILITY")
    assert (told.status, told.rejected_reason, told.category) == (status, None, "UTILITY")


def test_a_pause_is_told_in_metas_words() -> None:
    info = {"title": "FIRST_PAUSE", "description": "It is paused for 3 hours."}
    assert news(STATUS, event="PAUSED", other_info=info).detail == "FIRST_PAUSE: It is paused for 3 hours."


def test_quality_category_and_text_are_told_by_their_own_fields() -> None:
    assert news("message_template_quality_update", new_quality_score="RED").quality == "RED"
    coming = news("template_category_update", correct_category="MARKETING", new_category="UTILITY")
    assert (coming.category, coming.correct_category) == ("UTILITY", "MARKETING")
    done = news("template_category_update", previous_category="UTILITY", new_category="MARKETING")
    assert (done.category, done.correct_category) == ("MARKETING", None)
    assert news("message_template_components_update", message_template_element="Hello").is_partial


def test_what_tells_nothing_of_a_template_is_no_news() -> None:
    assert news_of("phone_number_quality_update", WHO) is None
    assert news_of(STATUS, {"event": "APPROVED"}) is None
    assert news_of(STATUS, {"message_template_id": True, "event": "APPROVED"}) is None
