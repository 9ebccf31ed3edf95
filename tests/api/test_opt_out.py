"""STOP and START as people write them to a number: whom they stop, what lifts it, what is answered."""

from typing import Any

import pytest

from tests.api.conftest import Site
from tests.api.people import heard, post, wrote
from trunkline.clock import to_rfc3339
from trunkline.config.table import OptOut
from trunkline.inbound.opt_out import Rules

WHO = "15550002222"
DAY = 86_400


def standing(site: Site, address: str = WHO) -> list[tuple[str, str]]:
    answer = site.get(f"/v1/suppressions/{address}")
    return [(row["scope"], row["source"]) for row in answer.json["data"]] if answer.status == 200 else []


def confirmations(site: Site, address: str = WHO) -> list[str]:
    rows = site.get(f"/v1/messages?to={address}").json["data"]
    return [row["content"]["text"]["body"] for row in rows if row["purpose"] == "confirmation"]


def told(site: Site, kind: str) -> list[dict[str, Any]]:
    return [event["data"] for event in site.get(f"/v1/events?types={kind}").json["data"]]


@pytest.mark.parametrize(
    "said",
    [
        {"text": "STOP"},
        {"type": "button", "button": {"text": "Stop", "payload": "x"}},
        {
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": "7", "title": "Unsubscribe"}},
        },
        {
            "type": "interactive",
            "interactive": {"type": "list_reply", "list_reply": {"id": "7", "title": "Stop"}},
        },
    ],
    ids=["text", "template button", "reply button", "list"],
)
def test_words_and_buttons_stop_everything(site: Site, said: dict[str, Any]) -> None:
    message = wrote(site, **said)
    assert standing(site) == [("all", "message")]
    [event] = told(site, "contact.opted_out")
    assert event["addresses"] == [WHO]
    assert event["proof"]["message_id"] == message["id"]
    site.until(site.accepted(), "failed")


@pytest.mark.parametrize(
    "said",
    [
        {"text": "I can not stop today"},
        {"text": "STOP", "group_id": "group-1"},
        {"type": "image", "image": {"id": "1", "caption": "STOP", "mime_type": "image/png"}},
        {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "\U0001f6d1"}},
    ],
    ids=["a sentence", "in a group", "under a picture", "a reaction"],
)
def test_what_is_no_order_to_us_stops_nothing(site: Site, said: dict[str, Any]) -> None:
    wrote(site, **said)
    assert standing(site) == []
    assert told(site, "contact.opted_out") == []


def test_the_button_that_stops_promotions_leaves_the_rest(site: Site) -> None:
    wrote(site, type="button", button={"text": "Stop promotions", "payload": "Stop promotions"})
    assert standing(site) == [("marketing", "message")]
    assert confirmations(site) == ["You will get no more offers from us. Write START if you want them again."]
    site.until(site.accepted(priority="bulk"), "failed")
    site.until(site.accepted(), "submitted")


def test_every_address_of_the_person_counts_also_those_learned_later(site: Site) -> None:
    wrote(site, text="stop")
    wrote(site, text="hello?", user_id="US.1349")
    assert standing(site, "US.1349") == [("all", "message")]
    site.until(site.accepted(to=None, recipient="US.1349"), "failed")
    wrote(site, text="start", user_id="US.1349")
    assert (standing(site), standing(site, "US.1349")) == ([], [])
    wrote(site, "15550003333", text="stop", user_id="US.1350")
    [first, second] = told(site, "contact.opted_out")
    assert (first["addresses"], second["addresses"]) == ([WHO], ["15550003333", "US.1350"])


def test_the_name_that_the_provider_has_for_them_counts_too(site: Site) -> None:
    site.provider.known_as = {WHO: "15550009999", "15550003333": "15550008888"}
    site.until(site.accepted(), "submitted")
    wrote(site, "15550009999", text="stop")
    assert standing(site, WHO) == [("all", "message")]
    wrote(site, "15550008888", text="stop")  # whom we call 15550003333, as is learnt later
    site.until(site.accepted(to="15550003333"), "submitted")
    assert standing(site, "15550003333") == [("all", "message")]


