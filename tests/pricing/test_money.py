"""Money is whole micro-units: what is read is what is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.pricing.money import format_micros, parse_micros


@pytest.mark.parametrize(
    ("text", "micros", "shown"),
    [
        ("0.0118", 11_800, "0.0118"),
        ("0.1150", 115_000, "0.115"),
        ("2", 2_000_000, "2.00"),
        ("12.5", 12_500_000, "12.50"),
        ("0.000001", 1, "0.000001"),
        ("0.0100000000", 10_000, "0.01"),
        ("0", 0, "0.00"),
    ],
)
def test_an_amount_is_read_and_shown_without_rounding(text, micros, shown):
    assert parse_micros(text) == micros
    assert format_micros(micros) == shown


@pytest.mark.parametrize(
    "text", ["", "-0.1", "1e3", ".5", "1.", "1,5", "0.1 ", "NaN", "٣", "=1+1", "0.0000001", "1" * 13]
)
def test_what_is_no_plain_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"number such as|digits behind"):
        parse_micros(text)


@given(st.integers(0, 10**17))
def test_every_amount_survives_the_way_to_text_and_back(micros):
    assert parse_micros(format_micros(micros)) == micros
