"""The OpenAPI document: valid, complete, true to the answers, and as committed. And the pages to read."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.api.conftest import OPERATOR, TEXT, Answer, Site
from tests.api.people import wrote
from trunkline.api.openapi import document, document_bytes, plain_path
from trunkline.api.routes import ROUTES
from trunkline.channels.whatsapp_cloud.content import EXAMPLES
from trunkline.errors import REASONS

DOCUMENT = document()


@pytest.fixture
def engine() -> str:
    return "sqlite"


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What the schema does not allow in it."""
    rooted = schema | {"components": DOCUMENT["components"]}
    checker = jsonschema.Draft202012Validator(rooted, format_checker=jsonschema.FormatChecker())
    return [f"{fault.json_path}: {fault.message}" for fault in checker.iter_errors(value)]


def test_it_has_every_route_and_nothing_else() -> None:
    documented = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert documented == {(route.method, plain_path(route.path)) for route in ROUTES}


def test_operation_ids_are_fit_for_sdks() -> None:
    ids = [route.operation for route in ROUTES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z][A-Za-z]+", name) for name in ids)


def test_the_committed_document_is_this_one() -> None:
    committed = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert committed.read_bytes() == document_bytes(), "run `make docs` and commit docs/openapi.json"


def test_a_refusal_that_asks_to_wait_announces_for_how_long() -> None:
    answers = DOCUMENT["paths"]["/v1/messages/batch"]["post"]["responses"]
    waits = [status for status, answer in answers.items() if "Retry-After" in answer.get("headers", {})]
    assert waits == ["429", "503"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_stands_in_it_and_fits_its_schema(name: str) -> None:
    content = DOCUMENT["paths"]["/v1/whatsapp/messages"]["post"]["requestBody"]["content"]["application/json"]
    assert faults(content["schema"], content["examples"][name]["value"]) == []


def assert_fits(answer: Answer, method: str, path: str) -> None:
    """The answer has a status, a type and a body that the document announces."""
    operation = DOCUMENT["paths"][path][method.lower()]
    announced = operation["responses"][str(answer.status)]
    if answer.status == 204:
        assert "content" not in announced
        return
    [(content_type, content)] = announced["content"].items()
    assert answer.headers["Content-Type"].partition(";")[0] == content_type
    if content:
        assert faults(content["schema"], answer.json) == []


def test_answers_are_as_it_announces(site: Site) -> None:
    asked = [
        ("POST", "/v1/whatsapp/messages", "", TEXT, ""),
        ("POST", "/v1/whatsapp/messages", "", {}, ""),
        ("POST", "/v1/whatsapp/messages", "", TEXT, None),
        ("POST", "/v1/messages/batch", "", [TEXT, {}], ""),
        ("POST", "/v1/messages/batch", "", {}, ""),
        ("POST", "/v1/messages/validate", "", TEXT, ""),
        ("POST", "/v1/messages/validate", "", {}, ""),
        ("GET", "/v1/messages", "", None, ""),
        ("GET", "/v1/messages", "?limit=x", None, ""),
        ("GET", "/v1/numbers", "", None, ""),
        ("GET", "/v1/numbers", "", None, "Basic x"),
        ("POST", "/v1/numbers", "", {}, OPERATOR),
        ("POST", "/v1/numbers", "", {}, ""),
        ("GET", "/v1/keys", "", None, ""),
        ("POST", "/v1/keys", "", {"name": "x"}, ""),
        ("POST", "/v1/keys", "", b"{", ""),
        ("GET", "/v1/accounts", "", None, OPERATOR),
        ("POST", "/v1/accounts", "", {"name": "carol"}, OPERATOR),
        ("POST", "/v1/accounts", "", {"name": "carol"}, OPERATOR),
        ("GET", "/livez", "", None, None),
        ("GET", "/openapi.json", "", None, None),
        ("GET", "/docs", "", None, None),
        ("GET", "/docs/errors", "", None, None),
        ("GET", "/docs/docs.css", "", None, None),
        ("GET", "/docs/docs.js", "", None, None),
    ]
    for method, path, query, body, key in asked:
        assert_fits(site.call(method, path + query, body, key=key), method, path)


def test_a_whole_life_is_as_it_announces(site: Site) -> None:
    message_id = site.accepted()
    site.until(message_id, "submitted")
    assert_fits(site.get(f"/v1/messages/{message_id}"), "GET", "/v1/messages/{id}")
    assert_fits(site.get("/v1/messages/x"), "GET", "/v1/messages/{id}")
    assert_fits(site.post(f"/v1/messages/{message_id}/cancel"), "POST", "/v1/messages/{id}/cancel")
    later = site.accepted(send_at="2027-01-01T00:00:00Z")
    assert_fits(site.post(f"/v1/messages/{later}/cancel"), "POST", "/v1/messages/{id}/cancel")
    assert_fits(site.post(f"/v1/numbers/{site.alice.number_id}/default"), "POST", "/v1/numbers/{id}/default")
    assert_fits(site.call("DELETE", f"/v1/numbers/{site.alice.number_id}"), "DELETE", "/v1/numbers/{id}")


def test_the_way_back_is_as_it_announces(site: Site) -> None:
    message = wrote(site)
    event = site.get("/v1/events").json["data"][0]["id"]
    added = site.post("/v1/endpoints", {"url": "https://hooks.example.com/"})
    assert_fits(added, "POST", "/v1/endpoints")
    endpoint, talk = added.json["id"], message["conversation_id"]
    asked = [
        ("GET", "/v1/messages/{id}", message["id"], None),
        ("GET", "/v1/conversations", "?limit=1", None),
        ("GET", "/v1/conversations/{id}", talk, None),
        ("GET", "/v1/conversations/{id}/messages", talk, None),
        ("POST", "/v1/conversations/{id}/read", talk, None),
        ("GET", "/v1/contacts", "", None),
        ("GET", "/v1/contacts/{id}", message["contact_id"], None),
        ("GET", "/v1/events", "?limit=1", None),
        ("GET", "/v1/events/{id}", event, None),
        ("GET", "/v1/endpoints", "", None),
        ("POST", "/v1/endpoints", "", {"url": "x"}),
        ("GET", "/v1/endpoints/{id}", endpoint, None),
        ("PATCH", "/v1/endpoints/{id}", endpoint, {"description": "x"}),
        ("POST", "/v1/endpoints/{id}/rotate-secret", endpoint, {}),
        ("POST", "/v1/endpoints/{id}/test", endpoint, None),
        ("POST", "/v1/endpoints/{id}/replay", endpoint, {"event_ids": [event]}),
        ("GET", "/v1/endpoints/{id}/deliveries", endpoint, None),
        ("GET", "/v1/endpoints/{id}/attempts", endpoint, None),
        ("POST", "/v1/endpoints/{id}/pause", endpoint, None),
        ("POST", "/v1/endpoints/{id}/enable", endpoint, None),
        ("DELETE", "/v1/endpoints/{id}", endpoint, None),
        ("GET", "/v1/endpoints/{id}", endpoint, None),
        ("POST", "/v1/suppressions", "", {"to": "15550002222"}),
        ("POST", "/v1/suppressions/import", "", {"addresses": ["15550003333", "x"]}),
        ("GET", "/v1/suppressions", "?limit=1", None),
        ("GET", "/v1/suppressions/{address}", "15550002222", None),
        ("DELETE", "/v1/suppressions/{address}", "15550002222", None),
        ("DELETE", "/v1/suppressions/{address}", "15550002222", None),
        ("GET", "/v1/consents", "", None),
        ("GET", "/v1/whatsapp/media", "?media_id=x", None),
        ("GET", "/v1/media/{token}", "x", None),
        ("DELETE", "/webhook/mapping/{number}", "15550009999", None),
    ]
    for method, path, told, body in asked:
        place = re.sub(r"{\w+}", told, path) if "{" in path else path + told
        assert_fits(site.call(method, place, body), method, path)


def test_it_is_served(site: Site) -> None:
    assert site.get("/openapi.json", key=None).json == json.loads(document_bytes())


def test_the_pages_load_nothing_from_elsewhere_and_may_not(site: Site) -> None:
    pages = [site.get(path, key=None) for path in ("/docs", "/docs/errors")]
    parts = [site.get(path, key=None) for path in ("/docs/docs.css", "/docs/docs.js")]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert "<style" not in page.raw.decode() and "onclick" not in page.raw.decode()
    for answer in pages + parts:
        assert answer.status == 200
        assert not re.search(rb"https?://(?!www\.w3\.org)", answer.raw)


def test_every_reason_has_its_place_on_the_errors_page(site: Site) -> None:
    page = site.get("/docs/errors", key=None).raw.decode()
    for word, reason in REASONS.items():
        assert f'id="{word}"' in page
        assert str(reason.status) in page
