"""Rate cards and estimates from the command line."""

from pathlib import Path

from tests.cli.desk import invoke
from tests.cli.shell import Running

RATES = "Market,Marketing,Utility,\x1b[31m\nGermany,0.10,=1+1,\n"


def test_a_card_is_imported_and_an_estimate_goes_by_it(server: Running, tmp_path: Path) -> None:
    place = ("--data", str(server.data))
    file = tmp_path / "eur.csv"
    file.write_bytes(RATES.encode("utf-16"))
    said = ("--currency", "eur", "--from", "2026-10-01")
    tried = invoke("pricing", "import", str(file), *said, "--dry-run", *place)
    assert tried.code == 0, tried
    assert "line 2, utility" in tried.err and "\x1b" not in tried.err
    card = invoke("pricing", "import", str(file), *said, "--json", *place).json["card"]
    assert card["source"] == "eur.csv"
    assert invoke("pricing", "billing", "--currency", "EUR", *place).code == 0
    costs = invoke("pricing", "estimate", "+49", "marketing", "--count", "1000",
                   "--at", "2026-11-24T12:00:00Z", *place)  # fmt: skip
    assert "Total: 100.00 EUR" in costs.out and "eur.csv" in costs.err
    unpriced = invoke("pricing", "estimate", "+49", "utility", "--at", "2026-11-24T12:00:00Z", *place)
    assert "at least 0.00 EUR" in unpriced.out
    assert card["id"] in invoke("pricing", "cards", *place).out
    assert "0.10" in invoke("pricing", "show", card["id"], "--market", "germany", *place).out
    assert invoke("pricing", "remove", card["id"], *place).code == 0
    assert invoke("pricing", "remove", card["id"], *place).code == 1
    assert invoke("pricing", "billing", "--time-zone", "Mars", *place).code != 0
    assert "no rate card" in invoke("pricing", "import", "/dev/zero", *said, *place).err
