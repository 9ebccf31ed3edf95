"""Shapes of single values and of arrays."""

import re
import sys
from collections.abc import Sequence
from typing import Any

from trunkline.shape.findings import ABSENT, BROKEN, Findings, did_you_mean

Schema = dict[str, Any]


class Shape:
    """One kind of value. `says` tells people what is right; `about` is the description in the schema."""

    kind = "anything"

    def __init__(self, says: str, about: str) -> None:
        self.says = says
        self.about = about

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The normal form of `value`, which stands at the pointer `at`; what is wrong goes to `findings`."""
        raise NotImplementedError

    def schema(self) -> Schema:
        """JSON Schema (2020-12) of every value that may pass `check`."""
        return {"description": self.about} if self.about else {}

    def wrong_type(self, value: Any, at: str, findings: Findings) -> Any:
        detail = f"This must be {self.kind}, not {_kind_of(value)}."
        findings.refuse(at, "type", detail, found=value, expected=self.says)
        return BROKEN


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {str: "text", bool: "true or false", dict: "an object", list: "an array"}
    return kinds.get(type(value), "a number")


class Anything(Shape):
    """Any JSON value, kept as it is."""

    def __init__(self, about: str = "") -> None:
        super().__init__("anything", about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        return value


class Text(Shape):
    """Text of a certain length and, where `pattern` is given, of that form (which `form` puts into words).

    `empty_is_absent` is for members one may leave out: programs often send `""` for what they do not have.
    """

    kind = "text"

    def __init__(  # noqa: PLR0913 - a declaration: all by name
        self,
        *,
        at_most: int | None = None,
        may_be_empty: bool = False,
        empty_is_absent: bool = False,
        pattern: str | None = None,
        form: str | None = None,
        about: str = "",
    ) -> None:
        length = "" if at_most is None else f" of at most {at_most} characters"
        super().__init__(form or f"text in quotes{length}", about)
        self._least = 0 if may_be_empty else 1
        self._most = sys.maxsize if at_most is None else at_most
        self._empty_is_absent = empty_is_absent
        self._pattern = pattern
        self._matches = re.compile(pattern, re.ASCII).fullmatch if pattern is not None else None

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not str:
            return self.wrong_type(value, at, findings)
        if not self._least <= len(value) <= self._most:
            if not value and self._empty_is_absent:
                return ABSENT
            self._wrong_length(value, at, findings)
        elif self._matches is not None and self._matches(value) is None:
            findings.refuse(at, "format", "This text has the wrong form.", found=value, expected=self.says)
        return value

    def _wrong_length(self, value: str, at: str, findings: Findings) -> None:
        if not value:
            findings.refuse(at, "empty", "This text may not be empty.", found=value, expected=self.says)
        else:
            detail = f"This text has {len(value)} characters; at most {self._most} are allowed."
            findings.refuse(at, "too_long", detail, found=value, expected=self.says)

    def schema(self) -> Schema:
        schema: Schema = {"type": "string", **super().schema()}
        if self._least and not self._empty_is_absent:
            schema["minLength"] = 1
        if self._most != sys.maxsize:
            schema["maxLength"] = self._most
        if self._pattern is not None:
            schema["pattern"] = f"^(?:{self._pattern}){'?' if self._empty_is_absent else ''}$"
        return schema


class Choice(Shape):
    """One word of a few. With `capitals` a word in capital letters will do; the normal form is as listed."""

    kind = "text"

    def __init__(self, *words: str, capitals: bool = False, about: str = "") -> None:
        super().__init__(" or ".join(filter(None, [", ".join(words[:-1]), words[-1]])), about)
        self.words = words
        self.spellings = {word: word for word in words}
        if capitals:
            self.spellings |= {word.upper(): word for word in words}

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not str:
            return self.wrong_type(value, at, findings)
        if value not in self.spellings:
            detail = "This word is not one of those allowed here." + did_you_mean(value, self.words)
            findings.refuse(at, "one_of", detail, found=value, expected=self.says)
            return BROKEN
        return self.spellings[value]

    def schema(self) -> Schema:
        return {"type": "string", **super().schema(), "enum": list(self.spellings)}


class Boolean(Shape):
    """`true` or `false`."""

    kind = "true or false"

    def __init__(self, about: str = "") -> None:
        super().__init__("true or false, without quotes", about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        return value if value is True or value is False else self.wrong_type(value, at, findings)

    def schema(self) -> Schema:
        return {"type": "boolean", **super().schema()}


class Number(Shape):
    """A number in a range."""

    kind = "a number"
    _types: Sequence[type] = (int, float)
    _word = "number"

    def __init__(self, *, at_least: float, at_most: float, about: str = "") -> None:
        super().__init__(f"{self.kind} from {at_least} to {at_most}, without quotes", about)
        self._least = at_least
        self._most = at_most

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) not in self._types:
            return self.wrong_type(value, at, findings)
        if not self._least <= value <= self._most:
            detail = "This number is out of range."
            findings.refuse(at, "out_of_range", detail, found=value, expected=self.says)
        return value

    def schema(self) -> Schema:
        return {"type": self._word, **super().schema(), "minimum": self._least, "maximum": self._most}


class Integer(Number):
    """A whole number in a range; by default what fits into 64 bits with sign."""

    kind = "a whole number"
    _types = (int,)
    _word = "integer"

    def __init__(self, *, at_least: int = -(2**63), at_most: int = 2**63 - 1, about: str = "") -> None:
        super().__init__(at_least=at_least, at_most=at_most, about=about)


class Array(Shape):
    """Values of one shape. Of an array that is too long only the allowed part is looked at."""

    kind = "an array"

    def __init__(self, item: Shape, *, at_least: int = 0, at_most: int, about: str = "") -> None:
        super().__init__(f"an array in [ ] with {at_least} to {at_most} items", about)
        self._item = item
        self._least = at_least
        self._most = at_most

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not list:
            return self.wrong_type(value, at, findings)
        if not self._least <= len(value) <= self._most:
            self._wrong_length(value, at, findings)
        check = self._item.check
        return [check(item, f"{at}/{index}", findings) for index, item in enumerate(value[: self._most])]

    def _wrong_length(self, value: list[Any], at: str, findings: Findings) -> None:
        few = len(value) < self._least
        bound = f"at least {self._least}" if few else f"at most {self._most}"
        detail = f"This array has {len(value)} items; it must have {bound}."
        rule = "too_few" if few else "too_many"
        findings.refuse(at, rule, detail, found=len(value), expected=self.says)

    def schema(self) -> Schema:
        limits = {"minItems": self._least, "maxItems": self._most}
        return {"type": "array", **super().schema(), "items": self._item.schema(), **limits}
