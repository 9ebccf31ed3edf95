"""The clock's routes, on a server on virtual time and on one that is not."""

import json
from typing import Any

import pytest

from tests.api.conftest import OPERATOR, TEXT, Site, listening
from tests.api.test_office import NUMBER, register
from trunkline import data_folder
from trunkline.api.server import App
from trunkline.clock import parse_rfc3339, to_rfc3339
from trunkline.data_folder import read_offset

ADVANCE = "/v1/clock/advance"


def test_an_advance_moves_the_time_and_what_waits_for_it(site: Site) -> None:
    before = site.get("/v1/clock", key=OPERATOR).json
    assert (before["offset_seconds"], before["sandbox"]) == (0, None)
    later = site.accepted(send_at=to_rfc3339(site.clock.now() + 24 * 3_600_000))
    assert site.post(ADVANCE, {"seconds": 23 * 3600}, key=OPERATOR).json["offset_seconds"] == 82_800
    assert site.get(f"/v1/messages/{later}").json["state"] == "scheduled"
    moved = site.post(ADVANCE, {"seconds": 7200.5}, key=OPERATOR).json
    assert moved["offset_seconds"] == 90_000.5
    assert parse_rfc3339(moved["now"]) - parse_rfc3339(before["now"]) >= 90_000_500
    site.until(later, "submitted")


def test_how_far_it_is_ahead_is_on_disk_when_it_is_answered(site: Site, tmp_path: Any) -> None:
    site.post(ADVANCE, {"seconds": 60}, key=OPERATOR)
    assert read_offset(tmp_path) == 60_000


def test_what_the_disk_does_not_take_does_not_happen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data_folder.os, "fsync", full)
    answer = site.post(ADVANCE, {"seconds": 60}, key=OPERATOR)
    assert (answer.status, answer.reason) == (503, "unavailable")
    assert site.get("/v1/clock", key=OPERATOR).json["offset_seconds"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *(
            (json.dumps({"seconds": bad}), 400)
            for bad in (0, -1, 0.0004, 34_560_001, 10**30, "1h", None, True)
        ),
        *((text, 400) for text in ('{"seconds": NaN}', '{"seconds": 1e999}', '{"seconds": Infinity}')),
        *((text, 400) for text in ("{}", "[]", "", '{"seconds": 1, "seconds": 2}', '{"hours": 1}')),
    ],
)
def test_what_is_no_step_forward_is_refused_and_moves_nothing(site: Site, body: str, status: int) -> None:
    answer = site.post(ADVANCE, body.encode(), key=OPERATOR)
    assert answer.status == status, answer.raw
    assert answer.json["problems"]
    assert site.get("/v1/clock", key=OPERATOR).json["offset_seconds"] == 0


def test_time_has_an_end(site: Site) -> None:
    for _ in range(91):
        assert site.post(ADVANCE, {"seconds": 34_560_000}, key=OPERATOR).status == 200
    answer = site.post(ADVANCE, {"seconds": 34_560_000}, key=OPERATOR)
    assert (answer.status, answer.problems) == (400, [("/seconds", "out_of_range")])


def test_only_the_operator_moves_time(site: Site) -> None:
    for key in (site.alice.live_key, site.alice.test_key):
        assert site.get("/v1/clock", key=key).reason == "scope_missing"
        assert site.post(ADVANCE, {"seconds": 60}, key=key).reason == "scope_missing"


def test_a_real_number_is_not_registered_on_virtual_time(site: Site) -> None:
    before = site.rows()
    for url in ("https://graph.facebook.com/v26.0", "https://GRAPH.Facebook.com./v26.0"):
        answer = register(site, base_url=url)
        assert (answer.status, answer.problems) == (400, [("/base_url", "virtual_time")])
    by_default = {name: value for name, value in NUMBER.items() if name != "base_url"}
    assert site.post("/v1/numbers", by_default, key=OPERATOR).problems == [("/base_url", "virtual_time")]
    assert site.rows() == before


def test_on_real_time_the_routes_do_not_exist(site: Site) -> None:
    site.api.time = None

    async def ask() -> list[int]:
        web = await listening(App(site.api))
        address = f"http://127.0.0.1:{web.sockets[0].getsockname()[1]}"
        rights = {"Authorization": f"Bearer {OPERATOR}"}
        statuses = []
        for method, path in (("GET", "/v1/clock"), ("POST", ADVANCE), ("GET", "/v1/accounts")):
            async with site.http.request(method, address + path, json=TEXT, headers=rights) as answer:
                statuses.append(answer.status)
        web.close()
        await web.wait_closed()
        return statuses

    assert site.run(ask()) == [404, 404, 200]
