"""`trunkline campaign`, what takes longer: decisions one by one on a campaign that runs."""

import json
from pathlib import Path

from tests.cli.desk import invoke
from tests.cli.shell import Running
from tests.cli.test_campaign import campaign, people

__all__ = ["people"]


def test_without_consent_nobody_gets_it_and_it_ends_with_1(server: Running, tmp_path: Path) -> None:
    file = tmp_path / "strangers.csv"
    file.write_text("phone\n+15550003201\n")
    done = campaign(server, "run", "--file", file, "--text", "Hi", "--yes")
    assert done.code == 1
    assert "no consent" in done.out and "0 of 1" in done.out and "--consent WHERE" in done.err


def test_nothing_is_sent_without_a_yes(server: Running, people: Path) -> None:
    done = campaign(server, "run", "--file", people, "--text", "Hi", "--no-consent-needed", "--name", "Asked")
    assert done.code == 2 and "campaign start cmp_" in done.err
    [made] = [one for one in campaign(server, "list", "--json").json["data"] if one["name"] == "Asked"]
    assert made["state"] == "checked"


def test_a_campaign_is_decided_on_step_by_step(server: Running, people: Path) -> None:
    done = campaign(server, "run", "--file", people, "--text", "Hi", "--no-consent-needed", "--no-watch")
    assert done.code == 2
    body = {"name": "Steps", "audience": {}, "content": {"body": {"type": "text", "text": {"body": "Hi"}}}}
    lists = invoke("lists", "list", "--json", "--data", str(server.data)).json["data"]
    wishes = ("--list", lists[0]["name"], "--no-consent-needed", "--budget", "5 USD", "--canary", "1")
    made = campaign(server, "create", "-", *wishes, "--json", stdin=json.dumps(body)).json
    assert made["definition"]["stop"] == {"budget": {"currency": "USD", "amount": "5.00"}}
    id_ = made["id"]
    changed = campaign(server, "change", id_, "--pace", "50", "--json").json
    assert (changed["definition"]["per_second"], changed["definition"]["canary"]) == (50, 1)
    start_at = "2027-03-01T00:00:00.000Z"
    campaign(server, "change", id_, "--start-at", start_at)
    changed = campaign(server, "change", id_, "--quiet", "21:00-08:00", "--json").json
    assert changed["definition"]["schedule"]["start_at"] == start_at
    campaign(server, "change", id_, "-", stdin='{"schedule": null}')
    checked = campaign(server, "check", id_, "--json").json
    assert (checked["state"], checked["totals"]["ready"]) == ("checked", 2)
    watched = campaign(server, "start", id_, "--watch", "--json")
    assert (watched.code, watched.json["state"], watched.json["state_reason"]) == (5, "paused", "canary")
    assert campaign(server, "pace", id_, "9", "--json").json["per_second"] == 9
    assert "is running" in campaign(server, "resume", id_).out
    assert campaign(server, "watch", id_, "--json").json["state"] == "finished"
    states = campaign(server, "recipients", id_, "--json").json["data"]
    assert [one["state"] for one in states] == ["created", "created"]
    assert "2 of 2" in campaign(server, "show", id_).out
    assert campaign(server, "pause", id_).code == 1
    assert campaign(server, "rm", id_).code == 0
