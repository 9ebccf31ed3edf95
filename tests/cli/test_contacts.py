"""Contacts, lists and segments from the command line."""

from pathlib import Path

from tests.cli.desk import invoke
from tests.cli.shell import Running

ADA, BEN = "15550007021", "15550007022"


def test_people_are_entered_put_together_counted_and_erased(server: Running, tmp_path: Path) -> None:
    place = ("--data", str(server.data))
    said = ("--name", "Ada", "--set", "plan=gold", "--tag", "vip", "--language", "en")
    added = invoke("contacts", "add", f"+{ADA}", *said, "--json", *place)
    assert added.code == 0, added
    assert (added.json["attributes"], added.json["tags"]) == ({"plan": "gold"}, ["vip"])
    assert invoke("contacts", "add", BEN, *place).code == 0
    edited = invoke(
        "contacts", "edit", ADA, "--name", "", "--set", "plan=", "--untag", "vip", "--json", *place
    )
    assert (edited.json["name"], edited.json["attributes"], edited.json["tags"]) == (None, {}, [])
    shown = invoke("contacts", "show", ADA, *place)
    assert added.json["id"] in shown.out and "en" in shown.out
    made = invoke("lists", "create", "guests", "--json", *place).json["id"]
    both = invoke("lists", "add", made, ADA, BEN, "15550009999", *place)
    assert "2 added" in both.out and "15550009999" in both.out
    assert invoke("lists", "take", made, BEN, "--json", *place).json["removed"] == 1
    assert ADA in invoke("lists", "members", made, *place).out
    rule = f'{{"all": [{{"list": "{made}"}}, {{"language": "en"}}]}}'
    assert "It holds for 1 of 1" in invoke("segments", "count", rule, *place).out
    kept = invoke("segments", "create", "english guests", rule, "--json", *place).json["id"]
    assert invoke("segments", "count", kept, "--json", *place).json["count"] == 1
    wrong = invoke("segments", "count", '{"colour": "red"}', *place)
    assert wrong.code == 1 and "/rule" in wrong.err
    file = tmp_path / "people.csv"
    assert invoke("contacts", "export", file, "--list", made, *place).code == 0
    assert ADA in file.read_text("utf-8-sig") and BEN not in file.read_text("utf-8-sig")
    merged = invoke("contacts", "merge", ADA, BEN, "--json", *place).json
    assert merged["addresses"] == [ADA, BEN]
    assert invoke("contacts", "erase", ADA, "--json", *place).code == 2
    assert "is erased." in invoke("contacts", "erase", ADA, "--yes", *place).out
    assert invoke("contacts", "show", BEN, *place).code == 1
    assert invoke("segments", "rm", kept, *place).code == 0
    assert invoke("lists", "rm", made, *place).code == 0
