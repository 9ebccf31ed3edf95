"""Countries of addresses, for the rules of segments."""

import pytest

from trunkline.audiences.countries import country_of


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("4915112345678", "DE"),
        ("15550001234", "US"),
        ("14165550123", "CA"),
        ("18765550123", "JM"),
        ("447400123456", "GB"),
        ("447797712345", "JE"),
        ("77011234567", "KZ"),
        ("79161234567", "RU"),
        ("88213123456", None),
        ("IN.1349", "IN"),
        ("ada", None),
        ("", None),
    ],
)
def test_an_address_tells_its_country(address: str, country: str | None) -> None:
    assert country_of(address) == country
