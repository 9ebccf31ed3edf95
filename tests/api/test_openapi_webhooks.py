"""The `webhooks` section of the OpenAPI document says what endpoints are posted."""

from tests.api.conftest import Site
from tests.api.people import wrote
from tests.api.test_endpoints import added
from tests.api.test_openapi import DOCUMENT, faults
from trunkline.model.events import TYPES


def test_every_type_of_event_is_a_webhook() -> None:
    assert list(DOCUMENT["webhooks"]) == list(TYPES)
    names = [hook["post"]["operationId"] for hook in DOCUMENT["webhooks"].values()]
    assert "onMessageReceived" in names
    assert len(set(names)) == len(names)


def test_events_are_as_it_announces(site: Site) -> None:
    site.until(site.accepted(), "submitted")
    wrote(site)
    site.call("DELETE", f"/v1/endpoints/{added(site)['id']}")
    endpoint = f"/v1/endpoints/{added(site)['id']}"
    for what in ("test", "pause", "enable"):
        site.post(f"{endpoint}/{what}")
    told = site.get("/v1/events").json["data"]
    for event in told:
        body = DOCUMENT["webhooks"][event["type"]]["post"]["requestBody"]["content"]["application/json"]
        assert faults(body["schema"], event) == []
    assert {event["type"] for event in told} >= {
        "message.submitted", "message.received", "endpoint.test", "endpoint.paused", "endpoint.recovered",
    }  # fmt: skip
