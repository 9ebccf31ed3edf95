"""`trunkline campaign report|export|retry` against a server that runs, with people in its sandbox."""

import csv
import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.cli.desk import invoke, until
from tests.cli.shell import Running
from trunkline.cli import campaign_reports

PEOPLE = ("15550002101", "15550002102", "15550002103")


class Api:
    def __init__(self, server: Running) -> None:
        self._url, self._key = server.ready["api_url"], server.ready["api_key"]

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": self._key, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())


def those(api: Api) -> list[dict[str, Any]]:
    return [one for one in api("GET", "/v1/contacts?limit=100")["data"] if one["phone"] in PEOPLE]


def ran(api: Api, server: Running) -> str:
    for person in PEOPLE:
        url = ("--sandbox-url", server.ready["sandbox_url"])
        done = invoke("sandbox", "handset", person, "send", "hello", *url)
        assert done.code == 0, done
    people = until(lambda: those(api), lambda found: len(found) == len(PEOPLE))
    made = api("POST", "/v1/campaigns", {
        "name": "Spring", "audience": {"contacts": [person["id"] for person in people]},
        "content": {"body": {"type": "text", "text": {"body": "Hello {{name}}"}}},
        "variables": {"name": {"attribute": "name", "default": "you"}}, "consent": "not_required",
    })  # fmt: skip
    path = f"/v1/campaigns/{made['id']}"
    api("POST", f"{path}/check", {})
    until(lambda: api("GET", path), lambda found: found["state"] == "checked")
    api("POST", f"{path}/start", {})
    until(lambda: api("GET", path), lambda found: found["totals"]["messages"] == {"read": len(PEOPLE)})
    return str(made["id"])


def test_a_campaign_is_reported_exported_and_sent_once_more(server: Running, tmp_path: Path) -> None:
    api, place = Api(server), ("--data", str(server.data))
    campaign_id = ran(api, server)
    told = invoke("campaign", "report", campaign_id, *place)
    assert told.code == 0, told
    assert "read" in told.out and "100.0%" in told.out
    file = tmp_path / "all.csv"
    assert invoke("campaign", "export", campaign_id, "--to", str(file), *place).code == 0
    with file.open(encoding="utf-8-sig", newline="") as table:
        assert {row["to"] for row in csv.DictReader(table)} == set(PEOPLE)
    assert invoke("campaign", "export", campaign_id, "--to", str(file), *place).code != 0  # it is there
    assert list(tmp_path.iterdir()) == [file]
    table = tmp_path / "all.parquet"
    assert (
        invoke("campaign", "export", campaign_id, "--format", "parquet", "--to", str(table), *place).code == 0
    )
    assert campaign_reports._ends_well(table)
    table.write_bytes(table.read_bytes()[:-9])  # as one that broke off
    assert not campaign_reports._ends_well(table)
    nobody = invoke("campaign", "retry", campaign_id, *place)
    assert (nobody.code, "nobody" in nobody.err) == (1, True)
    again = invoke("campaign", "retry", campaign_id, "--for", "all", "--yes", "--json", *place)
    assert again.code == 0, again
    assert again.json["parent_id"] == campaign_id
    mine = [one["id"] for one in api("GET", "/v1/campaigns")["data"] if one["parent_id"] == campaign_id]
    assert mine == [again.json["id"]]  # nothing is left of the one for nobody
