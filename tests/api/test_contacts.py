"""Contacts that the account enters, changes and merges, through the front door, on both engines."""

from typing import Any

from tests.api.conftest import Site
from tests.api.people import wrote
from trunkline.model import ids
from trunkline.model.campaign import RecipientState
from trunkline.store import Tx, recipients
from trunkline.store.recipients import NewRecipient

ADA, BEN = "15550002222", "15550003333"


def entered(site: Site, **said: Any) -> dict[str, Any]:
    answer = site.post("/v1/contacts", {"phone": f"+{ADA}"} | said)
    assert answer.status in (200, 201), answer.raw
    return dict(answer.json)


def test_a_person_is_entered_once_and_what_is_told_later_is_added(site: Site) -> None:
    first = site.post(
        "/v1/contacts", {"phone": "+1 555 000 2222", "name": "Ada", "attributes": {"city": "Rome"}}
    )
    again = site.post(
        "/v1/contacts",
        {"phone": ADA, "attributes": {"plan": 3, "city": None}, "tags": ["vip"], "language": "it"},
    )
    assert (first.status, again.status) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert again.json["attributes"] == {"plan": "3"}
    assert (again.json["name"], again.json["language"], again.json["tags"]) == ("Ada", "it", ["vip"])
    assert again.json["source"] == "api"


def test_a_name_that_the_account_gave_is_not_changed_by_a_message(site: Site) -> None:
    contact = entered(site, name="Countess Lovelace")
    assert wrote(site, ADA)["contact_id"] == contact["id"]
    assert site.get(f"/v1/contacts/{contact['id']}").json["name"] == "Countess Lovelace"


def test_whoever_wrote_in_another_spelling_of_the_number_is_the_same_person(site: Site) -> None:
    contact_id = wrote(site, "5215512345678")["contact_id"]
    answer = site.post("/v1/contacts", {"phone": "+52 55 1234 5678"})
    assert (answer.status, answer.json["id"]) == (200, contact_id)
    both = [{"phone": "+54 11 2345 6789"}, {"phone": "+54 9 11 2345 6789"}]
    assert site.post("/v1/contacts/bulk", {"contacts": both}).json["created"] == 1


def test_every_problem_of_a_person_is_named(site: Site) -> None:
    body = {"name": 1, "time_zone": "Mars/Base", "attributes": {"a": []}, "tags": [""], "colour": "red"}
    assert site.post("/v1/contacts", body).problems == [
        ("/name", "type"),
        ("/time_zone", "format"),
        ("/attributes/a", "type"),
        ("/tags/0", "empty"),
        ("/colour", "unknown_member"),
        ("", "required"),
    ]


def test_of_many_people_the_bad_ones_are_named_and_the_others_kept(site: Site) -> None:
    entered(site)
    rows = [{"phone": ADA, "name": "Ada"}, {"phone": "123"}, {"phone": BEN}, {"phone": BEN, "name": "Ben"}]
    answer = site.post("/v1/contacts/bulk", {"contacts": rows}).json
    assert (answer["created"], answer["updated"]) == (1, 1)
    assert answer["ids"][1] is None and answer["ids"][2] == answer["ids"][3]
    assert [one["problems"][0]["pointer"] for one in answer["refused"]] == ["/contacts/1/phone"]
    assert site.get(f"/v1/contacts/{BEN}").json["name"] == "Ben"


def test_to_keep_what_is_known_fills_only_gaps(site: Site) -> None:
    entered(site, name="Ada", attributes={"city": "Rome"})
    row = {"phone": ADA, "name": "Eve", "language": "en", "attributes": {"city": "Oslo", "plan": "a"}}
    site.post("/v1/contacts/bulk", {"contacts": [row], "keep": True})
    found = site.get(f"/v1/contacts/{ADA}").json
    assert (found["name"], found["language"]) == ("Ada", "en")
    assert found["attributes"] == {"city": "Rome", "plan": "a"}


def test_a_contact_is_changed_and_a_new_number_added_to_it(site: Site) -> None:
    contact = entered(site, name="Ada", tags=["a", "b"])
    path = f"/v1/contacts/{contact['id']}"
    body = {"name": None, "phone": BEN, "add_tags": ["c"], "remove_tags": ["a"], "time_zone": "Europe/Rome"}
    changed = site.call("PATCH", path, body).json
    assert (changed["name"], changed["phone"], changed["tags"]) == (None, BEN, ["b", "c"])
    assert changed["addresses"] == [ADA, BEN]
    assert site.call("PATCH", path, {"tags": []}).json["tags"] == []
    [event] = site.get(f"/v1/events?object_id={contact['id']}").json["data"]
    assert (event["type"], event["data"]["phone"], event["data"]["addresses"]) == (
        "contact.changed",
        BEN,
        [ADA, BEN],
    )


