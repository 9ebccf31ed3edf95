"""The suppression list and the ledger of consents from the command line."""

from pathlib import Path

from tests.cli.desk import invoke
from tests.cli.shell import Running

PERSON = "15550007011"


def test_the_list_and_the_ledger_are_kept_by_hand(server: Running, tmp_path: Path) -> None:
    place = ("--data", str(server.data))
    added = invoke("suppressions", "add", f"+{PERSON}", "--reason", "asked by telephone", *place)
    assert added.code == 0, added
    assert "asked by telephone" in added.out
    sent = invoke("send", "text", PERSON, "hello", "--wait", "submitted", *place)
    assert sent.code == 1
    assert "has opted out" in sent.out
    many = tmp_path / "many.txt"
    many.write_text(f"+1 555 000 7012\n\n{PERSON}\nnobody's number\n")
    imported = invoke("suppressions", "import", str(many), "--json", *place)
    assert imported.code == 1
    assert {"added": 1, "known": 1}.items() <= imported.json.items()
    bare = invoke("suppressions", "lift", "15550007012", *place)
    assert bare.code == 1
    assert "proof" in bare.err
    assert invoke("suppressions", "lift", "15550007012", "--proof", "form 4711", *place).code == 0
    clean = invoke("suppressions", "check", "15550007012", *place)
    assert clean.code == 1 and "nothing stands against 15550007012" in clean.err
    listed = invoke("suppressions", "list", "--json", *place).json["data"]
    assert [(row["address"], row["source"]) for row in listed] == [(PERSON, "operator")]
    said = (
        "--purpose",
        "newsletter",
        "--action",
        "granted",
        "--source",
        "checkout",
        "--proof",
        '{"order": 4711}',
    )
    assert invoke("consents", "add", PERSON, *said, *place).code == 0
    ledger = invoke("consents", "list", "--of", PERSON, "--json", *place).json["data"]
    assert ledger[0]["proof"] == {"order": 4711}
    assert invoke("suppressions", "lift", PERSON, *place).code == 1  # they were imported, too
    assert invoke("suppressions", "lift", PERSON, "--proof", "called us", *place).code == 0
