"""From the rows of people's tables to people, and to what is wrong with a row. No file, no store."""

import io
from pathlib import Path

import msgspec
import pytest

from trunkline.audiences.imports import addresses, mapping, reading
from trunkline.audiences.imports.frames import LENGTH, Bad, Batch, Good, Read, Told
from trunkline.audiences.imports.options import ColumnUse, Options
from trunkline.audiences.imports.pace import ALONE, BESIDE_OTHERS, Pace
from trunkline.audiences.imports.rows import LONGEST_ATTRIBUTE, RowReader
from trunkline.phones import PhoneError
from trunkline.store.load import Load
from trunkline.table_files import Row, open_table

PHONE = ColumnUse("phone")


def reader(country: str | None = None, **uses: str) -> RowReader:
    columns = {name.replace("_", " "): ColumnUse(use) for name, use in uses.items()}  # type: ignore[arg-type]
    return RowReader(list(columns), mapping.settled(_columns(columns), columns), country)


def _columns(uses: dict[str, ColumnUse]) -> list[mapping.Column]:
    return [mapping.Column(name, use, "") for name, use in uses.items()]


def good(made: RowReader, *cells: str, line: int = 2) -> Good:
    row = made.read(1, Row(line, list(cells)))
    assert isinstance(row, Good), row
    return row


def bad(made: RowReader, *cells: str, line: int = 2) -> tuple[str | None, str]:
    row = made.read(1, Row(line, list(cells)))
    assert isinstance(row, Bad), row
    return row.column, row.reason


