"""The parameters that fill a header or a body: enough, the right ones, and fit to print. Pure.

Meta refuses a send whose parameters are too few or too many (132000), of another name (132012), with line
breaks, tabs or more than four spaces in a row (132018), or too long once they are filled in (132005).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.channels.whatsapp_cloud.templates.definition import Wording
from trunkline.channels.whatsapp_cloud.templates.sent import Parameters, Sent
from trunkline.channels.whatsapp_cloud.templates.variables import fill, marked, shown
from trunkline.shape import Findings
from trunkline.shape.findings import did_you_mean

_UNFIT = re.compile(r"[\n\r\t]| {5}")


def match_wording(  # noqa: PLR0913 - all of it is asked
    what: str, wording: Wording, sent: Sent, findings: Findings, *, is_named: bool, longest: int
) -> None:
    parameters = sent.parameters(what)
    if not parameters and not wording.names:
        return
    known = len(findings.problems)
    at = f"{sent.pointer(what)}/parameters" if what in sent.by_type else sent.at
    assign = _by_name if is_named else _by_place
    values = assign(what, wording, parameters, at, findings)
    for name in wording.names:
        if name not in values:
            _missing(what, name, wording, at, findings)
    if len(findings.problems) == known:
        _match_length(what, fill(wording.text, values), at, longest, findings)


def text_of(parameter: Mapping[str, Any]) -> str:
    """What is shown of a parameter."""
    value = parameter[parameter["type"]]
    return str(value["fallback_value"] if isinstance(value, dict) else value)


def _by_place(
    what: str, wording: Wording, parameters: Parameters, at: str, findings: Findings
) -> dict[str, str]:
    values: dict[str, str] = {}
    for index, parameter in enumerate(parameters):
        here = f"{at}/{index}"
        if index >= len(wording.names):
            _extra(what, wording, here, parameter, findings)
            break  # one is enough: those that follow are too many as well
        if parameter.get("parameter_name", wording.names[index]) != wording.names[index]:
            detail = f"The gaps of this template have numbers, no names. {_says(wording.text)}"
            findings.refuse(
                f"{here}/parameter_name",
                "parameter_name",
                detail,
                found=parameter["parameter_name"],
                expected="parameters without names, in the order of the gaps",
            )
        values[wording.names[index]] = _checked(wording, wording.names[index], parameter, here, findings)
    return values


def _by_name(
    what: str, wording: Wording, parameters: Parameters, at: str, findings: Findings
) -> dict[str, str]:
    values: dict[str, str] = {}
    for index, parameter in enumerate(parameters):
        here, name = f"{at}/{index}", parameter.get("parameter_name")
        if not wording.names:
            _extra(what, wording, here, parameter, findings)
            break
        if name is None:
            detail = "This parameter names no gap; the gaps of this template have names."
            expected = f"`parameter_name`: {' or '.join(wording.names)}"
            findings.refuse(f"{here}/parameter_name", "parameter_name", detail, expected=expected)
        elif name not in wording.names:
            near = did_you_mean(name, wording.names)
            detail = f"The {what} has no gap of this name.{near} {_says(wording.text)}"
            expected = " or ".join(wording.names)
            findings.refuse(f"{here}/parameter_name", "parameter_name", detail, found=name, expected=expected)
        elif name in values:
            detail = f"{_braced(name)} is given twice."
            findings.refuse(f"{here}/parameter_name", "parameter_twice", detail, found=name)
        else:
            values[name] = _checked(wording, name, parameter, here, findings)
    return values


def _checked(wording: Wording, name: str, parameter: Mapping[str, Any], at: str, findings: Findings) -> str:
    """Only text is looked at: of money and dates a ready form is shown."""
    text = text_of(parameter)
    if parameter["type"] == "text" and (_UNFIT.search(text) or not text.strip(" ")):
        rule, why = _unfitness(text)
        detail = f"{_braced(name)} {why} {_says(wording.text, name)}"
        findings.refuse(f"{at}/text", rule, detail, found=text, expected="text on one line")
    return text


def _unfitness(text: str) -> tuple[str, str]:
    if not text.strip(" "):
        return "parameter_empty", "would be empty; Meta sends no empty gap."
    if "\t" in text:
        return "parameter_tab", "has a tab in it, which Meta refuses in a parameter."
    if "\n" in text or "\r" in text:
        return "parameter_line_break", "has a line break in it, which Meta refuses in a parameter."
    return "parameter_spaces", "has more than four spaces in a row, which Meta refuses in a parameter."


def _missing(what: str, name: str, wording: Wording, at: str, findings: Findings) -> None:
    sample = wording.samples.get(name)
    example = f" (such as “{shown(sample)}”)" if sample else ""
    detail = f"{_braced(name)} of the {what}{example} is missing. {_says(wording.text, name)}"
    findings.refuse(at, "missing_parameter", detail, expected=_needed(wording.names))


def _extra(what: str, wording: Wording, at: str, parameter: Mapping[str, Any], findings: Findings) -> None:
    count = len(wording.names)
    has = "no gap" if not count else "one gap" if count == 1 else f"{count} gaps"
    text = f" {_says(wording.text)}" if wording.text else ""
    detail = f"This parameter is one too many: the {what} has {has}.{text}"
    found = (
        text_of(parameter) if parameter["type"] in ("text", "currency", "date_time") else parameter["type"]
    )
    findings.refuse(at, "extra_parameter", detail, found=found, expected=_needed(wording.names))


def _match_length(what: str, text: str, at: str, longest: int, findings: Findings) -> None:
    if len(text) > longest:
        detail = f"Filled in, the {what} has {len(text)} characters; Meta sends at most {longest}."
        expected = f"parameters that are {len(text) - longest} characters shorter together"
        findings.refuse(at, "filled_too_long", detail, found=text, expected=expected)


def _needed(names: Sequence[str]) -> str:
    if not names:
        return "no parameters"
    count = "one parameter" if len(names) == 1 else f"{len(names)} parameters"
    return f"{count}, for {', '.join(map(_braced, names))}"


def _braced(name: str) -> str:
    return f"{{{{{name}}}}}"


def _says(text: str, name: str | None = None) -> str:
    return f"The template says: “{shown(text) if name is None else marked(text, name)}”"
