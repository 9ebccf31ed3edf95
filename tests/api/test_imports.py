"""Tables of people through the front door: the dry run, the run, what is refused, and that no row is lost."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Site
from tests.api.import_desk import PATH, Desk, many, working_desk
from trunkline.audiences.imports import pace
from trunkline.audiences.imports.worker import ImportWorker
from trunkline.membership import Membership
from trunkline.model import ids
from trunkline.store import consents, contacts, lists, tags

PEOPLE = """Telefon;Name;Ort;Newsletter;Gruppe
0151 23456789;Zoë;Köln;ja;vip
+1 555 000 1234;Ann;=1+1;nein;
n/a;Bob;Rom;ja;
0049 151 23456789;Zoe;Bonn;ja;
+15550001235;Al;;;"neu, vip"
"""


@pytest.fixture
def store_url() -> str:
    """SQLite, but for the test that says otherwise."""
    return ""


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    with working_desk(site) as desk:
        yield desk


class TestOnBothEngines:
    @pytest.fixture
    def store_url(self, engine: str, request: pytest.FixtureRequest) -> str:
        return request.getfixturevalue("postgres_url") if engine == "postgres" else ""

    def test_a_table_becomes_people_as_its_dry_run_said(self, desk: Desk) -> None:
        made = desk.checked(
            PEOPLE,
            country="DE",
            list={"name": "Kunden"},
            tags=["fair"],
            consent={"purpose": "marketing", "source": "newsletter", "proof": {"form": 7}},
            mapping={"Newsletter": "consent", "Gruppe": "tags"},
        )
        counts = made["report"]["counts"]
        assert (counts["rows"], counts["good"], counts["new"], counts["known"]) == (5, 3, 3, 0)
        assert counts["reasons"] == {"phone_characters": 1, "duplicate": 1}
        assert desk.read(lambda tx, of: contacts.page(tx, of, ids.last_id(ids.CONTACT), 9)) == []
        ann = made["report"]["first"][1]
        assert (ann["line"], ann["phone"], ann["consent"]) == (3, "15550001234", "withdrawn")
        assert desk.faults(made["id"]) == [(4, "Telefon", "phone_characters"), (5, "Telefon", "duplicate")]

        made = desk.run(made["id"])
        assert (made["state"], made["counts"]["new"], made["counts"]["consents"]) == ("finished", 3, 2)
        self.are_there(desk, made["list_id"])

    def are_there(self, desk: Desk, list_id: str) -> None:
        found = desk.read(lambda tx, of: lists.members(tx, of, list_id, "", 9))
        assert [(one.address, one.contact.name, json.loads(one.columns)) for one in found] == [
            ("4915123456789", "Zoë", {"Ort": "Köln"}),
            ("15550001234", "Ann", {"Ort": "=1+1"}),
            ("15550001235", "Al", {}),
        ]
        worn = desk.read(lambda tx, of: tags.of_contacts(tx, of, [one.contact.id for one in found]))
        assert list(worn.values()) == [["fair", "vip"], ["fair"], ["fair", "neu", "vip"]]
        said = desk.read(lambda tx, of: consents.page(tx, of, "", ids.last_id(ids.CONSENT), 9))
        assert sorted((one.address, one.action) for one in said) == [
            ("15550001234", "withdrawn"),
            ("4915123456789", "granted"),
        ]


def test_what_no_column_is_known_for_waits_until_somebody_says_which(desk: Desk) -> None:
    made = desk.checked("A,B\nx,y\n+15550001234,Ann\n")
    assert (made["state"], made["state_reason"]) == ("draft", "no_address")
    assert desk.site.post(f"{PATH}/{made['id']}/start").status == 409
    refused = desk.site.call("PATCH", f"{PATH}/{made['id']}", {"mapping": {"C": "phone", "B": "phones"}})
    assert refused.problems == [("/mapping/B", "one_of")]
    refused = desk.site.call("PATCH", f"{PATH}/{made['id']}", {"mapping": {"C": "phone"}})
    assert refused.problems == [("/mapping/C", "unknown_column")]
    desk.site.call("PATCH", f"{PATH}/{made['id']}", {"mapping": {"A": "phone"}, "has_header": True})
    made = desk.until(made["id"], "checked")
    assert made["report"]["counts"]["good"] == 1
    assert desk.faults(made["id"]) == [(2, "A", "phone_characters")]


def test_a_file_that_is_no_table_is_refused_at_once_and_not_kept(desk: Desk) -> None:
    data = Path(desk.site.settings.data) / "media"
    assert desk.upload(b"\x89PNG\r\n\x1a\n" + bytes(9)).problems == [("/file", "not_a_table")]
    assert desk.upload(b"").problems == [("/file", "empty")]
    assert desk.upload("Phone\n+15550001234\n", country="XX", nothing=1).problems == [
        ("/options/country", "one_of"),
        ("/options/nothing", "unknown_member"),
    ]
    assert [path for path in data.rglob("*") if path.is_file()] == []


def test_an_import_that_is_broken_off_goes_on_where_it_stood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "ALONE", 100)
    made = desk.checked(many(3_000) + "oops,Bob\n", list={"name": "all"})
    desk.site.post(f"{PATH}/{made['id']}/start")
    stood = desk.until(made["id"], "running", rows=100)
    desk.stop()
    assert 0 < stood["counts"]["rows"] < 3_000
    desk.worker = ImportWorker(desk.site.runtime, Membership(desk.site.runtime))
    desk.start()
    made = desk.until(made["id"], "finished")
    counts = made["counts"]
    assert (counts["rows"], counts["new"], counts["known"], counts["bad"]) == (3_001, 3_000, 0, 1)
    assert desk.read(lambda tx, of: lists.count(tx, of, made["list_id"])) == 3_000


def test_options_that_can_be_kept_nowhere_are_refused(desk: Desk) -> None:
    def refused(options: str) -> tuple[int, list[tuple[str, str]]]:
        parts = (
            b'--edge\r\nContent-Disposition: form-data; name="options"\r\n\r\n%b\r\n' % options.encode(),
            b'--edge\r\nContent-Disposition: form-data; name="file"\r\n\r\nPhone\n\r\n--edge--\r\n',
        )
        answer = desk.site.post(PATH, b"".join(parts), Content_Type="multipart/form-data; boundary=edge")
        return answer.status, [(one["pointer"], one["rule"]) for one in answer.json["problems"]]

    assert refused('{"tags": ["\\ud800"]}') == (400, [("/options/tags/0", "lone_surrogate")])
    assert refused('{"tags": ["\\u0000"]}') == (400, [("/options/tags/0", "nul_character")])
    assert refused("[" * 3_000)[0] == 400
    assert refused("{") == (400, [("/options", "json_syntax")])


def test_whoever_is_erased_is_not_shown_by_an_import_that_waits(desk: Desk) -> None:
    desk.run(desk.checked("Phone,Name\n+15550001234,Ann\n")["id"])
    made = desk.checked("Phone,Name\n+15550001234,Ann\n+15550001235,Bo\n+1 555 000 1234,Ann\n")
    assert made["columns"][1]["examples"] == ["Ann", "Bo", "Ann"]
    [ann] = desk.read(lambda tx, of: contacts.by_address(tx, of, ["15550001234"]))
    desk.site.post(f"/v1/contacts/{ann.id}/erase")
    answer = desk.site.get(f"{PATH}/{made['id']}")
    assert [one["phone"] for one in answer.json["report"]["first"]] == ["15550001235"]
    assert b"Ann" not in answer.raw
    assert b"000 1234" not in desk.site.get(f"{PATH}/{made['id']}/faults").raw