def test_a_mobile_number_with_two_spellings_is_stopped_in_both(site: Site) -> None:
    wrote(site, "5215555550100", text="baja")
    assert standing(site, "525555550100") == [("all", "message")]


def test_an_address_that_is_learned_later_is_stopped_in_both_spellings(site: Site) -> None:
    post(site, {"id": "wamid.mx", "type": "text", "text": {"body": "baja"}}, site.alice, "", "MX.1")
    heard(site, "wamid.mx", site.alice)
    wrote(site, "5215555550100", user_id="MX.1")
    assert standing(site, "525555550100") == [("all", "message")]


def test_start_lifts_what_people_said_and_not_what_we_said(site: Site) -> None:
    site.post("/v1/suppressions/import", {"addresses": [WHO]})
    wrote(site, text="start")
    assert standing(site) == []
    site.post("/v1/suppressions", {"to": WHO})
    wrote(site, text="stop")
    wrote(site, text="start")
    assert standing(site) == [("all", "operator")]
    ledger = site.get(f"/v1/consents?address={WHO}").json["data"]
    assert [entry["action"] for entry in ledger] == [
        "granted", "withdrawn", "withdrawn", "granted", "withdrawn",
    ]  # fmt: skip


def test_what_waits_ends_at_once_and_does_not_go_after_a_start(site: Site) -> None:
    tomorrow = {"send_at": to_rfc3339(site.clock.now() + DAY * 1000)}
    later, other = site.accepted(**tomorrow), site.accepted(to="15550003333", **tomorrow)
    wrote(site, text="STOP")
    [event] = [one for one in told(site, "message.failed") if one["id"] == later]
    assert "opted out" in event["error"]["title"].lower() + event["error"]["cause"].lower()
    site.advance(2)
    wrote(site, text="START")
    assert not standing(site)
    site.advance(DAY + 60)
    site.until(other, "submitted")
    assert site.get(f"/v1/messages/{later}").json["state"] == "failed"


def test_start_means_nothing_of_somebody_who_never_stopped(site: Site) -> None:
    wrote(site, text="start")
    assert site.get("/v1/consents").json["data"] == []
    assert told(site, "contact.opted_in") == []
    assert confirmations(site) == []


def test_words_that_come_late_do_not_undo_later_ones(site: Site) -> None:
    wrote(site, text="stop", at=-100)
    wrote(site, text="start", at=-50)
    wrote(site, text="stop", at=-75)
    assert standing(site) == []
    wrote(site, text="stop", at=-10)
    wrote(site, text="start", at=-20)
    assert standing(site) == [("all", "message")]
    ledger = site.get(f"/v1/consents?address={WHO}").json["data"]
    assert len(ledger) == 5  # all of it was said


def test_a_stop_that_comes_late_counts_beside_a_later_one_and_whatever_the_ledger_was_told(
    site: Site,
) -> None:
    wrote(site, text="stop promotions", at=-10)
    agreed = {"to": WHO, "purpose": "receipts", "action": "granted", "source": "checkout"}
    assert site.post("/v1/consents", agreed).status == 201
    assert site.post("/v1/consents", agreed | {"source": "message"}).problems == [("/source", "format")]
    wrote(site, text="stop", at=-20)
    assert standing(site) == [("all", "message"), ("marketing", "message")]


def test_two_machines_do_not_talk_to_each_other_for_ever(site: Site) -> None:
    for _ in range(5):
        wrote(site, text="stop")
        wrote(site, text="start")
    assert len(confirmations(site)) == 1
    site.advance(DAY + 1)
    wrote(site, text="stop")
    assert len(confirmations(site)) == 2


def test_the_settings_switch_it_off(site: Site) -> None:
    site._processor._rules = Rules.of(
        OptOut(confirm=False, stop_words="ciao, Basta così", ignored_words="end")
    )
    wrote(site, text="basta, cosi")
    assert standing(site) == []  # an operator's words are taken as they are spelt
    wrote(site, text="END")
    assert standing(site) == []
    wrote(site, text="Ciao!")
    assert standing(site) == [("all", "message")]
    assert confirmations(site) == []
    site._processor._rules = Rules.of(OptOut(enabled=False))
    wrote(site, "15550003333", text="stop")
    assert standing(site, "15550003333") == []
