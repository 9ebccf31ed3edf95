"""Phone numbers as people and programs write them → the digits of E.164.

Comes in: the text of a `to` or `from`. Goes out: digits without `+`, or a `PhoneError` that says which rule
was broken and what would be right. Required is that a number is *possible* by its country code and length;
one outside every known range (555 numbers, test ranges, ranges newer than our data) is only doubted.

The rules are those of the `phonenumbers` library, and so are its data. Its parser and range check cost 25 to
60 µs a number, and every message passes here; so the plain case (2 µs) is decided from a table made of its
metadata, one entry per country code, and only what may need rewriting, such as a trunk `0` behind the
country code, goes through the parser.
"""

import re
from functools import cache, lru_cache

import msgspec
import phonenumbers
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

MOST_DIGITS = 15  # E.164 §6.2.1
_LONGEST_TEXT = 40
_FULL = "the full number with its country code, as in +1 555 000 1234"

_PLAIN = re.compile(r"\+?([1-9][0-9]{4,14})")
_LAYOUT = str.maketrans("", "", " -.()")
_EXTENSION = re.compile(r"[0-9][ .,;-]*(?:ext|x|#)[ .:=a-z]*[0-9]+$", re.IGNORECASE)
_RANGES = (
    "mobile",
    "fixed_line",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


class PhoneError(ValueError):
    """Not a phone number we can send to. `rule` is a stable word, the other two are for people."""

    def __init__(self, rule: str, detail: str, expected: str = _FULL) -> None:
        self.rule = rule
        self.detail = detail
        self.expected = expected
        super().__init__(detail)


_SPELLINGS = (
    # Mexico: mobile numbers had a 1 behind the country code, which WhatsApp's ids keep.
    (re.compile(r"52([0-9]{10})"), r"521\1"),
    (re.compile(r"521([0-9]{10})"), r"52\1"),
    # Argentina: the 9 of mobile numbers.
    (re.compile(r"54([1-8][0-9]{9})"), r"549\1"),
    (re.compile(r"549([0-9]{10})"), r"54\1"),
    # Brazil: mobile numbers got a ninth digit, which ids made before lack.
    (re.compile(r"55([1-9][0-9])([6-9][0-9]{7})"), r"55\g<1>9\2"),
    (re.compile(r"55([1-9][0-9])9([6-9][0-9]{7})"), r"55\1\2"),
)


def spellings(digits: str) -> list[str]:
    """Other ways in which WhatsApp may name who has this number: none nearly everywhere."""
    if not digits.startswith(("52", "54", "55")):
        return []
    return [re.sub(pattern, into, digits) for pattern, into in _SPELLINGS if pattern.fullmatch(digits)]


@lru_cache(maxsize=1024)
def normalise(text: str) -> tuple[str, str | None]:
    """`+1 (555) 000-1234` → `15550001234` and, where there is one, a doubt to show as a warning."""
    plain = _PLAIN.fullmatch(text)
    digits = plain[1] if plain is not None else _digits_of(text)
    plan = _plan_of(digits)
    national = digits[len(plan.code) :]
    if plan.rewrites(national):
        return _rewritten(digits, plan)
    if len(national) not in plan.lengths:
        return _mexican_mobile(digits) or _rewritten(digits, plan)
    return digits, plan.doubt(national)


def is_normal(digits: str) -> bool:
    """Whether `normalise` would find nothing to change or to refuse: for many, without its doubts."""
    if _PLAIN.fullmatch(digits) is None:
        return False
    try:
        plan = _plan_of(digits)
    except PhoneError:
        return False
    national = digits[len(plan.code) :]
    return len(national) in plan.lengths and not plan.rewrites(national)


def _digits_of(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise PhoneError("phone_too_long", "the text is too long for a phone number")
    bare = text.translate(_LAYOUT).removeprefix("+")
    if not bare:
        raise PhoneError("phone_empty", "there is no phone number here")
    if not (bare.isascii() and bare.isdecimal()):
        raise _strange_characters(text, bare)
    if bare.startswith("0"):
        raise _leading_zero(bare)
    if len(bare) > MOST_DIGITS:
        raise PhoneError(
            "phone_too_long", f"it has {len(bare)} digits, and no phone number has more than {MOST_DIGITS}"
        )
    return bare


def _strange_characters(text: str, bare: str) -> PhoneError:
    if _EXTENSION.search(text):
        return PhoneError("phone_extension", "an extension can not be messaged", "the number without it")
    odd = next(c for c in bare if not (c.isascii() and c.isdecimal()))
    if odd.isdigit() or odd.isdecimal():
        return PhoneError("phone_characters", f"“{odd}” is a digit of another script", "digits 0 to 9")
    if odd == "+":
        return PhoneError("phone_characters", "“+” stands only once, before the country code")
    if odd.isspace() or not odd.isprintable():
        return PhoneError("phone_characters", f"the character U+{ord(odd):04X} does not belong in a number")
    return PhoneError("phone_characters", f"“{odd}” does not belong in a phone number", "digits 0 to 9")


def _leading_zero(bare: str) -> PhoneError:
    if bare.startswith("00"):
        detail = "it starts with 00, a dialling prefix that is not part of the number"
    else:
        detail = "it starts with 0, so its country code is missing"
    return PhoneError("phone_prefix", detail, "+ and the country code in its place, as in +1 555 000 1234")


class _Plan(msgspec.Struct, frozen=True):
    """What the library knows of one country code, in the form that the common case needs."""

    code: str
    lengths: frozenset[int]
    """Of the national number."""
    prefix: re.Pattern[str] | None
    """What a national number starts with when something in it may have to go."""

    def rewrites(self, national: str) -> bool:
        found = self.prefix.match(national) if self.prefix is not None else None
        return found is not None and found.end() > 0

    def doubt(self, national: str) -> str | None:
        if _known_ranges(self.code).fullmatch(national):
            return None
        return f"+{self.code} {national} is not in a known range of its country; it may not exist"


def _plan_of(digits: str) -> _Plan:
    for size in (1, 2, 3):
        plan = _plan(digits[:size])
        if plan is not None:
            return plan
    raise PhoneError("phone_country_code", f"no country code starts a number with {digits[:3]}")


@cache  # bounded: the keys are texts of at most three digits
def _plan(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if regions is None:
        return None
    # The first region speaks for all that share the code, as in the library's own is_possible_number.
    about = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    assert about is not None and about.general_desc is not None  # true of every listed code
    prefix = about.national_prefix_for_parsing
    return _Plan(
        code=code,
        lengths=frozenset(about.general_desc.possible_length),
        prefix=re.compile(prefix) if prefix else None,
    )


@cache
def _known_ranges(code: str) -> re.Pattern[str]:
    """Every range of every region of this code as one pattern: 1 µs where the library takes 5 to 30."""
    patterns: dict[str, None] = {}
    for region in COUNTRY_CODE_TO_REGION_CODE[int(code)]:
        about = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
        for name in _RANGES:
            described = getattr(about, name)
            if described is not None and described.national_number_pattern:
                patterns[f"(?:{described.national_number_pattern})"] = None
    return re.compile("|".join(patterns))


def _mexican_mobile(digits: str) -> tuple[str, str | None] | None:
    """WhatsApp still names Mexican mobiles in the form that ended in 2019, `52 1` and ten digits."""
    if digits.startswith("521") and len(digits) == 13:
        return digits, "+52 1 is the old form of a Mexican mobile; WhatsApp takes it, telephones do not"
    return None


def _rewritten(digits: str, plan: _Plan) -> tuple[str, str | None]:
    """The library's own reading, for what the table alone can not decide."""
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        raise _impossible(digits, plan) from None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _impossible(digits, plan)
    read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    if len(read) > MOST_DIGITS:
        raise _impossible(digits, plan)
    if read == digits:
        return read, plan.doubt(read[len(plan.code) :])
    read, _ = normalise(read)  # a second trunk prefix goes too: one recipient must have one spelling
    return read, f"read as +{read}: what is dialled only inside the country is not part of the number"


def _impossible(digits: str, plan: _Plan) -> PhoneError:
    has = len(digits) - len(plan.code)
    lengths = sorted(n for n in plan.lengths if n + len(plan.code) <= MOST_DIGITS)
    detail = f"after the country code {plan.code} come {_spoken(lengths)} digits, not {has}"
    if has < lengths[0]:
        return PhoneError("phone_too_short", detail)
    if has > lengths[-1]:
        return PhoneError("phone_too_long", detail)
    return PhoneError("phone_length", detail)


def _spoken(lengths: list[int]) -> str:
    """`10` · `7, 9 or 10` · `4 to 13`."""
    if len(lengths) > 2 and lengths[-1] - lengths[0] == len(lengths) - 1:
        return f"{lengths[0]} to {lengths[-1]}"
    *rest, last = [str(n) for n in lengths]
    return f"{', '.join(rest)} or {last}" if rest else last