@pytest.mark.parametrize(
    ("cell", "country", "digits"),
    [
        ("+49 (151) 2345-6789", None, "4915123456789"),
        ("0049 151 23456789", None, "4915123456789"),
        ("0151/23456789", "DE", "4915123456789"),
        ("15123456789", "DE", "4915123456789"),
        ("+1 555 000 1234", "DE", "15550001234"),
        ("(202) 555-0123", "US", "12025550123"),
        ("011 49 151 23456789", "US", "4915123456789"),
        ("612 345 678", "ES", "34612345678"),
        ("06 12 34 56 78", "FR", "33612345678"),
        ("\u200e+49\u00a0151\u201123456789\u202c", None, "4915123456789"),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: str, country: str | None, digits: str) -> None:
    assert addresses.digits(cell, country) == digits


@pytest.mark.parametrize(
    ("cell", "country"),
    [("0151 23456789", None), ("n/a", "DE"), ("12", "DE"), ("+49 151 23456789 ext. 3", None), ("0", "DE")],
)
def test_what_is_no_number_is_refused_with_a_rule(cell: str, country: str | None) -> None:
    with pytest.raises(PhoneError):
        addresses.digits(cell, country)


def test_a_row_becomes_a_person_with_everything_that_it_says() -> None:
    made = reader(Tel="phone", Name="name", Ort="attribute", Code="column", Tags="tags", Sprache="language")
    row = good(made, "+15550001234", "  Zoë \t Ann ", "Köln", "V1", "vip; neu,vip", "PT-br")
    assert (row.phone, row.name, row.language, row.tags) == (
        "15550001234",
        "Zoë Ann",
        "pt_BR",
        ("vip", "neu"),
    )
    assert row.attributes == {"ort": "Köln"}
    assert row.columns == '{"Ort":"Köln","Code":"V1"}'


def test_empty_cells_say_nothing() -> None:
    made = reader(Tel="phone", Name="name", Ort="attribute", Sprache="language", Zone="time_zone")
    row = good(made, "+15550001234", "", " ", "", "")
    assert (row.name, row.language, row.time_zone, row.attributes, row.columns) == (
        None,
        None,
        None,
        {},
        "{}",
    )


def test_a_first_name_is_the_name_where_there_is_no_other() -> None:
    assert good(reader(Tel="phone", Vorname="first_name"), "+15550001234", "Ann").name == "Ann"
    row = good(reader(Tel="phone", Vorname="first_name", Name="name"), "+15550001234", "Ann", "Ann Lee")
    assert (row.name, row.attributes) == ("Ann Lee", {"first_name": "Ann"})


def test_a_bad_cell_is_named_by_its_column() -> None:
    made = reader(
        Tel="phone", User="user_id", Sprache="language", Zone="time_zone", OK="consent", Ort="attribute"
    )
    phone = "+15550001234"
    assert bad(made, "12ab", "", "", "", "", "") == ("Tel", "phone_characters")
    assert bad(made, "", "", "", "", "", "") == ("Tel", "no_address")
    assert bad(made, phone, "nobody", "", "", "", "") == ("User", "user_id")
    assert bad(made, phone, "", "Deutsch!", "", "", "") == ("Sprache", "language")
    assert bad(made, phone, "", "", "Berlin", "", "") == ("Zone", "time_zone")
    assert bad(made, phone, "", "", "", "perhaps", "") == ("OK", "consent")
    assert bad(made, phone, "", "", "", "", "x" * (LONGEST_ATTRIBUTE + 1)) == ("Ort", "too_long")
    assert bad(made, phone, "", "", "", "", "half \ud83d") == ("Ort", "not_text")
    assert good(made, phone, "US.123", "", "Europe/Berlin", "", "").user_id == "US.123"


def test_whoever_stands_in_the_file_twice_counts_once_and_the_first_line_is_told() -> None:
    made = reader(Tel="phone", User="user_id")
    good(made, "+15550001234", "", line=2)
    good(made, "", "US.1", line=3)
    assert bad(made, "1 555 000 1234", "", line=4) == ("Tel", "duplicate")
    again = made.read(5, Row(5, ["+15550009999", "US.1"]))
    assert isinstance(again, Bad) and again.detail == "The same person stands in line 3 already."
    assert (
        good(made, "+15550009999", "", line=6).phone == "15550009999"
    )  # what a bad row said counts for nothing


@pytest.mark.parametrize(("cell", "agreed"), [("Ja", True), ("1", True), ("NO", False), ("", None)])
def test_a_column_says_who_agreed(cell: str, agreed: bool | None) -> None:
    assert good(reader(Tel="phone", OK="consent"), "+15550001234", cell).agreed is agreed


def test_without_such_a_column_whoever_is_in_the_file_agreed() -> None:
    assert good(reader(Tel="phone"), "+15550001234").agreed is True


def test_what_is_stated_goes_before_what_is_guessed() -> None:
    found = mapping.guessed(["Phone", "Mobile 2", "City"], [["+15550001234", "+15550001235", "Rome"]])
    assert mapping.settled(found, {})["Phone"].field == "phone"
    uses = mapping.settled(found, {"Mobile 2": PHONE, "City": ColumnUse("ignore")})
    assert {name: use.field for name, use in uses.items()} == {
        "Phone": "attribute",
        "Mobile 2": "phone",
        "City": "ignore",
    }
    assert uses["Phone"].attribute == "phone"


def test_beside_others_a_transaction_is_as_large_as_it_stays_short() -> None:
    load, now = Load(1_000), iter(range(1_000))
    pace = Pace(load, lambda: float(next(now)) / 1_000)

    def write(rows: int, seconds: float, others: int) -> int:
        load.commits.add(seconds, rows + others)
        pace.wrote(rows, seconds)
        return pace.rows

    assert write(ALONE, 0.1, 0) == ALONE
    assert write(ALONE, 0.1, 1) == BESIDE_OTHERS
    assert [write(pace.rows, 0.002, 1) for _ in range(3)] == [2 * BESIDE_OTHERS, 4 * BESIDE_OTHERS, ALONE]
    assert write(ALONE, 0.2, 1) == BESIDE_OTHERS


def test_large_rows_come_in_small_batches(tmp_path: Path) -> None:
    columns = [f"c{n}" for n in range(60)]
    rows = [[f"+1555{n:07d}", *["x" * 999] * 60] for n in range(20)]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(",".join(row) for row in [["Phone", *columns], *rows]))
    out = io.BytesIO()
    uses = {"Phone": PHONE} | dict.fromkeys(columns, ColumnUse("column"))
    reading.read(open_table(path), Read(path=str(path), options=Options(), uses=uses), out)
    batches = []
    out.seek(0)
    while size := out.read(LENGTH.size):
        told = msgspec.msgpack.decode(out.read(LENGTH.unpack(size)[0]), type=Told)
        batches += [len(told.good)] if isinstance(told, Batch) else []
    assert sum(batches) == 20 and max(batches) < 7
