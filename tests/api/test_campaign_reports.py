"""After a campaign, over HTTP: the report, the file with everybody in it, and the same again for some."""

import csv
import io
from typing import Any

import msgspec
import pytest

from tests.api import people
from tests.api.campaign_outcomes import BLOCKED, BUSY, Person, ran
from tests.api.conftest import Site
from trunkline.audiences import members
from trunkline.channels.contract import Ambiguous, Refused
from trunkline.model.campaign import Audience, CampaignState
from trunkline.store import campaigns, recipients

ANN, BEN, CAT, DAN, EVE, FAY, GUS, HAL = (f"1555000210{n}" for n in range(1, 9))


def everybody() -> list[Person]:
    return [
        Person(to=ANN, state="read", variant="A", language="en", vars={"code": "=1+1"}),
        Person(to=BEN, state="delivered", variant="A"),
        Person(to=CAT, state="sent", variant="B"),
        Person(to=DAN, state="failed", error=BUSY, variant="B"),
        Person(to=EVE, state="failed", error=BLOCKED, variant="B"),
        Person(to=FAY, state="skipped", reason="opted_out"),
        Person(to=GUS, state="unknown", variant="A"),
    ]


def report_of(site: Site, campaign_id: str) -> dict[str, Any]:
    answer = site.get(f"/v1/campaigns/{campaign_id}/report")
    assert answer.status == 200, answer.raw
    return dict(answer.json)


def test_a_report_counts_everybody_once_at_each_step_that_they_came_to(site: Site) -> None:
    report = report_of(site, ran(site, everybody()).campaign_id)
    assert report["funnel"] == {
        "recipients": 7, "messages": 6, "accepted": 3, "sent": 3, "delivered": 2, "read": 1, "replied": 0,
        "clicked": 0, "opted_out": 0, "ready": 0, "skipped": 1, "waiting": 0, "in_doubt": 1, "under_way": 1,
        "failed": 2, "expired": 0, "canceled": 0,
    }  # fmt: skip
    assert funnel_adds_up(report["funnel"])
    parts = {part["name"]: (part["recipients"], part["delivered"]) for part in report["variants"]}
    assert parts == {"A": (3, 2), "B": (3, 0), None: (1, 0)}
    assert [part["name"] for part in report["numbers"]] == [site.alice.number_id]
    assert {part["name"]: part["read"] for part in report["languages"]} == {"en": 1, None: 0}


def funnel_adds_up(funnel: dict[str, int]) -> bool:
    """Everybody is in one of these."""
    ends = (
        "ready",
        "skipped",
        "waiting",
        "in_doubt",
        "under_way",
        "delivered",
        "failed",
        "expired",
        "canceled",
    )
    return sum(funnel[end] for end in ends) == funnel["recipients"]


def test_a_report_says_why_messages_failed_what_can_be_done_and_by_whom(site: Site) -> None:
    report = report_of(site, ran(site, everybody()).campaign_id)
    failures = {failure["code"]: failure for failure in report["failures"]}
    assert {code: failure["retryable"] for code, failure in failures.items()} == {131000: True, 131026: False}
    assert failures[131026]["actor"] == "recipient"
    assert failures[131026]["remedy"] == "Ask them."
    [skipped] = report["skipped"]
    assert (skipped["reason"], skipped["count"], skipped["actor"]) == ("opted_out", 1, "recipient")


def test_a_report_that_takes_long_is_there_when_it_is_asked_for_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/campaigns/{ran(site, everybody()).campaign_id}/report"
    monkeypatch.setattr("trunkline.campaigns.report.PATIENCE_SECONDS", 0)
    answer = site.get(path)
    assert (answer.status, answer.reason, answer.headers["Retry-After"]) == (409, "not_ready", "5")
    monkeypatch.undo()
    assert site.get(path).json["funnel"]["recipients"] == 7


def test_who_writes_within_a_week_has_replied_and_who_writes_stop_has_opted_out(site: Site) -> None:
    failed = Person(to=HAL, state="failed", reached="sent", error=BUSY)
    campaign_id = ran(site, [*everybody(), failed]).campaign_id
    people.wrote(site, ANN, "thank you")
    people.wrote(site, BEN, "STOP")
    people.wrote(site, HAL, "STOP")  # and got nothing that this could be about
    people.wrote(site, "15550002999", "who is this?")
    site.advance(3)  # what was counted before is kept for a moment
    funnel = report_of(site, campaign_id)["funnel"]
    assert (funnel["replied"], funnel["opted_out"]) == (2, 1)


def test_what_is_written_eight_days_later_is_no_reply_unless_it_quotes_the_message(site: Site) -> None:
    done = ran(site, everybody())
    site.advance(8 * 24 * 3600)
    people.wrote(site, ANN, "hello again")
    people.wrote(site, BEN, "this one", context={"id": f"wamid.{done.message_ids[1]}"})
    assert report_of(site, done.campaign_id)["funnel"]["replied"] == 1


def test_an_export_has_a_row_for_everybody_and_no_formula(site: Site) -> None:
    campaign_id = ran(site, everybody()).campaign_id
    answer = site.get(f"/v1/campaigns/{campaign_id}/export")
    assert answer.headers["Trunkline-Rows"] == "7"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"))))
    assert [row["to"] for row in rows] == [ANN, BEN, CAT, DAN, EVE, FAY, GUS]
    assert [row["state"] for row in rows][3:6] == ["failed", "failed", "skipped"]
    assert rows[0]["variable code"] == "'=1+1"
    assert rows[0]["read_at"].endswith("Z")
    assert rows[5]["due_at"] == ""  # and not 1970
    assert (rows[3]["retryable"], rows[4]["error_code"], rows[5]["reason"]) == ("true", "131026", "opted_out")


