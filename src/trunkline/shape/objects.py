"""Shapes of objects: members known by name, and objects of several kinds told apart by one member."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trunkline.shape.findings import ABSENT, BROKEN, Findings, child, did_you_mean
from trunkline.shape.values import Anything, Choice, Schema, Shape

Rule = Callable[[dict[str, Any], str, Findings], None]
"""`rule(value, at, findings)` looks at the normal form of an object, and may tidy it in place."""
_NOTHING: Mapping[str, Any] = {}


class Object(Shape):
    """An object whose members are all known.

    `ignored` are members that are taken, dropped and warned of; `misplaced` are members that belong
    somewhere else. Both map the name to a sentence. `also` holds keywords for the schema that say what the
    rules say.
    """

    kind = "an object"

    def __init__(  # noqa: PLR0913 - a declaration: all but the first two by name
        self,
        required: Mapping[str, Shape] = _NOTHING,
        optional: Mapping[str, Shape] = _NOTHING,
        *,
        rules: Sequence[Rule] = (),
        ignored: Mapping[str, str] = _NOTHING,
        misplaced: Mapping[str, str] = _NOTHING,
        also: Mapping[str, Any] = _NOTHING,
        about: str = "",
    ) -> None:
        needs = f"with {', '.join(required)}" if required else f"with some of {', '.join(optional)}"
        super().__init__(f"an object {needs}" if required or optional else "nothing, or {}", about)
        self.required = dict(required)
        self.optional = dict(optional)
        self.rules = tuple(rules)
        self.ignored = dict(ignored)
        self.misplaced = dict(misplaced)
        self.also = dict(also)
        self.members = self.required | self.optional

    def without(self, other: "Object") -> "Object":
        """The same less the members that `other` has."""
        return Object(
            {name: shape for name, shape in self.required.items() if name not in other.members},
            {name: shape for name, shape in self.optional.items() if name not in other.members},
            rules=self.rules,
            ignored=self.ignored,
            misplaced=self.misplaced,
            also=self.also,
            about=self.about,
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        members = self.members
        normal: dict[str, Any] = {}
        for name, given in value.items():
            shape = members.get(name)
            if shape is None:
                self._stranger(name, given, at, findings)
            elif given is not None:
                kept = shape.check(given, f"{at}/{name}", findings)
                if kept is not ABSENT:
                    normal[name] = kept
        for name in self.required:
            if name not in normal:
                self._missing(name, value, at, findings)
        for rule in self.rules:
            rule(normal, at, findings)
        return normal

    def _stranger(self, name: str, given: Any, at: str, findings: Findings) -> None:
        if name in self.ignored:
            if given is not None:
                findings.warn(child(at, name), "ignored", self.ignored[name], found=given)
        elif name in self.misplaced:
            if given is not None:
                why = self.misplaced[name]
                findings.refuse(child(at, name), "misplaced_member", why, found=given, expected=self._only())
        elif not findings.full:
            detail = "There is no member of this name here." + did_you_mean(name, self.members)
            findings.refuse(child(at, name), "unknown_member", detail, found=given, expected=self._only())

    def _only(self) -> str:
        return "only " + ", ".join(self.members) if self.members else "no members"

    def _missing(self, name: str, value: dict[str, Any], at: str, findings: Findings) -> None:
        says = self.required[name].says
        if name not in value:
            findings.refuse(child(at, name), "required", f"`{name}` is missing.", expected=says)
        else:
            detail = f"`{name}` is required; {'null' if value[name] is None else 'nothing'} will not do."
            findings.refuse(child(at, name), "required", detail, found=value[name], expected=says)

    def schema(self) -> Schema:
        members = {name: shape.schema() for name, shape in self.required.items()}
        members |= {name: _or_null(shape.schema()) for name, shape in self.optional.items()}
        members |= {name: {"description": why, "deprecated": True} for name, why in self.ignored.items()}
        schema: Schema = {"type": "object", **super().schema(), "properties": members}
        if self.required:
            schema["required"] = list(self.required)
        return schema | {"additionalProperties": False} | self.also


def _or_null(schema: Schema) -> Schema:
    """The same, or null: what an optional member may be."""
    if not isinstance(schema.get("type"), str) or schema.keys() & {"oneOf", "anyOf"}:
        return {"anyOf": [schema, {"type": "null"}]} if schema.keys() - {"description"} else schema
    nullable = schema | {"type": [schema["type"], "null"]}
    return nullable | {"enum": [*schema["enum"], None]} if "enum" in schema else nullable


class Tagged(Shape):
    """Objects of several kinds, told apart by the member `tag`, which the `kinds` themselves leave out."""

    kind = "an object"

    def __init__(
        self, tag: str, kinds: Mapping[str, Object], *, capitals: bool = False, about: str = ""
    ) -> None:
        super().__init__(f"an object with {tag}", about)
        self._tag = tag
        self._words = Choice(*kinds, capitals=capitals)
        self._homes = _homes(kinds)
        self._common = _common(kinds)
        self._kinds = {word: self._with_tag(word, kind, capitals) for word, kind in kinds.items()}
        self._by_spelling = {given: self._kinds[word] for given, word in self._words.spellings.items()}
        self._any = self._any_kind(kinds)

    def _with_tag(self, word: str, kind: Object, capitals: bool) -> Object:
        """The kind with its tag, and with a sentence for each member that belongs to other kinds."""
        misplaced = {
            name: f"`{name}` belongs to {self._tag} {' or '.join(words)}; here the {self._tag} is {word}."
            for name, words in self._homes.items()
            if word not in words
        }
        return Object(
            {self._tag: Choice(word, capitals=capitals), **kind.required},
            kind.optional,
            rules=kind.rules,
            ignored=kind.ignored,
            misplaced=misplaced | kind.misplaced,
            also=kind.also,
            about=kind.about,
        )

    def _any_kind(self, kinds: Mapping[str, Object]) -> Object:
        """For a value whose kind is not known: checks what does not depend on it."""
        members: dict[str, Shape] = {self._tag: self._words}
        for kind in kinds.values():
            for name, shape in kind.members.items():
                members[name] = shape if members.setdefault(name, shape) is shape else Anything()
        first, *others = kinds.values()
        return Object(
            self._common.required,
            {name: shape for name, shape in members.items() if name not in self._common.required},
            rules=[rule for rule in first.rules if all(rule in kind.rules for kind in others)],
            ignored={name: why for kind in kinds.values() for name, why in kind.ignored.items()},
        )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        word = value.get(self._tag)
        kind = self._by_spelling.get(word) if type(word) is str else None
        if kind is not None:
            return kind.check(value, at, findings)
        if word is None:
            self._untagged(value, at, findings)
        self._any.check(value, at, findings)
        return BROKEN

    def _untagged(self, value: dict[str, Any], at: str, findings: Findings) -> None:
        meant = {self._homes[name][0] for name in value if len(self._homes.get(name, ())) == 1}
        expected = f'"{self._tag}": "{meant.pop()}"' if len(meant) == 1 else self._words.says
        findings.refuse(child(at, self._tag), "required", f"`{self._tag}` is missing.", expected=expected)

    def schema(self) -> Schema:
        """The members that all kinds share once, then what each kind adds."""
        kinds = [{"title": word, **_open(kind.without(self._common))} for word, kind in self._kinds.items()]
        shared = _open(self._common) | super().schema()
        return shared | {"oneOf": kinds, "unevaluatedProperties": False}


def _homes(kinds: Mapping[str, Object]) -> dict[str, list[str]]:
    """Member → the kinds that know it."""
    homes: dict[str, list[str]] = {}
    for word, kind in kinds.items():
        for name in kind.members:
            homes.setdefault(name, []).append(word)
    return homes


def _common(kinds: Mapping[str, Object]) -> Object:
    """The members that mean the same in every kind."""
    first, *others = kinds.values()

    def shared(members: Mapping[str, Shape], of: str) -> dict[str, Shape]:
        return {
            name: shape
            for name, shape in members.items()
            if all(getattr(other, of).get(name) is shape for other in others)
        }

    return Object(shared(first.required, "required"), shared(first.optional, "optional"))


def _open(shape: Object) -> Schema:
    """Its schema as a part of a larger one, which says itself that nothing else may be there."""
    schema = shape.schema()
    del schema["additionalProperties"]
    return schema
