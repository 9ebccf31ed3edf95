"""Phone numbers: what is taken, what is refused and why; the fast table says what the library says."""

import random
import string

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline import phones

E164 = phonenumbers.PhoneNumberFormat.E164


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("15550001234", "15550001234"),
        ("+15550001234", "15550001234"),
        ("+1 (555) 000-1234", "15550001234"),
        ("(+1) 555.000.1234", "15550001234"),
        ("  91 98765 43210 ", "919876543210"),
        ("+44 (0)7911 123456", "447911123456"),
        ("+39 06 698 12345", "390669812345"),
        ("+54 11 15 2345 6789", "5491123456789"),
        ("5215512345678", "5215512345678"),
        ("+7 800 555 35 35", "78005553535"),
    ],
)
def test_a_number_is_read_in_the_ways_people_write_it(written: str, digits: str) -> None:
    assert phones.normalise(written)[0] == digits


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("", "phone_empty"),
        ("+", "phone_empty"),
        (" - ", "phone_empty"),
        ("PHONE_NUMBER", "phone_characters"),
        ("91XXXXXXXXXX", "phone_characters"),
        ("{{Recipient-Phone-Number}}", "phone_characters"),
        ("tel:+15550001234", "phone_characters"),
        ("1-800-FLOWERS", "phone_characters"),
        ("++15550001234", "phone_characters"),
        ("15550001234+", "phone_characters"),
        ("15550001234,15550001235", "phone_characters"),
        ("15550001234\n", "phone_characters"),
        ("1555\t0001234", "phone_characters"),
        ("1555\u00a00001234", "phone_characters"),
        ("1555\u200b0001234", "phone_characters"),
        ("\u202a15550001234", "phone_characters"),
        ("\uff0b15550001234", "phone_characters"),
        ("".join(chr(0x660 + int(d)) for d in "919876543210"), "phone_characters"),  # Arabic-Indic
        ("".join(chr(0xFF10 + int(d)) for d in "919876543210"), "phone_characters"),  # fullwidth
        ("1555000123\u00b2", "phone_characters"),
        ("15550001234\x00", "phone_characters"),
        ("+1 555 000 1234 ext. 5", "phone_extension"),
        ("+15550001234;ext=5", "phone_extension"),
        ("+15550001234x5", "phone_extension"),
        ("+15550001234#5", "phone_extension"),
        ("00919876543210", "phone_prefix"),
        ("011919876543210", "phone_prefix"),
        ("07911123456", "phone_prefix"),
        ("+0447911123456", "phone_prefix"),
        ("2", "phone_country_code"),
        ("2101234567", "phone_country_code"),
        ("9991234567", "phone_country_code"),
        ("1", "phone_too_short"),
        ("91", "phone_too_short"),
        ("15550001", "phone_too_short"),
        ("+1 555 1234", "phone_too_short"),
        ("919876", "phone_too_short"),
        ("155500012345", "phone_too_long"),
        ("1234567890123456", "phone_too_long"),
        ("4912345678901234", "phone_too_long"),
        ("9" * 10_000, "phone_too_long"),
        ("44123456789" + "0" * 4, "phone_too_long"),
        ("4412345678", "phone_length"),
    ],
)
def test_what_is_no_number_is_refused_with_the_rule_and_what_would_be_right(written: str, rule: str) -> None:
    with pytest.raises(phones.PhoneError) as refused:
        phones.normalise(written)
    assert refused.value.rule == rule
    assert refused.value.detail
    assert refused.value.expected


def test_a_refusal_names_the_digits_the_country_has() -> None:
    with pytest.raises(phones.PhoneError, match="after the country code 1 come 10 digits, not 7"):
        phones.normalise("+1 555 1234")
    with pytest.raises(phones.PhoneError, match="after the country code 44 come 7, 9 or 10 digits, not 8"):
        phones.normalise("+44 12345678")