def test_an_export_as_parquet_has_the_same_rows_with_their_types(site: Site) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    campaign_id = ran(site, everybody()).campaign_id
    answer = site.get(f"/v1/campaigns/{campaign_id}/export?format=parquet")
    assert answer.status == 200, answer.raw
    rows = parquet.read_table(io.BytesIO(answer.raw)).to_pylist()
    assert [row["to"] for row in rows] == [ANN, BEN, CAT, DAN, EVE, FAY, GUS]
    assert rows[0]["variable code"] == "=1+1"
    assert rows[0]["read_at"].tzinfo is not None
    assert (rows[3]["retryable"], rows[4]["error_code"]) == (True, 131026)


def test_without_its_library_parquet_is_refused_with_what_to_do(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.campaigns.exports.as_parquet.find_spec", lambda name: None)
    campaign_id = ran(site, everybody()).campaign_id
    answer = site.get(f"/v1/campaigns/{campaign_id}/export?format=parquet")
    assert (answer.status, answer.problems) == (400, [("?format", "not_installed")])
    assert "trunkline[parquet]" in answer.json["problems"][0]["detail"]


def test_a_draft_has_neither_report_nor_export(site: Site) -> None:
    body = {"type": "text", "text": {"body": "hello"}}
    made = site.post("/v1/campaigns", {"name": "Spring", "audience": {}, "content": {"body": body}})
    for what in ("report", "export"):
        assert site.get(f"/v1/campaigns/{made.json['id']}/{what}").reason == "campaign_state"


AGAIN = {
    "not_delivered": [DAN, EVE],
    "not_read": [BEN],
    "retryable": [DAN],
    "all": [ANN, BEN, CAT, DAN, EVE, GUS],
}


def test_again_is_a_draft_for_those_for_whom_it_ended_so(site: Site) -> None:
    campaign_id = ran(site, everybody()).campaign_id
    for person in everybody():
        people.wrote(site, person.to, "hi")  # so that there is a contact
    for outcome, expected in AGAIN.items():
        made = site.post(f"/v1/campaigns/{campaign_id}/again", {"outcome": outcome})
        assert made.status == 200, made.raw
        assert (made.json["state"], made.json["parent_id"]) == ("draft", campaign_id)
        assert made.json["definition"]["audience"] == {"campaign": campaign_id, "outcome": outcome}
        assert [member.address for member in members_of(site, campaign_id, outcome)] == expected


def test_whoever_got_it_once_more_does_not_get_it_by_asking_again(site: Site) -> None:
    path = "/v1/campaigns/{}/again"
    first = ran(site, everybody()).campaign_id
    second = site.post(path.format(first), {"outcome": "all"}).json["id"]

    async def begun() -> None:
        row = await site.store.read(lambda tx: campaigns.get(tx, site.alice.account_id, second))
        assert row is not None
        running = msgspec.structs.replace(row, state=CampaignState.RUNNING)
        await site.store.write(lambda tx: campaigns.put(tx, running))

    site.run(begun())
    third = site.post(path.format(second), {"outcome": "retryable"}).json
    assert "without_campaigns" not in third["definition"]
    fourth = site.post(path.format(first), {"outcome": "retryable"}).json
    assert fourth["definition"]["without_campaigns"] == [third["id"], second]


def test_a_message_that_may_have_come_before_it_failed_is_not_sent_once_more(site: Site) -> None:
    site.provider.outcomes = [Ambiguous("time-out")]
    message_id = site.accepted(to=DAN)
    site.until(message_id, "unknown")
    site.provider.outcomes = [Refused(msgspec.structs.replace(BUSY, effect="fail"))]
    site.post(f"/v1/messages/{message_id}/resend")
    site.until(message_id, "failed")
    people.wrote(site, DAN, "hi")
    campaign_id = ran(site, [Person(to=DAN, state="ready")]).campaign_id
    account_id = site.alice.account_id
    site.run(site.store.write(lambda tx: recipients.created(tx, account_id, campaign_id, [(message_id, 1)])))
    assert len(members_of(site, campaign_id, "all")) == 1
    assert members_of(site, campaign_id, "not_delivered") == []
    assert members_of(site, campaign_id, "retryable") == []


def members_of(site: Site, campaign_id: str, outcome: str) -> list[Any]:
    audience = Audience(campaign=campaign_id, outcome=outcome)
    found: list[Any] = []
    position: str | None = ""
    while position is not None:
        some, position = site.run(
            members.page(site.store, site.alice.account_id, audience, position, 3, now=site.clock.now())
        )
        found += some
    return found


def test_a_message_that_is_under_way_for_a_day_is_not_delivered(site: Site) -> None:
    campaign_id = ran(site, [Person(to=CAT, state="sent", vars={"code": "7"})]).campaign_id
    people.wrote(site, CAT, "hi")
    assert members_of(site, campaign_id, "not_delivered") == []
    site.advance(24 * 3600)
    [member] = members_of(site, campaign_id, "not_delivered")
    assert (member.address, member.columns) == (CAT, {"Code": "7"})
