"""The template library: ready texts that a business takes over by name, with buttons of its own."""

from typing import Any

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.buttons import read_buttons
from trunkline.sandbox.templates.definition import Component, buttons_of, part_of
from trunkline.sandbox.templates.samples import LIBRARY, Sample
from trunkline.sandbox.templates.variables import variables_of


def list_library(search: str, language: str) -> list[dict[str, Any]]:
    """As `GET message_template_library` gives it."""
    return [
        _describe(place, sample)
        for place, sample in enumerate(LIBRARY, 1)
        if search.lower() in f"{sample.name} {part_of(sample.components, 'BODY')['text']}".lower()
        and language in {"", sample.language}
    ]


def fill_in(params: Param, language: str) -> list[Component]:
    """The components of `library_template_name`, with `library_template_button_inputs` in its buttons."""
    name = params.text("library_template_name", 512)
    sample = next((sample for sample in LIBRARY if sample.name == name), None)
    if sample is None:
        words = f"The template library has no template {name[:80]} in {language}."
        raise GraphError(
            100, "Invalid parameter", user_title="Library template not found", user_message=words
        )
    inputs = params.objects("library_template_button_inputs")
    buttons = buttons_of(sample.components)
    if not inputs:
        return sample.components
    if len(inputs) != len(buttons):
        raise invalid("Param library_template_button_inputs must have an element for each button.")
    filled = [_fill_button(button, given) for button, given in zip(buttons, inputs, strict=True)]
    kept = [part for part in sample.components if part["type"] != "BUTTONS"]
    return [*kept, read_buttons(Param({"buttons": filled}, ""), named=False)]


def _fill_button(button: dict[str, Any], given: Param) -> dict[str, Any]:
    type_ = given.word("type", (button["type"].lower(),)).upper()
    if type_ == "URL":
        url = given.object("url")
        return {
            **button,
            "url": url.text("base_url"),
            "example": [url.text_if_any("url_suffix_example") or ""],
        }
    if type_ == "PHONE_NUMBER":
        return {**button, "phone_number": given.text("phone_number")}
    return button


def _describe(place: int, sample: Sample) -> dict[str, Any]:
    body = part_of(sample.components, "BODY")
    return {
        "id": str(7_000_000_000 + place),
        "name": sample.name,
        "language": sample.language,
        "category": sample.category,
        "topic": "ORDER_MANAGEMENT" if place == 1 else "PAYMENTS",
        "usecase": "DELIVERY_UPDATE" if place == 1 else "PAYMENT_DUE_REMINDER",
        "industry": ["E_COMMERCE"],
        "header": part_of(sample.components, "HEADER").get("text"),
        "body": body["text"],
        "body_params": body["example"]["body_text"][0],
        "body_param_types": ["TEXT" for _ in variables_of(body["text"])],
        "buttons": buttons_of(sample.components),
    }
