"""Our short way to a number's kind says what the library says."""

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from trunkline.campaigns.phone_kinds import kind_without_whatsapp

_NONE = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}


def test_the_samples_of_every_region_and_kind_are_judged_as_the_library_judges_them() -> None:
    seen = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in PhoneNumberType.values():
            sample = phonenumbers.example_number_for_type(region, kind)
            if sample is None:
                continue
            digits = phonenumbers.format_number(sample, PhoneNumberFormat.E164).removeprefix("+")
            is_none = phonenumbers.number_type(sample) in _NONE
            assert (kind_without_whatsapp(digits) is not None) is is_none, (region, kind, digits)
            seen += 1
    assert seen > 1_000


def test_kinds_are_named_and_what_nobody_knows_passes() -> None:
    assert kind_without_whatsapp("18005550100") == "toll_free"
    assert kind_without_whatsapp("442079460000") == "fixed_line"
    assert kind_without_whatsapp("447700900000") is None
    for unknown in ("15557000001", "999123456", "0", ""):
        assert kind_without_whatsapp(unknown) is None
