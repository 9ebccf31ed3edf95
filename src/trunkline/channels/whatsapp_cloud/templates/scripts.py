"""Which script a language is written in, and how wide a text is on a phone. Data, and pure."""

import unicodedata
from collections import Counter

_SCRIPTS = {
    "ar": "ARABIC",
    "fa": "ARABIC",
    "ur": "ARABIC",
    "ps": "ARABIC",
    "prs": "ARABIC",
    "he": "HEBREW",
    "el": "GREEK",
    "ru": "CYRILLIC",
    "uk": "CYRILLIC",
    "bg": "CYRILLIC",
    "mk": "CYRILLIC",
    "be": "CYRILLIC",
    "ky": "CYRILLIC",
    "hi": "DEVANAGARI",
    "mr": "DEVANAGARI",
    "bn": "BENGALI",
    "gu": "GUJARATI",
    "pa": "GURMUKHI",
    "ta": "TAMIL",
    "te": "TELUGU",
    "kn": "KANNADA",
    "ml": "MALAYALAM",
    "si": "SINHALA",
    "th": "THAI",
    "lo": "LAO",
    "ka": "GEORGIAN",
    "ko": "HANGUL",
    "ja": "JAPANESE",
    "zh": "CJK",
}
_MIXED = frozenset({"sr", "kk", "uz", "az", "ha", "ms"})
"""Written in more than one script, so that nothing can be said."""
_OF_NAME = {"HIRAGANA": "JAPANESE", "KATAKANA": "JAPANESE"}
_ENOUGH = 12  # letters, from which on a text can be judged


def script_of(language: str) -> str | None:
    code = language.partition("_")[0]
    return None if code in _MIXED else _SCRIPTS.get(code, "LATIN")


def foreign_script(text: str, language: str) -> str | None:
    """The script that nearly all letters are of, when that language is not written in it."""
    wanted = script_of(language)
    letters = [letter for letter in text if letter.isalpha()]
    if wanted is None or len(letters) < _ENOUGH:
        return None
    counts = Counter(_script(letter) for letter in letters)
    script, count = counts.most_common(1)[0]
    fits = {wanted} | ({"CJK"} if wanted in ("JAPANESE", "HANGUL") else set())
    is_foreign = script not in fits and count > 0.8 * len(letters) and not any(counts[one] for one in fits)
    return script.capitalize() if is_foreign else None


def width_of(text: str) -> int:
    """In letters of Latin; one of Chinese, Japanese or Korean takes the room of two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _script(letter: str) -> str:
    words = unicodedata.name(letter, "UNKNOWN").split(" ")
    return _OF_NAME.get(words[0], words[0])
