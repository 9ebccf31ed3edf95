"""Texts of a definition, and samples for their gaps: shapes of header, body and footer. Pure.

Meta answers code 100 with a subcode to what is wrong here: 2388040 too long, 2388043 no sample, 2388047
header, 2388072 body, 2388073 footer, 2388293 too many gaps for the words, 2388299 a gap at either end.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
"""

import re
from itertools import pairwise
from typing import Any

from trunkline.channels.whatsapp_cloud.templates.samples import is_file
from trunkline.channels.whatsapp_cloud.templates.setting import Setting
from trunkline.channels.whatsapp_cloud.templates.variables import (
    gaps_of,
    is_number,
    marked,
    names_of,
    without_gaps,
)
from trunkline.shape import Anything, Array, Findings, Object, Shape, Text
from trunkline.shape.findings import did_you_mean

HEADER_TEXT = FOOTER_TEXT = 60
_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_MARKUP = re.compile(r"[*_~`\n\r\t]")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n[^\S\n]*\n")
# Letters of scripts that are written without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
# Regional indicators, pictographs and the selectors that make a picture of a letter.
_EMOJI = re.compile("[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\ufe0f\u20e3]")


class Wording(Text):
    """Text with gaps, which have to be well formed."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        text = super().check(value, at, findings)
        if type(text) is str and ("{{" in text or "}}" in text):
            _check_gaps(text, at, findings)
        return text


class Fixed(Text):
    """Text that may not have gaps."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        text = super().check(value, at, findings)
        if type(text) is str and "{{" in text:
            detail = "There are no variables in this text: it is the same in each message."
            findings.refuse(at, "variable_not_allowed", detail, found=text, expected=self.says)
        return text


def _check_gaps(text: str, at: str, findings: Findings) -> None:
    bare = without_gaps(text)
    if "{{" in bare or "}}" in bare:
        detail = "A variable is not closed, or its braces do not match."
        findings.refuse(at, "variable_braces", detail, found=text, expected="{{1}}, with two braces each")
        return
    setting: Setting = findings.setting
    for gap in gaps_of(text):
        if text[gap.start : gap.end] != f"{{{{{gap.name}}}}}":
            detail = f"Variables are written without spaces: {{{{{gap.name}}}}}."
            findings.refuse(at, "variable_form", detail, found=text[gap.start : gap.end])
    (_check_names if setting.is_named else _check_numbers)(text, at, findings)


def _check_names(text: str, at: str, findings: Findings) -> None:
    for name in names_of(text):
        if _NAME.fullmatch(name) is None:
            detail = f"“{name[:60]}” can not be the name of a variable."
            expected = "lower-case letters, digits and underscores, such as {{first_name}}"
            findings.refuse(at, "variable_form", detail, found=name, expected=expected)


def _check_numbers(text: str, at: str, findings: Findings) -> None:
    names = names_of(text)
    words = [name for name in names if not is_number(name)]
    if words:
        detail = f"“{words[0][:60]}” is no number; this template's variables are numbered."
        expected = 'numbers from {{1}} on, or "parameter_format": "NAMED"'
        findings.refuse(at, "variable_form", detail, found=words[0], expected=expected)
    elif list(names) != [str(number) for number in range(1, len(names) + 1)]:
        given = ", ".join(f"{{{{{name}}}}}" for name in names)
        detail = f"Variables are numbered from 1 on without gaps; here they are {given}."
        findings.refuse(at, "variable_order", detail, found=given)


def check_body(body: dict[str, Any], at: str, findings: Findings) -> None:
    text = body.get("text")
    if type(text) is not str:
        return
    names = names_of(text)
    _check_places(text, names, f"{at}/text", findings)
    if _BLANK_LINES.search(text) is not None:
        detail = "More than one empty line in a row stands in this text."
        findings.refuse(f"{at}/text", "blank_lines", detail, expected="at most two line breaks in a row")
    check_samples(body, names, "body_text", at, findings)


def _check_places(text: str, names: tuple[str, ...], at: str, findings: Findings) -> None:
    bare, gaps = text.strip(), gaps_of(text)
    if bare.startswith("{{") or bare.endswith("}}"):
        first = bare.startswith("{{")
        edge = "begins" if first else "ends"
        gap = gaps[0 if first else -1] if gaps else None
        where = f": “{marked(text, gap.name)}”" if gap is not None else ""
        detail = f"The text {edge} with a variable{where}. Meta refuses that (2388299)."
        findings.refuse(at, "variable_at_edge", detail, expected="words before the first and after the last")
    for one, other in pairwise(gaps):
        if not text[one.end : other.start].strip():
            detail = f"{{{{{one.name}}}}} and {{{{{other.name}}}}} stand side by side."
            findings.refuse(at, "variables_adjacent", detail, expected="words between two variables")
    words = len(_WORDS.findall(without_gaps(text)))
    if names and words < 2 * len(names) + 1:
        dense = f"{_count(len(names), 'variable')} in a text of {_count(words, 'word')}"
        detail = f"{dense}: Meta refuses that (2388293)."
        expected = f"at least {2 * len(names) + 1} words beside the variables, or fewer of these"
        findings.refuse(at, "variables_dense", detail, expected=expected)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def check_text_header(header: dict[str, Any], at: str, findings: Findings) -> None:
    text = header.get("text")
    if type(text) is not str:
        return
    names = names_of(text)
    if len(names) > 1:
        detail = f"A header has at most one variable; this one has {len(names)}."
        findings.refuse(f"{at}/text", "too_many_variables", detail, found=text)
    plain = without_gaps(text)
    if _MARKUP.search(plain) is not None or has_emoji(plain):
        detail = "A header has no line breaks, emoji or characters of formatting (* _ ~ `)."
        findings.refuse(f"{at}/text", "header_characters", detail, found=text, expected="plain words")
    check_samples(header, names, "header_text", at, findings)


