"""What one person gets: the gaps of a campaign's content filled with what is known of them.

In come the content, what a member of the audience brings with them, and where each variable comes from. Out
go the person's values (the check stores them with the recipient), and from these the body of a message as
POST /v1/messages takes it, without `to` and `from`. A value is put in once: braces inside it stay text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from trunkline.audiences.members import Member
from trunkline.channels.contract import Checked, Connector
from trunkline.model.campaign import Content, Variable
from trunkline.model.message import Priority
from trunkline.runtime import Runtime

_GAP = re.compile(r"\{\{([^{}]*)\}\}")
"""With the spaces around its name: to look for these here would take for ever where there are many."""

_Fill = Callable[[Mapping[str, str]], Any]


class Filling:
    """A content, taken apart once for all its recipients."""

    def __init__(self, content: Content) -> None:
        bodies: dict[str | None, dict[str, Any]] = {None: content.body}
        bodies.update(content.languages.items())
        self._fills = {language: _fill_of(body) for language, body in bodies.items()}
        self._names = {language: gaps_of(body) for language, body in bodies.items()}
        self._bodies = bodies
        self._by_word = {_word(language): language for language in content.languages}

    @property
    def languages(self) -> Sequence[str | None]:
        """Those that it has a body for; None is the one for everybody else."""
        return tuple(self._names)

    def names(self, language: str | None) -> tuple[str, ...]:
        """Of the variables that this language's body has gaps for; that of all others for a new language."""
        return self._names[language if language in self._names else None]

    def body(self, language: str | None) -> dict[str, Any]:
        """With its gaps."""
        return self._bodies[language if language in self._bodies else None]

    def fill(self, values: Mapping[str, str], language: str | None) -> dict[str, Any]:
        """`KeyError` names a gap that has no value."""
        fill = self._fills[language if language in self._fills else None]
        filled: dict[str, Any] = self.body(language) if fill is None else fill(values)
        return filled

    def language_for(self, person: str | None) -> str | None:
        """In which language a person gets it: theirs with its region, theirs without, or that of `body`."""
        if not person or not self._by_word:
            return None
        word = _word(person)
        return self._by_word.get(word) or self._by_word.get(word.partition("_")[0])


def fill(content: Content, values: Mapping[str, str], language: str | None) -> dict[str, Any]:
    """For one person; for many make a `Filling`."""
    return Filling(content).fill(values, language)


def draft(
    runtime: Runtime, connector: Connector, body: Mapping[str, Any], address: str, purpose: str
) -> Checked:
    """A filled body, addressed and held against the rules of its kind: what may be stored, or why not."""
    to = {"to": address} if address.isdecimal() else {"recipient": address}
    checked = connector.check({**body, **to}, now=runtime.clock.now(), http_links=runtime.http_links())
    if checked.draft is None:
        return checked
    bulk = msgspec.structs.replace(checked.draft, priority=Priority.BULK, purpose=purpose)
    return checked._replace(draft=bulk)


def gaps_of(body: Any) -> tuple[str, ...]:
    """The names of all gaps in the texts inside, each once, as they stand."""
    if isinstance(body, str):
        return tuple(dict.fromkeys(name.strip() for name in _GAP.findall(body)))
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return tuple(dict.fromkeys(name for value in inner for name in gaps_of(value)))


def values_for(
    member: Member, names: Sequence[str], variables: Mapping[str, Variable]
) -> tuple[dict[str, str], list[str]]:
    """The values of these variables for a person, and the names of those that have none.

    A text of nothing but spaces is none: the next source is asked, and then the default.
    """
    values: dict[str, str] = {}
    missing: list[str] = []
    for name in names:
        value = _value(member, name, variables.get(name))
        if value:
            values[name] = value
        else:
            missing.append(name)
    return values, missing


def _value(member: Member, name: str, source: Variable | None) -> str:
    """A variable that names neither column nor attribute is looked for under its own name in both."""
    column = attribute = name
    default = None
    if source is not None:
        default = source.default
        if source.column is not None or source.attribute is not None:
            column, attribute = source.column or "", source.attribute or ""
    return (
        member.columns.get(column, "").strip()
        or member.attributes.get(attribute, "").strip()
        or _own(member, attribute)
        or (default or "").strip()
    )


def _own(member: Member, attribute: str) -> str:
    match attribute:
        case "name":
            return (member.name or "").strip()
        case "phone":
            return f"+{member.address}" if member.address.isdecimal() else ""
        case "language":
            return member.language or ""
        case _:
            return ""


def _fill_of(value: Any) -> _Fill | None:
    """None where there is no gap: the very same object serves everybody."""
    if isinstance(value, str):
        return _fill_of_text(value)
    if isinstance(value, dict):
        return _fill_of_dict(value)
    return _fill_of_list(value) if isinstance(value, list) else None


def _fill_of_text(text: str) -> _Fill | None:
    pieces = _GAP.split(text)  # text, name, text, name, … text
    pieces[1::2] = [name.strip() for name in pieces[1::2]]
    if len(pieces) == 1:
        return None
    if len(pieces) == 3 and not pieces[0] and not pieces[2]:
        name = pieces[1]
        return lambda values: values[name]
    frame, names = "%s".join(piece.replace("%", "%%") for piece in pieces[::2]), pieces[1::2]
    return lambda values: frame % tuple(values[name] for name in names)


def _fill_of_dict(value: dict[str, Any]) -> _Fill | None:
    changed = [(key, fill) for key, inner in value.items() if (fill := _fill_of(inner)) is not None]
    if not changed:
        return None
    return lambda values: value | {key: fill(values) for key, fill in changed}


def _fill_of_list(value: list[Any]) -> _Fill | None:
    fills = [_fill_of(inner) for inner in value]
    if all(fill is None for fill in fills):
        return None
    pairs = list(zip(value, fills, strict=True))
    return lambda values: [inner if fill is None else fill(values) for inner, fill in pairs]


def _word(language: str) -> str:
    return language.replace("-", "_").lower()
