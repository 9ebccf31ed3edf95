"""Imports of tables of people through the front door: what else may be asked of them."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from tests.api.conftest import Site
from tests.api.import_desk import PATH, Desk, many, working_desk
from trunkline.audiences.imports import chore, pace
from trunkline.housekeeping import media
from trunkline.store import contacts, imports


@pytest.fixture
def store_url() -> str:
    """SQLite, but for the test that says otherwise."""
    return ""


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    with working_desk(site) as desk:
        yield desk


def test_people_who_are_known_are_told_anew_or_kept(desk: Desk) -> None:
    desk.run(desk.checked("Phone,Name\n+15550001234,Ann\n")["id"])
    again = desk.checked("Phone,Name,City\n+15550001234,Anna,Rome\n", on_conflict="keep")
    assert (again["report"]["counts"]["known"], again["report"]["first"][0]["is_new"]) == (1, False)
    desk.run(again["id"])
    [ann] = desk.read(lambda tx, of: contacts.by_address(tx, of, ["15550001234"]))
    assert (ann.name, ann.attributes) == ("Ann", '{"city":"Rome"}')
    desk.run(desk.checked("Phone,Name\n+15550001234,Anna\n")["id"])
    [ann] = desk.read(lambda tx, of: contacts.by_address(tx, of, ["15550001234"]))
    assert ann.name == "Anna"


def test_a_consent_that_the_ledger_has_is_not_written_again(desk: Desk) -> None:
    consent = {"purpose": "marketing", "source": "shop"}
    counts = [
        desk.run(desk.checked("Phone\n+15550001234\n", consent=consent)["id"])["counts"]["consents"]
        for _ in range(2)
    ]
    assert counts == [1, 0]


def test_a_cancel_stops_it_and_the_file_goes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "ALONE", 100)
    made = desk.checked(many(5_000))
    desk.site.post(f"{PATH}/{made['id']}/start")
    desk.until(made["id"], "running", rows=100)
    canceled = desk.site.post(f"{PATH}/{made['id']}/cancel").json
    assert canceled["state"] == "canceled"
    assert canceled["report"]["first"] == []  # who stood in it is nobody's to read any more
    again = desk.site.get(f"{PATH}/{made['id']}").json
    assert again["counts"] == canceled["counts"] and 0 < again["counts"]["rows"] < 5_000
    assert desk.site.post(f"{PATH}/{made['id']}/cancel").status == 409
    account_id = desk.site.alice.account_id
    desk.site.advance(3600)
    desk.site.run(media.step(desk.site.runtime))
    assert not desk.site.run(desk.site.runtime.shelf.has(account_id, made["sha256"]))


def test_an_import_that_nobody_starts_is_given_up_after_a_week(desk: Desk) -> None:
    made = desk.checked("Phone\n+15550001234\n")
    assert desk.site.run(chore.step(desk.site.runtime)) == 0
    desk.site.advance(7 * 86_400 + 1)
    desk.site.run(chore.step(desk.site.runtime))
    made = desk.site.get(f"{PATH}/{made['id']}").json
    assert (made["state"], made["state_reason"]) == ("canceled", "unused")
    desk.site.advance(40 * 86_400)
    while desk.site.run(chore.step(desk.site.runtime)):
        pass
    assert desk.site.get(f"{PATH}/{made['id']}").status == 404


def test_bad_rows_come_in_pages_and_as_a_table_that_runs_nothing(desk: Desk) -> None:
    made = desk.checked("Phone,Name\n=1+1,A\n+15550001234,B\n-2,C\nx,D\n")
    page = desk.site.get(f"{PATH}/{made['id']}/faults?limit=2").json
    assert [one["line"] for one in page["data"]] == [2, 4]
    assert desk.faults(made["id"], f"?after={page['paging']['next']}")[0][0] == 5
    assert len(desk.faults(made["id"], "?reason=nothing_like_it")) == 0
    answer = desk.site.get(f"{PATH}/{made['id']}/faults?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"))))
    assert [(row["line"], row["column"], row["found"]) for row in rows] == [
        ("2", "Phone", "'=1+1"),
        ("4", "Phone", "'-2"),
        ("5", "Phone", "x"),
    ]


def test_progress_is_told_as_it_goes_until_somebody_has_to_decide(desk: Desk) -> None:
    made = desk.upload(many(300), list={"name": "all"}).json
    blocks = desk.site.get(f"{PATH}/{made['id']}/progress").raw.decode().strip().split("\n\n")
    last = blocks[-1].splitlines()
    assert last[0] == "event: end"
    end = json.loads(last[1].removeprefix("data: "))
    assert (end["state"], end["report"]["counts"]["good"]) == ("checked", 300)


def test_the_same_upload_with_the_same_key_is_one_import(desk: Desk) -> None:
    how = {"Content_Type": "text/csv", "Idempotency_Key": "once"}
    first, second = (
        desk.site.post(f"{PATH}?name=a.csv", b"Phone\n+15550001234\n", **how).json for _ in range(2)
    )
    assert first["id"] == second["id"] and first["file_name"] == "a.csv"
    assert [one["id"] for one in desk.site.get(PATH).json["data"]] == [first["id"]]
    assert desk.read(imports.open_of) in ([], [first["id"]])


def test_a_file_stays_as_long_as_any_import_reads_it(desk: Desk) -> None:
    first, second = (desk.checked("Phone\n+15550001234\n") for _ in range(2))
    assert first["sha256"] == second["sha256"]
    desk.site.post(f"{PATH}/{first['id']}/cancel")
    desk.site.advance(3600)
    desk.site.run(media.step(desk.site.runtime))
    assert desk.run(second["id"])["counts"]["new"] == 1