def test_a_number_outside_every_known_range_is_taken_with_a_doubt() -> None:
    digits, doubt = phones.normalise("+1 555 000 1234")
    assert digits == "15550001234"
    assert doubt is not None
    assert "known range" in doubt
    assert phones.normalise("+1 201 555 0123") == ("12015550123", None)


def test_a_rewritten_number_says_so() -> None:
    _, doubt = phones.normalise("+44 07911 123456")
    assert doubt is not None
    assert "+447911123456" in doubt


def test_the_old_mexican_form_is_taken_as_whatsapp_names_it() -> None:
    digits, doubt = phones.normalise("+52 1 55 1234 5678")
    assert digits == "5215512345678"
    assert doubt is not None


def _library(digits: str) -> str | None:
    """What the library alone makes of it: E.164 digits, or None when it is not possible."""
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    read = phonenumbers.format_number(number, E164)[1:]
    if len(read) > phones.MOST_DIGITS:
        return None
    return read if read == digits else _library(read)


def _ours(digits: str) -> str | None:
    try:
        return phones.normalise(digits)[0]
    except phones.PhoneError:
        return None


def _generated(count: int) -> list[str]:
    """Numbers that lean towards the interesting: real country codes, lengths about right, trunk prefixes."""
    dice = random.Random(20261122)
    codes = list(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    numbers = []
    for _ in range(count):
        code = str(dice.choice(codes)) if dice.random() < 0.95 else str(dice.randint(1, 999))
        lead = dice.choice(["", "", "", "0", "1", "8", "9", "15", "06", "80", "90"])
        rest = "".join(dice.choices(string.digits, k=dice.randint(2, 13)))
        numbers.append((code + lead + rest)[: phones.MOST_DIGITS])
    return numbers


def test_the_table_and_the_library_agree_on_twenty_thousand_numbers() -> None:
    numbers = [n for n in _generated(20_000) if not (n.startswith("521") and len(n) == 13)]
    differing = [(n, _ours(n), _library(n)) for n in numbers if _ours(n) != _library(n)]
    assert differing == []
    taken = sum(_library(n) is not None for n in numbers)
    assert 4_000 < taken < 19_000  # both answers are well exercised


def test_what_was_normalised_once_stays_as_it_is() -> None:
    once = [digits for n in _generated(5_000) if (digits := _ours(n)) is not None]
    assert [_ours(n) for n in once] == once
    assert all(_ours(n) == n for n in _generated(5_000) if phones.is_normal(n))
    assert sum(phones.is_normal(n) for n in once) > 0.9 * len(once)
    assert not any(map(phones.is_normal, ("", "0", "0015550001234", "1555000")))


def test_the_ranges_and_the_library_agree_on_what_is_known() -> None:
    numbers = [n for n in _generated(8_000) if _library(n) == n]
    numbers += [
        phonenumbers.format_number(example, E164)[1:]
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    differing = [
        n
        for n in numbers
        if (phones.normalise(n)[1] is None) != phonenumbers.is_valid_number(phonenumbers.parse("+" + n))
    ]
    assert differing == []


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=30) | st.text(alphabet="+()-. 0123456789x", max_size=20))
def test_any_text_gives_digits_or_the_declared_error(text: str) -> None:
    try:
        digits, _ = phones.normalise(text)
    except phones.PhoneError as error:
        assert error.rule.startswith("phone_")
    else:
        assert digits.isascii()
        assert digits.isdecimal()
        assert 5 <= len(digits) <= 15
        assert phones.normalise(digits)[0] == digits


@pytest.mark.parametrize(
    "both",
    [
        ("525555550100", "5215555550100"),
        ("541155550100", "5491155550100"),
        ("551198765432", "5511998765432"),
    ],
)
def test_a_mobile_number_with_two_spellings_is_known_by_both(both: tuple[str, str]) -> None:
    assert [phones.spellings(one) for one in both] == [[other] for other in reversed(both)]


@pytest.mark.parametrize("one", ["15550002222", "551122334455", "5255555501", "US.1349", ""])
def test_all_others_have_one_spelling(one: str) -> None:
    assert phones.spellings(one) == []
