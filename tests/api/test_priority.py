"""The members of a request that the pacing is about: `priority`, and a number's tier."""

from typing import Any

import pytest

from tests.api.conftest import OPERATOR, TEXT, Answer, Site
from trunkline.model.message import Priority

NUMBER: dict[str, Any] = {
    "from": "15550007777",
    "phone_number_id": "97777",
    "waba_id": "2000",
    "token": "t",
    "app_id": "3000",
    "app_secret": "s",
    "base_url": "http://127.0.0.1:9/v26.0",
}


@pytest.mark.parametrize("word", ["high", "normal", "bulk"])
def test_the_priority_of_a_message_is_kept_and_shown(site: Site, word: str) -> None:
    message_id = site.accepted(priority=word)
    assert site.get(f"/v1/messages/{message_id}").json["priority"] == word


def test_a_message_is_normal_unless_it_says_otherwise_in_a_batch_too(site: Site) -> None:
    body = [TEXT, TEXT | {"priority": "bulk"}, TEXT | {"priority": None}]
    answer = site.post("/v1/messages/batch", body).json
    shown = [site.get(f"/v1/messages/{one['id']}").json["priority"] for one in answer["results"]]
    assert shown == ["normal", "bulk", "normal"]


def test_a_word_that_is_no_priority_is_refused_with_its_place(site: Site) -> None:
    answer = site.send(TEXT | {"priority": "urgent"})
    assert (answer.status, answer.problems) == (400, [("/priority", "one_of")])
    assert site.send(TEXT | {"priority": 0}).status == 400


def test_what_is_handed_to_the_sender_carries_its_priority(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[int] = []
    monkeypatch.setattr(
        site.api.dispatcher, "hand_over", lambda waiting: handed.extend(one.priority for one in waiting)
    )
    site.accepted(priority="high")
    site.accepted()
    assert handed == [Priority.HIGH, Priority.NORMAL]


def register(site: Site, **changes: Any) -> Answer:
    return site.post("/v1/numbers", NUMBER | changes, key=OPERATOR, Trunkline_Account="alice")


def test_a_number_keeps_its_tier_and_whether_others_send_from_it(site: Site) -> None:
    made = register(site, daily_recipients=250, is_shared=True)
    assert (made.status, made.json["daily_recipients"], made.json["is_shared"]) == (201, 250, True)
    again = register(site)
    assert (again.status, again.json["daily_recipients"], again.json["is_shared"]) == (200, None, False)
    assert register(site, daily_recipients=0).problems == [("/daily_recipients", "out_of_range")]
