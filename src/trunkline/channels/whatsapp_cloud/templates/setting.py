"""What the shapes of a definition's parts have to know of the whole, and words in either case. Pure."""

from typing import Any, NamedTuple

from trunkline.shape import Choice, Findings


class Setting(NamedTuple):
    category: str
    is_named: bool
    has_offer: bool = False


class Word(Choice):
    """One of Meta's words, in capitals as Meta writes it; in small letters it will do."""

    def __init__(self, *words: str, about: str = "") -> None:
        super().__init__(*words, about=about)
        self.spellings |= {word.lower(): word for word in words}


def setting_of(body: Any) -> Setting:
    """From a body that was not checked yet."""
    if type(body) is not dict:
        return Setting("", is_named=False)
    components = body.get("components")
    parts = components if type(components) is list else ()
    types = {_word(part.get("type")) for part in parts if type(part) is dict}
    return Setting(
        _word(body.get("category")),
        _word(body.get("parameter_format")) == "NAMED",
        "LIMITED_TIME_OFFER" in types,
    )


def _word(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""


def in_capitals(value: dict[str, Any], at: str, findings: Findings) -> None:
    """A rule: the type of a component or a button as Meta gives it back."""
    if type(value.get("type")) is str:
        value["type"] = value["type"].upper()