def test_an_address_of_somebody_else_is_not_taken_from_them(site: Site) -> None:
    ada, ben = entered(site), entered(site, phone=BEN)
    answer = site.call("PATCH", f"/v1/contacts/{ada['id']}", {"phone": BEN})
    assert (answer.status, answer.problems) == (409, [("/phone", "taken")])
    assert answer.json["problems"][0]["found"] == f'"{ben["id"]}"' or ben["id"] in answer.raw.decode()


def test_two_contacts_that_are_one_person_keep_what_both_had(site: Site) -> None:
    ada = entered(site, name="Ada", attributes={"city": "Rome"}, tags=["a"])
    ben = entered(site, phone=BEN, attributes={"city": "Oslo", "plan": "x"}, tags=["b"])
    list_id = site.post("/v1/lists", {"name": "guests"}).json["id"]
    site.post(f"/v1/lists/{list_id}/members", {"add": [BEN]})
    merged = site.post(f"/v1/contacts/{ada['id']}/merge", {"contact": BEN}).json
    assert merged["addresses"] == [ADA, BEN]
    assert (merged["tags"], merged["attributes"]["plan"]) == (["a", "b"], "x")
    [member] = site.get(f"/v1/lists/{list_id}/members").json["data"]
    assert (member["contact"]["id"], member["address"]) == (ada["id"], BEN)
    assert site.get(f"/v1/contacts/{ben['id']}").status == 404
    assert site.post(f"/v1/contacts/{ada['id']}/merge", {"contact": ADA}).status == 400


def test_two_contacts_that_are_one_person_get_a_campaign_once(site: Site) -> None:
    ada, ben = entered(site)["id"], entered(site, phone=BEN)["id"]
    account_id, campaigns = site.alice.account_id, [ids.new_id(ids.CAMPAIGN) for _ in range(2)]
    ready, created = RecipientState.READY, RecipientState.CREATED
    rows = [
        NewRecipient(account_id, campaigns[0], 1, ada, ADA, ready),
        NewRecipient(account_id, campaigns[0], 2, ben, BEN, ready),
        NewRecipient(account_id, campaigns[1], 1, ada, ADA, ready),
        NewRecipient(account_id, campaigns[1], 2, ben, BEN, created),
    ]
    site.run(site.store.write(lambda tx: recipients.insert_many(tx, rows)))
    assert site.post(f"/v1/contacts/{ada}/merge", {"contact": ben}).status == 200

    async def totals(tx: Tx) -> Any:
        return [await recipients.totals(tx, account_id, each) for each in campaigns]

    left, had = site.run(site.store.read(totals))
    assert left == {("ready", None): 1, ("skipped", "duplicate"): 1}
    assert had == {("created", None): 1, ("skipped", "duplicate"): 1}


def test_messages_that_show_two_contacts_as_one_bring_tags_lists_and_attributes_along(site: Site) -> None:
    by_phone = entered(site, attributes={"city": "Rome"}, tags=["a"])
    by_user = entered(site, phone=None, user_id="US.1234567890", tags=["b"], attributes={"plan": "x"})
    wrote(site, ADA, user_id="US.1234567890")
    found = site.get(f"/v1/contacts/{ADA}").json
    assert {by_phone["id"], by_user["id"]} > {found["id"]}
    assert (found["tags"], found["attributes"]) == (["a", "b"], {"city": "Rome", "plan": "x"})


def test_contacts_are_listed_by_tag_in_pages(site: Site) -> None:
    rows = [{"phone": f"1555000{n}", "tags": ["vip"] if n % 2 else ["other"]} for n in range(4000, 4006)]
    ids = site.post("/v1/contacts/bulk", {"contacts": rows}).json["ids"]
    page = site.get("/v1/contacts?tag=vip&limit=2").json
    rest = site.get(f"/v1/contacts?tag=vip&limit=2&after={page['paging']['next']}").json
    assert [one["id"] for one in page["data"] + rest["data"]] == [ids[5], ids[3], ids[1]]
    assert rest["paging"]["next"] is None
