"""What columns are for is guessed from their names in many languages, then from what stands in them."""

import tomllib
from importlib.resources import files

import pytest

from trunkline.audiences.export import COLUMNS
from trunkline.table_files import guess_mapping
from trunkline.table_files.mapping import spelled_plainly


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Phone", "phone"),
        ("PHONE_NUMBER", "phone"),
        ("Téléphone", "phone"),
        ("TELEPHONE", "phone"),
        ("Número de teléfono", "phone"),
        ("Handynummer", "phone"),
        ("номер телефона", "phone"),
        ("رقم الجوال", "phone"),
        ("मोबाइल नंबर", "phone"),
        ("手机号码", "phone"),
        ("電話番号", "phone"),
        ("휴대폰", "phone"),
        ("BSUID", "user_id"),
        ("Full Name", "name"),
        ("Vorname", "first_name"),
        ("prenom", "first_name"),
        ("Sprache", "language"),
        ("time-zone", "time_zone"),
        ("Etiquetas", "tags"),
        ("Opt-in", "consent"),
        ("Einwilligung", "consent"),
        ("Order number", "attribute"),
        ("Number", "attribute"),
    ],
)
def test_a_column_is_known_by_its_name(header: str, field: str) -> None:
    guess = guess_mapping([header], [])[header]
    assert guess.field == field
    assert guess.reason


def test_a_column_is_known_by_what_stands_in_it() -> None:
    headers = ["column 1", "who", "where", "speaks", "id"]
    sample = [
        ["+1 555 000-0001", "Ann", "Europe/Berlin", "de", "US.13491208655302741918"],
        ["(1555) 000 0002", "Bob", "America/New_York", "en_US", "DE.1349120865530274"],
    ]
    fields = {header: guess.field for header, guess in guess_mapping(headers, sample).items()}
    assert list(fields.values()) == ["phone", "attribute", "time_zone", "language", "user_id"]


def test_what_our_own_export_tells_beside_is_no_attribute() -> None:
    headers = [*COLUMNS, "id"]
    guesses = guess_mapping(headers, [["con_1", "15550001234", *[""] * 8]])
    assert [guesses[header].field for header in headers if header.startswith("trunkline")] == ["ignore"] * 3
    assert guesses["id"].attribute == "id"


def test_a_field_is_given_once_and_by_name_first() -> None:
    sample = [["+15550000001", "+15550000002"]]
    guesses = guess_mapping(["second", "phone"], sample)
    assert [guess.field for guess in guesses.values()] == ["attribute", "phone"]
    guesses = guess_mapping(["mobile", "Phone"], sample)
    assert [guess.field for guess in guesses.values()] == ["phone", "attribute"]
    assert guesses["Phone"].attribute == "phone"
    assert "Another column" in guesses["Phone"].reason


@pytest.mark.parametrize(
    ("header", "name"),
    [("Order No.", "order_no"), ("Straße", "strasse"), ("पूरा पता", "पूरा_पता"), ("?", "column")],
)
def test_an_attribute_has_a_plain_name(header: str, name: str) -> None:
    assert guess_mapping([header], [])[header].attribute == name


def test_no_word_stands_for_two_fields() -> None:
    words = tomllib.loads(files("trunkline.table_files").joinpath("header_words.toml").read_text("utf-8"))
    seen: dict[str, str] = {}
    for field, languages in words.items():
        for names in languages.values():
            for name in names:
                assert seen.setdefault(spelled_plainly(name), field) == field, name