def check_footer(footer: dict[str, Any], at: str, findings: Findings) -> None:
    text = footer.get("text")
    if type(text) is str and ("\n" in text or "\r" in text):
        findings.refuse(f"{at}/text", "line_break", "A footer has no line breaks.", found=text)


def has_emoji(text: str) -> bool:
    return _EMOJI.search(text) is not None


def count_emoji(text: str) -> int:
    return len(_EMOJI.findall(text.replace("\ufe0f", "").replace("\u20e3", "")))


def check_samples(
    component: dict[str, Any], names: tuple[str, ...], key: str, at: str, findings: Findings
) -> None:
    """One for each gap; brought into the one form that Meta gives back."""
    example = component.get("example")
    if not names:
        component.pop("example", None)
        return
    form = f"{key}_named_params" if findings.setting.is_named else key
    if type(example) is not dict or form not in example:
        given = ", ".join(f"{{{{{name}}}}}" for name in names)
        detail = f"There is no sample for {given}: Meta's reviewers want to see one for each variable."
        findings.refuse(f"{at}/example", "sample_missing", detail, expected=_samples_like(form, names))
        return
    reader = _named_samples if findings.setting.is_named else _samples
    component["example"] = {form: reader(example[form], names, key, f"{at}/example/{form}", findings)}


def _samples(given: Any, names: tuple[str, ...], key: str, at: str, findings: Findings) -> list[Any]:
    """`["Ada", "A-1"]`, or as Meta writes that of a body, `[["Ada", "A-1"]]`."""
    rows = given if type(given) is list else [given]
    is_nested = bool(rows) and type(rows[0]) is list
    values, here = (rows[0], f"{at}/0") if is_nested else (rows, at)
    if len(values) != len(names):
        detail = f"There are {len(values)} samples for {len(names)} variables."
        findings.refuse(at, "sample_count", detail, found=given, expected=_samples_like(key, names))
    for index, value in enumerate(values):
        if type(value) is not str or not value.strip():
            findings.refuse(
                f"{here}/{index}", "sample_form", "A sample is text that is not empty.", found=value
            )
    return [values] if key == "body_text" else values


def _named_samples(
    given: Any, names: tuple[str, ...], key: str, at: str, findings: Findings
) -> list[dict[str, str]]:
    rows = _NAMED_SAMPLES.check(given, at, findings)
    known: dict[str, str] = {}
    for index, row in enumerate(rows if type(rows) is list else ()):
        name = row.get("param_name") if type(row) is dict else None
        if type(name) is not str:
            continue
        if name not in names:
            detail = f"There is no variable of this name.{did_you_mean(name, names)}"
            findings.refuse(f"{at}/{index}/param_name", "sample_name", detail, found=name)
        elif name in known:
            findings.refuse(f"{at}/{index}", "duplicate", f"There are two samples for {name}.", found=name)
        known[name] = row.get("example", "")
    for name in names:
        if name not in known:
            detail = f"There is no sample for {{{{{name}}}}}."
            findings.refuse(
                at, "sample_missing", detail, expected=_samples_like(f"{key}_named_params", names)
            )
    return [{"param_name": name, "example": known.get(name, "")} for name in names]


def _samples_like(form: str, names: tuple[str, ...]) -> str:
    if form.endswith("_named_params"):
        return f'"{form}": [{{"param_name": "{names[0]}", "example": "…"}}]'
    inner = ", ".join('"…"' for _ in names[:5])
    return f'"{form}": [[{inner}]]' if form == "body_text" else f'"{form}": [{inner}]'


_NAMED_SAMPLES = Array(Object({"param_name": Text(), "example": Text()}), at_most=256)
EXAMPLE = Object({}, {"body_text": Anything(), "body_text_named_params": Anything()})
HEADER_EXAMPLE = Object({}, {"header_text": Anything(), "header_text_named_params": Anything()})


class Handles(Shape):
    """A sample file: an id of ours, a link, or Meta's handle; alone, or in an array as Meta has it."""

    kind = "text, or an array of one"
    _name = Text(at_most=8192)

    def __init__(self) -> None:
        says = "a media id such as med_…, an https link, or a handle of Meta's such as 4::…"
        super().__init__(says, "A sample file; by an id of an upload here, a link, or Meta's handle.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        given = value if type(value) is list else [value]
        if len(given) != 1:
            detail = f"A header has one sample file; here are {len(given)}."
            findings.refuse(at, "sample_count", detail, found=len(given), expected=self.says)
            return given[:1]
        here = at if given is not value else f"{at}/0"
        name = self._name.check(given[0], here, findings)
        if type(name) is str and name and not is_file(name) and ":" not in name:
            detail = "This is neither the id of an upload nor a link nor a handle of Meta's."
            findings.refuse(here, "sample_form", detail, found=name, expected=self.says)
        return [name]

    def schema(self) -> dict[str, Any]:
        text = self._name.schema()
        several = {"type": "array", "items": text, "minItems": 1, "maxItems": 1}
        return {**super().schema(), "anyOf": [text, several]}
