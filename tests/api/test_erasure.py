"""Erasure of one person: what is left of them in the whole database, on both engines."""

from typing import Any

from tests.api.conftest import Site
from tests.api.people import wrote
from tests.api.test_endpoints import added
from trunkline.audiences import erasure
from trunkline.channels.contract import Ambiguous, Refused, SendError
from trunkline.clock import VirtualClock
from trunkline.model import ids
from trunkline.model.campaign import RecipientState
from trunkline.store import Tx, recipients
from trunkline.store.queries import Query
from trunkline.store.recipients import NewRecipient

ADA, BEN = "15550002222", "15550003333"
KEPT = {"inbox", "idempotency_keys", "suppressions", "tier_uses"}
"""Posts and answers as they came, until they are pruned; that somebody said no; whom the provider counts."""


def tables_with(site: Site, mark: str) -> set[str]:
    """Where a text is found in any row."""
    lite = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    post = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"

    async def work(tx: Tx) -> set[str]:
        found = set()
        for (table,) in await tx.fetch(Query("tests.tables", (), lite, post)):
            rows = await tx.fetch(Query("tests.rows", (), f"SELECT * FROM {table}", f"SELECT * FROM {table}"))
            if any(mark in str(value) for row in rows for value in row):
                found.add(table)
        return found

    return site.run(site.store.read(work))


def made_known(site: Site) -> str:
    body = {"phone": ADA, "name": "Countess Lovelace", "attributes": {"city": "Secretville"}, "tags": ["vip"]}
    contact_id = str(site.post("/v1/contacts", body).json["id"])
    list_id = site.post("/v1/lists", {"name": "guests"}).json["id"]
    site.post(f"/v1/lists/{list_id}/members", {"add": [ADA, BEN]})
    site.post(
        "/v1/consents",
        {"to": ADA, "purpose": "marketing", "action": "granted", "source": "shop", "proof": "p"},
    )
    site.until(site.accepted(text={"body": "Dear Secretville"}), "submitted")
    wrote(site, ADA, "I live in Secretville")
    wrote(site, ADA, type="contacts", contacts=[{"name": {"formatted_name": "Secretville"}}])
    return contact_id


def failed_to_be_told(site: Site, endpoint_id: str) -> None:
    """Every event waits for its next try, in its lane."""
    text = """INSERT INTO deliveries
            (account_id, endpoint_id, event_id, lane, state, first_at, next_at, updated_at)
        SELECT account_id, {id}, id, lane, 'waiting', 1, 1, 1 FROM events WHERE lane IS NOT NULL"""
    query = Query("tests.waits", ("id",), text.format(id="?1"), text.format(id="$1"))
    site.run(site.store.write(lambda tx: tx.execute(query, id=endpoint_id)))


def settle(site: Site) -> None:
    """The chore, when it looks for the last time."""
    site.advance(erasure.SETTLES_MS / 1000)
    site.run(erasure.step(site.runtime))


def test_nothing_is_kept_of_an_erased_person(site: Site) -> None:
    contact_id = made_known(site)
    waiting = site.accepted(send_at="2027-01-01T00:00:00Z", text={"body": "Secretville"})
    no = SendError(100, "Invalid parameter", "", "sender", "", detail=f"(#100) Param to[0] '{ADA}' is wrong")
    site.provider.outcomes.append(Refused(no))
    site.until(site.accepted(), "failed")
    failed_to_be_told(site, added(site)["id"])
    known = {"messages", "events", "contacts", "inbound", "list_members", "deliveries", "attempts"}
    assert tables_with(site, ADA) > known
    answer = site.post(f"/v1/contacts/{ADA}/erase", {})
    assert (answer.status, answer.json) == (200, {"id": contact_id, "is_complete": True})
    assert tables_with(site, ADA) <= KEPT | {"erasures"}
    settle(site)
    assert tables_with(site, ADA) <= KEPT
    assert tables_with(site, "Secretville") <= KEPT
    assert tables_with(site, "Lovelace") == set()
    assert site.get(f"/v1/contacts/{contact_id}").status == 404
    assert site.get(f"/v1/messages/{waiting}").json["state"] == "canceled"
    assert [event["type"] for event in site.get(f"/v1/events?object_id={contact_id}").json["data"]][-1] == (
        "contact.erased"
    )


