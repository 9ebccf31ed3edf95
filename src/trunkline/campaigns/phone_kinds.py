"""Whether a phone number is of a kind that may have WhatsApp. Pure.

In come the digits of E.164; out goes the kind's name when it has none, such as `toll_free`. The ranges are
those of the `phonenumbers` library, whose own look-up costs 30 to 60 µs: here there is one pattern for each
country code. A number in no known range passes, and so does one in a range of mobile and fixed lines.
"""

import re
from collections.abc import Iterable
from functools import cache

import phonenumbers
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

_MAY = ("mobile", "voip", "personal_number")
_MAY_NOT = ("toll_free", "premium_rate", "shared_cost", "pager", "uan", "voicemail", "fixed_line")


def kind_without_whatsapp(digits: str) -> str | None:
    """None where it may have WhatsApp."""
    for size in (1, 2, 3):
        patterns = _patterns(digits[:size])
        if patterns is not None:
            may, may_not = patterns
            if may.fullmatch(digits, size) is not None:
                return None
            found = may_not.fullmatch(digits, size)
            return found.lastgroup if found is not None else None
    return None


@cache  # bounded: the keys are texts of at most three digits
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """Of numbers that may have WhatsApp in any region of the code, and of those that have none."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0))
    if regions is None:
        return None
    may, may_not = _joined(code, regions, _MAY), _joined(code, regions, _MAY_NOT)
    named = [f"(?P<{name}>{pattern})" for name, pattern in may_not.items()]
    return _compiled(may.values()), _compiled(named)


def _joined(code: str, regions: tuple[str, ...], kinds: tuple[str, ...]) -> dict[str, str]:
    """Kind → its ranges, without kinds that have none."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in kinds}
    for region in regions:
        about = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
        for kind in kinds:
            described = getattr(about, kind)
            if described is not None and described.national_number_pattern:
                found[kind][f"(?:{described.national_number_pattern})"] = None
    return {kind: "|".join(patterns) for kind, patterns in found.items() if patterns}


def _compiled(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)")
