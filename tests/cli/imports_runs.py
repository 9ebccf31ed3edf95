"""Tables of people from the command line: the dry run as people see it, the run, the bad rows."""

from pathlib import Path

import pytest

from tests.cli.desk import invoke
from tests.cli.shell import Done, Running

PEOPLE = """Telefon;Name;Ort;Newsletter
0151 23456789;Zoë;Köln;ja
+1 555 000 1234;Ann;=1+1;nein
abc;Bob;Rom;ja
"""


def imports(server: Running, *arguments: object) -> Done:
    return invoke("imports", *map(str, arguments), "--data", str(server.data))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, "utf-8")
    return path


def test_a_table_goes_through_its_dry_run_and_is_taken_over(
    server: Running, people: Path, tmp_path: Path
) -> None:
    options = ("--country", "DE", "--map", "Newsletter=consent", "--consent", "form", "--list", "Fair")
    done = imports(server, "create", people, *options, "--yes")
    assert done.code == 0, done
    assert "3: 2 good, 1 bad" in done.out and "1 phone_characters" in done.out
    assert "2 new and 0 known people taken over" in done.out
    [made] = imports(server, "list", "--json").json["data"]
    assert imports(server, "faults", made["id"], "--json").json["data"][0]["line"] == 4
    place = tmp_path / "faults.csv"
    assert imports(server, "faults", made["id"], "--to", place).code == 0
    assert '"4","Telefon","phone_characters"' in place.read_text("utf-8-sig")
    assert imports(server, "faults", made["id"], "--to", place).code == 2  # what is there is not replaced
    assert "finished" in imports(server, "show", made["id"]).out


def test_nobody_is_taken_over_without_a_yes(server: Running, people: Path) -> None:
    done = imports(server, "create", people)
    assert done.code == 2 and "waits" in done.err
    made = imports(server, "create", people, "--dry-run", "--json").json
    assert (made["state"], made["report"]["counts"]["good"]) == ("checked", 1)
    changed = imports(server, "change", made["id"], "--country", "DE", "--json").json
    assert changed["report"]["counts"]["good"] == 2
    assert imports(server, "cancel", made["id"], "--json").json["state"] == "canceled"
    assert imports(server, "start", made["id"]).code == 1


def test_a_file_whose_columns_are_not_known_says_how_to_go_on(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("A,B\nx,y\n")
    done = imports(server, "create", path)
    assert done.code == 2 and '--map "COLUMN=phone"' in done.err
    assert imports(server, "create", path, "--map", "A").code == 2
    assert imports(server, "create", tmp_path / "none.csv").code == 2