def test_who_said_no_is_not_written_to_after_they_were_erased(site: Site) -> None:
    made_known(site)
    site.post("/v1/suppressions", {"to": ADA})
    site.post(f"/v1/contacts/{ADA}/erase", {})
    assert site.get(f"/v1/suppressions/{ADA}").json["data"][0]["scope"] == "all"
    again = site.post("/v1/contacts", {"phone": ADA}).json
    assert (again["name"], again["tags"], again["attributes"]) == (None, [], {})
    site.until(site.accepted(), "failed")


def test_others_lose_nothing(site: Site) -> None:
    site.post("/v1/contacts", {"phone": BEN, "name": "Ben"})
    made_known(site)
    message = site.accepted(to=BEN, text={"body": "for Ben"})
    heard = wrote(site, BEN, "from Ben")
    site.until(message, "submitted")
    site.post(f"/v1/contacts/{ADA}/erase", {})
    assert site.get(f"/v1/messages/{message}").json["content"] == {"text": {"body": "for Ben"}}
    said = site.get(f"/v1/conversations/{heard['conversation_id']}/messages").json["data"]
    assert {"text": {"body": "from Ben"}} in [one["content"] for one in said]


def test_nothing_is_kept_of_somebody_who_was_two_contacts(site: Site) -> None:
    contact_id, ben_id = made_known(site), wrote(site, BEN, "hi", user_id="US.1234567890")["contact_id"]
    wrote(site, BEN, "STOP", user_id="US.1234567890")
    site.post(f"/v1/contacts/{contact_id}/merge", {"contact": ben_id})
    site.post(f"/v1/contacts/{contact_id}/erase", {})
    settle(site)
    assert tables_with(site, BEN) <= KEPT | {"consents"}
    assert tables_with(site, "US.1234567890") <= KEPT | {"consents"}


def test_what_waits_is_withdrawn_though_it_was_accepted_by_a_clock_that_is_ahead(site: Site) -> None:
    contact_id = site.post("/v1/contacts", {"phone": ADA}).json["id"]
    behind = VirtualClock(site.clock.offset_ms - 1_000)
    waiting = site.accepted(send_at="2027-01-01T00:00:00Z")
    site.run(site.store.write(lambda tx: erasure.begin(tx, site.alice.account_id, contact_id, behind)))
    assert site.get(f"/v1/messages/{waiting}").json["state"] == "canceled"


def test_what_is_in_doubt_is_forgotten_when_the_doubt_ends(site: Site) -> None:
    site.provider.outcomes.append(Ambiguous("time-out"))
    site.post("/v1/contacts", {"phone": ADA})
    message = site.accepted(text={"body": "Secretville"})
    site.until(message, "unknown")
    assert not site.post(f"/v1/contacts/{ADA}/erase", {}).json["is_complete"]
    assert "messages" in tables_with(site, "Secretville")
    site.post(f"/v1/messages/{message}/abandon", {})
    assert site.run(erasure.step(site.runtime)) == 1
    settle(site)
    assert tables_with(site, "Secretville") <= KEPT
    assert tables_with(site, ADA) <= KEPT


def test_recipients_of_campaigns_are_skipped_and_their_addresses_forgotten(site: Site) -> None:
    contact_id = site.post("/v1/contacts", {"phone": ADA}).json["id"]
    account_id, campaign_id = site.alice.account_id, ids.new_id(ids.CAMPAIGN)

    def of(n: int, state: RecipientState, address: str) -> NewRecipient:
        return NewRecipient(account_id, campaign_id, n, contact_id, address, state, vars='{"name":"Ada"}')

    rows = [of(1, RecipientState.READY, ADA), of(2, RecipientState.SKIPPED, ADA)]
    rows += [of(3, RecipientState.READY, ADA)]
    site.run(site.store.write(lambda tx: recipients.insert_many(tx, rows[:1])))
    site.post(f"/v1/contacts/{ADA}/erase", {})
    site.run(site.store.write(lambda tx: recipients.insert_many(tx, rows[1:])))  # by a check that knew them
    settle(site)

    async def totals(tx: Tx) -> Any:
        return await recipients.totals(tx, account_id, campaign_id)

    assert site.run(site.store.read(totals)) == {("skipped", "erased"): 2, ("skipped", None): 1}
    assert tables_with(site, ADA) <= KEPT
