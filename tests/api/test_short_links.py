"""Short links over HTTP: where they lead, who is counted, and what is left as it is."""

from typing import Any

import aiohttp
import pytest

from tests.api import people
from tests.api.campaign_outcomes import Person, ran
from tests.api.conftest import Answer, Site
from tests.api.test_campaign_reports import members_of
from tests.factories import make_message
from trunkline.config.table import Links
from trunkline.housekeeping import short_links
from trunkline.short_links import shorten_many, tracking

ANN, BEN, CAT = "15550002101", "15550002102", "15550002103"
SHOP = "https://shop.example/sale?utm_source=whatsapp&utm_campaign=spring"
BASE = "https://go.example/l/"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"links": Links(public_url="https://go.example/", life_days=90)}


def texts_of(site: Site, body: str, **changes: Any) -> list[str]:
    return list(ran(site, [Person(to=ANN), Person(to=BEN)], body=body, track_links=True, **changes).texts)


def opened(site: Site, text: str, agent: str = PHONE, method: str = "GET", **headers: str) -> Answer:
    """Somebody opens the only link in a text, and follows no redirect."""
    path = "/l/" + text.partition(BASE)[2].partition(" ")[0].rstrip(".")

    async def ask() -> Answer:
        url, sent = f"http://127.0.0.1:{site.port}{path}", {"User-Agent": agent, **headers}
        async with aiohttp.request(method, url, headers=sent, allow_redirects=False) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    return site.run(ask())


def clicks(site: Site) -> list[dict[str, Any]]:
    events = site.get("/v1/events?types=link.clicked").json["data"]
    return [event["data"] for event in events]


def test_each_recipient_has_a_link_of_their_own_that_leads_to_the_stored_address(site: Site) -> None:
    ann, ben = texts_of(site, f"Sale: {SHOP}. See you!")
    assert ann.startswith(f"Sale: {BASE}") and ann.endswith(". See you!")
    assert ann != ben
    answer = opened(site, ann)
    assert (answer.status, answer.headers["Location"]) == (302, SHOP)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_click_is_told_and_counted_and_the_report_knows_it(site: Site) -> None:
    persons = [Person(to=ANN), Person(to=BEN, state="sent"), Person(to=CAT, state="unknown")]
    done = ran(site, persons, body=f"Sale: {SHOP}", track_links=True)
    opened(site, done.texts[0])
    opened(site, done.texts[0])
    told = clicks(site)
    assert [click["clicks"] for click in told] == [1, 2]
    assert {(click["to"], click["url"], click["message_id"]) for click in told} == {
        (ANN, SHOP, done.message_ids[0])
    }
    opened(site, done.texts[2])  # so it came, whatever is known of the message
    report = site.get(f"/v1/campaigns/{done.campaign_id}/report").json
    assert report["funnel"]["clicked"] == 2
    assert report["links"] == [{"url": SHOP, "messages": 3, "clicks": 3, "people": 2}]
    for person in persons:
        people.wrote(site, person.to)  # so that there is a contact
    site.advance(24 * 3600)
    again = {each: members_of(site, done.campaign_id, each) for each in ("not_read", "not_delivered")}
    assert {outcome: [one.address for one in found] for outcome, found in again.items()} == {
        "not_read": [],
        "not_delivered": [BEN],
    }


ROBOTS: list[tuple[str, str, dict[str, str]]] = [
    ("WhatsApp/2.24.1 A", "GET", {}),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "GET", {}),
    ("Mozilla/5.0 (compatible; Googlebot/2.1)", "GET", {}),
    (PHONE, "HEAD", {}),
    (PHONE, "GET", {"Sec-Purpose": "prefetch;prerender"}),
]


def test_whoever_only_looks_is_led_on_and_not_counted(site: Site) -> None:
    ann, _ = texts_of(site, SHOP)
    assert [opened(site, ann, *robot[:2], **robot[2]).status for robot in ROBOTS] == [302] * len(ROBOTS)
    assert clicks(site) == []
    opened(site, ann, "Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/131.0 Mobile Safari/537.36")
    assert len(clicks(site)) == 1


def test_a_link_ends_and_an_unknown_one_never_was(site: Site) -> None:
    ann, _ = texts_of(site, SHOP)
    assert opened(site, BASE + "0" * 14).status == 404
    assert opened(site, BASE + "https:%2F%2Fevil.example").status == 404
    assert {opened(site, BASE + "0" * 15).status for _ in range(31)} == {404}  # and nothing is kept of it
    site.advance(90 * 24 * 3600)
    answer = opened(site, ann)
    assert (answer.status, answer.headers.get("Location")) == (410, None)


def test_the_links_of_somebody_who_was_erased_lead_nowhere(site: Site) -> None:
    ann, ben = texts_of(site, SHOP)
    contact_id = people.wrote(site, ANN)["contact_id"]
    opened(site, ann)
    assert site.post(f"/v1/contacts/{contact_id}/erase", {}).status in (200, 202)
    assert [opened(site, text).status for text in (ann, ben)] == [404, 302]
    assert {(click["to"], click["url"]) for click in clicks(site)} == {("", ""), (BEN, SHOP)}


def test_links_that_ended_leave_with_the_messages_of_their_time(site: Site) -> None:
    ann, _ = texts_of(site, SHOP)
    site.advance((90 + 364) * 24 * 3600)
    assert site.run(short_links.step(site.runtime)) == 0
    assert opened(site, ann).status == 410
    site.advance(24 * 3600)
    assert site.run(short_links.step(site.runtime)) == 2
    assert opened(site, ann).status == 404


def test_a_link_that_is_opened_all_the_time_is_refused_for_a_while(site: Site) -> None:
    ann, ben = texts_of(site, SHOP)
    answers = [opened(site, ann).status for _ in range(31)]
    assert answers[:30] == [302] * 30
    assert answers[30] == 429
    assert opened(site, ben).status == 302
    site.advance(60)
    assert opened(site, ann).status == 302


def test_only_links_that_the_sender_wrote_are_made_short(site: Site) -> None:
    """A person may be called `https://…`; nobody gets a link of the sender's that leads there."""
    tracked = tracking(site.runtime, [{"text": {"body": "Hi {{name}}, see https://shop.example/{{code}}"}}])
    assert tracked is not None
    text = '{"text":{"body":"Hi https://evil.example, see https://shop.example/7 or https://wa.me/1"}}'
    message = make_message(account_id=site.alice.account_id, number_id=site.alice.number_id, content=text)
    [made] = site.run(site.store.write(lambda tx: shorten_many(tx, tracked, [message])))
    assert "https://evil.example" in made.content
    assert "https://wa.me/1" in made.content
    assert "https://shop.example/7" not in made.content
    ends = tracking(site.runtime, [{"text": {"body": "(https://shop.example), *HTTPS://News.example*!"}}])
    assert ends is not None
    assert ends.hosts == {"shop.example", "news.example"}


class TestWithoutTheSetting:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {}

    def test_links_stay_as_they_are(self, site: Site) -> None:
        assert texts_of(site, f"Sale: {SHOP}") == [f"Sale: {SHOP}"] * 2
