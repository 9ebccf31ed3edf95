"""Whether a send fits its template: counts, formats, buttons, cards, and lengths once filled in.

In: the shape of the definition and the components of the message in their normal form. Raises what Graph
answers; the details of 132000, 132012 and 131008 are those seen on the wire.
"""

from collections.abc import Sequence
from typing import Any

from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.templates.authentication import LONGEST_CODE
from trunkline.sandbox.templates.definition import is_otp
from trunkline.sandbox.templates.shape import Shape
from trunkline.sandbox.templates.texts import HEADER_TEXT
from trunkline.sandbox.templates.variables import fill

_Parts = list[dict[str, Any]]

_MOST_PRODUCT_CARDS = 10
_NEEDS_PARAMETER = {"COPY_CODE", "MPM", "ORDER_DETAILS"}


def check_use(shape: Shape, components: _Parts) -> None:
    given = {part["type"]: part for part in components if part["type"] != "button"}
    _check_header(shape, _parameters(given, "header"))
    _check_body(shape, _parameters(given, "body"))
    _check_offer(shape, _parameters(given, "limited_time_offer"))
    _check_buttons(shape, [part for part in components if part["type"] == "button"])
    _check_cards(shape, given.get("carousel"))


def values_of(variables: Sequence[str], parameters: _Parts, *, named: bool) -> dict[str, str]:
    """Variable → its text."""
    if named:
        return {str(item.get("parameter_name")): text_of(item) for item in parameters}
    return dict(zip(variables_in_order(variables), map(text_of, parameters), strict=False))


def variables_in_order(variables: Sequence[str]) -> list[str]:
    """Positional ones by their number: `{{2}}` may stand before `{{1}}`."""
    return sorted(variables, key=lambda name: int(name) if name.isdecimal() else 0)


def text_of(parameter: dict[str, Any]) -> str:
    """What is shown of a parameter: its text, or the fallback of a currency or a date."""
    value = parameter.get(parameter["type"])
    if isinstance(value, dict):
        value = value.get("fallback_value", "")
    return str(value)


def _parameters(given: dict[str, dict[str, Any]], type_: str) -> _Parts:
    found: _Parts = given.get(type_, {}).get("parameters", [])
    return found


def _check_header(shape: Shape, parameters: _Parts) -> None:
    if shape.header in {None, "TEXT"}:
        _check_count("header", len(parameters), len(shape.header_variables))
        if not parameters:
            return
        if parameters[0]["type"] not in {"text", "currency", "date_time"}:
            raise _mismatch("TEXT", parameters)
        _check_names("header", shape.header_variables, parameters, named=shape.named)
        values = values_of(shape.header_variables, parameters, named=shape.named)
        _check_filled("header", fill(shape.header_text, values), HEADER_TEXT)
        return
    if shape.header == "PRODUCT" and not parameters:
        return  # of a single-product template the catalog's own sample is shown
    if not parameters or parameters[0]["type"] != str(shape.header).lower():
        raise _mismatch(str(shape.header), parameters)


def _check_body(shape: Shape, parameters: _Parts) -> None:
    _check_count("body", len(parameters), len(shape.body_variables))
    if parameters:
        _check_names("body", shape.body_variables, parameters, named=shape.named)
        values = values_of(shape.body_variables, parameters, named=shape.named)
        _check_filled("body", fill(shape.body_text, values), shape.longest_body)


def _check_count(where: str, given: int, expected: int) -> None:
    if given != expected:
        raise GraphError(
            132000,
            details=f"{where}: number of localizable_params ({given}) does not match the expected number of "
            f"params ({expected})",
        )


def _check_names(where: str, variables: list[str], parameters: _Parts, *, named: bool) -> None:
    if not named:
        return
    names = [parameter.get("parameter_name") for parameter in parameters]
    if not all(names):
        raise GraphError(100, details="Parameter name is missing or empty")
    unknown = sorted(set(map(str, names)) - set(variables))
    if unknown:
        raise GraphError(132012, details=f"{where}: the template has no parameter named {unknown[0][:80]}")


def _check_filled(where: str, text: str, most: int) -> None:
    if len(text) > most:
        raise GraphError(
            132005,
            details=f"{where}: the text with its parameters has {len(text)} characters, of {most} at most",
        )


def _mismatch(expected: str, parameters: _Parts) -> GraphError:
    received = parameters[0]["type"].upper() if parameters else "UNKNOWN"
    return GraphError(132012, details=f"header: Format mismatch, expected {expected}, received {received}")


def _check_offer(shape: Shape, parameters: _Parts) -> None:
    if parameters and not shape.offer:
        raise GraphError(132012, details="limited_time_offer: the template has no limited-time offer")
    if shape.offer.get("has_expiration") and not parameters:
        raise GraphError(
            131008, details="limited_time_offer: the offer requires a parameter expiration_time_ms"
        )


def _check_buttons(shape: Shape, given: _Parts) -> None:
    by_index = {button["index"]: button for button in given}
    for index, button in enumerate(shape.buttons):
        parameters = by_index.get(index, {}).get("parameters", [])
        needs = button["type"] in _NEEDS_PARAMETER or "{{" in button.get("url", "")
        if needs and not parameters:
            kind = button["type"].title().replace("_", "")
            raise GraphError(
                131008, details=f"buttons: Button at index {index} of type {kind} requires a parameter"
            )
        if is_otp(button) and len(text_of(parameters[0])) > LONGEST_CODE:
            raise GraphError(
                132018,
                details=f"buttons: Parameter at index {index} exceeds the parameter length limit "
                f"{LONGEST_CODE}",
            )
    for index, sent in by_index.items():
        _check_button_kind(shape, index, sent)


def _check_button_kind(shape: Shape, index: int, sent: dict[str, Any]) -> None:
    if index >= len(shape.buttons):
        raise GraphError(132012, details=f"buttons: the template has no button at index {index}")
    button = shape.buttons[index]
    if button["type"].lower() != sent["sub_type"]:
        received = sent["sub_type"].upper()
        raise GraphError(
            132012,
            details=f"buttons: Format mismatch at index {index}, expected {button['type']}, "
            f"received {received}",
        )
    if button["type"] == "URL" and "{{" not in button["url"] and sent["parameters"]:
        raise GraphError(132018, details=f"buttons: Button at index {index} of type Url takes no parameter")


def _check_cards(shape: Shape, carousel: dict[str, Any] | None) -> None:
    cards = carousel["cards"] if carousel else []
    if not shape.cards:
        if cards:
            raise GraphError(132012, details="carousel: the template has no carousel")
        return
    if shape.has_product_cards:
        fits = 1 <= len(cards) <= _MOST_PRODUCT_CARDS
    else:
        fits = len(cards) == len(shape.cards)
    if not fits:
        raise GraphError(
            132012,
            details=f"carousel: number of cards ({len(cards)}) does not match the expected number of cards "
            f"({len(shape.cards)})",
        )
    for card in cards:
        check_use(card_shape(shape, card["card_index"]), card["components"])


def card_shape(shape: Shape, index: int) -> Shape:
    """Product cards are all alike, and more may be sent than are defined."""
    return shape.cards[min(index, len(shape.cards) - 1)]
