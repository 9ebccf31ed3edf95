"""The whole document by the rules of OpenAPI 3.1: its own schema takes long to go through it."""

from openapi_spec_validator import validate

from trunkline.api.openapi import document


def test_it_is_a_valid_openapi_document() -> None:
    made = document()
    validate(made)
    assert made["openapi"].startswith("3.1")
