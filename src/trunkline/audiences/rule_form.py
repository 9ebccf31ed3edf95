"""The rule of a segment as a caller writes it: checked to its last leaf, every problem with its place.

Out goes the same JSON in its normal form, which is what is stored and what `rules.py` reads.
"""

from typing import Any

from trunkline.audiences.attribute_tests import TESTS, comparable
from trunkline.model import ids
from trunkline.shape import BROKEN, Array, Boolean, Choice, Findings, Integer, Object, Schema, Shape, Text

_DEEPEST = 8
_MOST_PARTS = 50
_MOST_LEAVES = 200
"""Of a whole rule: each may be a question to the store for every person."""
_LONGEST_DAYS = 3650

_TAG = Text(at_most=64, about="Those who have this tag.")
_NAME = Text(at_most=64, about="An attribute; also `name`, `phone` and `language`.")
_TEXT = Text(at_most=500)
_DAYS = Integer(at_least=1, at_most=_LONGEST_DAYS)
_PURPOSE = Text(pattern="[a-z0-9][a-z0-9_.-]{0,63}", form="a word in small letters")


class ListId(Text):
    def __init__(self) -> None:
        super().__init__(at_most=64, form="the id of a list", about="Those who are on this list.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and not ids.is_id(value, ids.LIST):
            findings.refuse(at, "format", "This is not the id of a list.", found=value, expected=self.says)
            return BROKEN
        return super().check(value, at, findings)


class Comparable(Text):
    def __init__(self) -> None:
        super().__init__(at_most=40, form='a number such as "12.5", or a day such as "2026-01-31"')

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) in (int, float):
            value = str(value)
        if type(value) is str and not comparable(value):
            detail = "Only numbers and days can be more or less than others."
            findings.refuse(at, "format", detail, found=value, expected=self.says)
            return BROKEN
        return super().check(value, at, findings)

    def schema(self) -> Schema:
        return {"type": ["string", "number"], "description": "A number, or a day such as 2026-01-31."}


def _one_test(value: dict[str, Any], at: str, findings: Findings) -> None:
    given = [name for name in TESTS if name in value]
    if len(given) != 1:
        detail = (
            "What is asked of the attribute is missing." if not given else "Only one can be asked at once."
        )
        findings.refuse(at, "one_of", detail, expected=f"one of {', '.join(TESTS)}")


_LEAVES: dict[str, Object] = {
    "tag": Object({"tag": _TAG}),
    "attribute": Object(
        {"attribute": _NAME},
        {
            "is": _TEXT,
            "is_not": _TEXT,
            "one_of": Array(_TEXT, at_least=1, at_most=200),
            "contains": _TEXT,
            "more_than": Comparable(),
            "less_than": Comparable(),
            "exists": Boolean(),
        },
        rules=(_one_test,),
    ),
    "list": Object({"list": ListId()}),
    "language": Object({"language": Text(at_most=20, about="`en`, or exactly `en_GB`.")}),
    "country": Object({"country": Text(pattern="[A-Z]{2}", form="two capital letters, as in DE")}),
    "window": Object({"window": Choice("open", "closed", about="Whether they may be written to freely.")}),
    "wrote_within_days": Object({"wrote_within_days": _DAYS}),
    "read_within_days": Object({"read_within_days": _DAYS}),
    "received_within_days": Object({"received_within_days": _DAYS}),
    "created_within_days": Object({"created_within_days": _DAYS}),
    "opted_in": Object({"opted_in": _PURPOSE}),
    "opted_out": Object({"opted_out": Choice("all", "marketing")}),
}
WORDS = ("all", "any", "not", *_LEAVES)


class RuleForm(Shape):
    """A rule: `all`, `any` or `not` of rules, or a leaf."""

    kind = "an object"

    def __init__(self, about: str, depth: int = 1) -> None:
        super().__init__(f"an object with one of {', '.join(WORDS)}", about)
        self._depth = depth

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        word = next((each for each in WORDS if each in value), None)
        if word is None:
            detail = "This is no rule that is known here."
            findings.refuse(at, "one_of", detail, found=next(iter(value), None), expected=self.says)
            return BROKEN
        if self._depth > _DEEPEST:
            findings.refuse(at, "too_deep", f"Rules go at most {_DEEPEST} deep.")
            return BROKEN
        if self._depth == 1 and _leaves(value) > _MOST_LEAVES:
            findings.refuse(at, "too_many", f"A rule has at most {_MOST_LEAVES} parts in all.")
            return BROKEN
        return self._kind_of(word).check(value, at, findings)

    def _kind_of(self, word: str) -> Object:
        if word in _LEAVES:
            return _LEAVES[word]
        inner = RuleForm("", self._depth + 1)
        return Object({word: inner if word == "not" else Array(inner, at_most=_MOST_PARTS)})

    def schema(self) -> Schema:
        """Not how rules stand in rules, which the document says in words."""
        members = {name: part.schema() for leaf in _LEAVES.values() for name, part in leaf.members.items()}
        parts: Schema = {"type": "array", "items": {"type": "object"}, "maxItems": _MOST_PARTS}
        members |= {"all": parts, "any": parts, "not": {"type": "object"}}
        return {"type": "object", **super().schema(), "properties": members, "minProperties": 1}


def _leaves(rule: Any, depth: int = 1) -> int:
    """Of anything that came as a rule, as deep as rules may go."""
    if type(rule) is not dict or depth > _DEEPEST:
        return 1
    parts = [part for word in ("all", "any") if type(rule.get(word)) is list for part in rule[word]]
    parts += [rule["not"]] if "not" in rule else []
    return sum(_leaves(part, depth + 1) for part in parts) or 1
