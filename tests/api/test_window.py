"""The 24-hour window as callers meet it: refused, held, replaced, advised, on both engines."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Site, number_form
from tests.api.people import wrote
from trunkline import admin
from trunkline.bulletin import Bulletin
from trunkline.channels.contract import Ambiguous
from trunkline.outbound.number import WINDOW_SECONDS
from trunkline.store import numbers, windows

HOUR = 3600
PERSON = "15550002222"
TEMPLATE = {"name": "hello", "language": {"code": "en"}}
IN_ITS_PLACE = {"template": TEMPLATE}


@pytest.fixture
def strict(site: Site) -> Iterator[Site]:
    """Alice's number enforces the window; news are heard, as in a running server."""
    bulletin = Bulletin(site.runtime, site.dispatcher, site._processor)

    async def hear() -> None:
        site.store.hear(bulletin.hear)

    site.run(hear())
    policy(site, "enforce")
    yield site


def policy(site: Site, word: str) -> None:
    answer = site.call("PATCH", f"/v1/numbers/{site.alice.number_id}", {"window_policy": word})
    assert (answer.status, answer.json["window_policy"]) == (200, word)


def hold_and_release(site: Site) -> None:
    """The number, for a reason of its own, which holds nothing here."""
    number_id = site.alice.number_id

    async def hold() -> None:
        now = site.clock.now()
        await site.store.write(lambda tx: numbers.hold(tx, site.alice.account_id, number_id, "190", now))
        await site.api.changed()

    site.run(hold())
    assert site.get("/v1/numbers").json["data"][0]["held_reason"] == "190"
    assert site.post(f"/v1/numbers/{number_id}/release").json["held_reason"] is None


def sent(site: Site) -> list[tuple[str, Any]]:
    return [(message.type, message.content) for message in site.provider.sent]


def recipients(site: Site) -> list[str]:
    return [message.recipient for message in site.provider.sent]


def events(site: Site, message_id: str) -> list[dict[str, Any]]:
    return list(site.get(f"/v1/events?object_id={message_id}").json["data"])


def test_a_free_form_message_to_somebody_who_never_wrote_is_refused_and_says_why(strict: Site) -> None:
    message = strict.until(strict.accepted(), "failed")
    error = message["error"]
    assert (error["code"], error["actor"]) == (131047, "sender")
    assert "never written to this number" in error["cause"]
    assert error["remedy"] == "Send a template, or wait until they write."
    assert message["attempts"] == [] == strict.provider.sent
    assert [entry["state"] for entry in message["timeline"]] == ["queued", "failed"]
    [event] = events(strict, message["id"])
    assert (event["type"], event["data"]["error"]["cause"]) == ("message.failed", error["cause"])


def test_the_refusal_says_when_the_person_last_wrote(strict: Site) -> None:
    before = wrote(strict, PERSON)["at"]
    strict.until(strict.accepted(), "submitted")
    strict.advance(26 * HOUR)
    wrote(strict, PERSON, type="system", system={"type": "user_identity_changed"})
    message = strict.until(strict.accepted(), "failed")
    assert f"the person last wrote 26 hours ago, at {before}" in message["error"]["cause"]


def test_the_window_closes_a_day_after_the_last_words(strict: Site) -> None:
    wrote(strict, PERSON)
    strict.advance(24 * HOUR - 60)
    strict.until(strict.accepted(text={"body": "in time"}), "submitted")
    strict.advance(120)
    strict.until(strict.accepted(text={"body": "late"}), "failed")
    assert sent(strict) == [("text", {"text": {"body": "in time"}})]


def test_templates_and_read_marks_need_no_window(strict: Site) -> None:
    template = strict.send({"to": PERSON, "type": "template", "template": TEMPLATE}).json["id"]
    mark = strict.send({"status": "read", "message_id": "wamid.of.somebody"}).json["id"]
    strict.until(template, "submitted")
    strict.until(mark, "submitted")
    assert sorted(type_ for type_, _ in sent(strict)) == ["read", "template"]


def test_a_person_is_known_by_every_address(strict: Site) -> None:
    wrote(strict, PERSON, user_id="US.1234")
    body = {"recipient": "US.1234", "type": "text", "text": {"body": "hello"}}
    strict.until(strict.send(body).json["id"], "submitted")
    strict.until(strict.accepted(), "submitted")
    assert recipients(strict) == ["US.1234", PERSON]


def test_a_brazilian_who_is_called_without_the_ninth_digit_has_one_window(strict: Site) -> None:
    wrote(strict, "551187654321")
    strict.until(strict.accepted(to="+5511987654321"), "submitted")
    strict.until(strict.accepted(to="+5511987654322"), "failed")
    assert recipients(strict) == ["5511987654321"]


def test_what_was_written_to_another_number_opens_nothing(strict: Site) -> None:
    other = number_form("15550001003")
    number_id = strict.run(admin.register_number(strict.admin, strict.alice.account_id, other)).id
    strict.run(strict.runtime.directory.reload())
    wrote(strict, PERSON, who=strict.alice._replace(number_id=number_id))
    wrote(strict, PERSON, who=strict.bob)
    strict.until(strict.accepted(), "failed")
    assert strict.provider.sent == []


def test_a_held_message_goes_in_its_order_when_the_person_writes(strict: Site) -> None:
    policy(strict, "hold")
    held = [strict.accepted(text={"body": f"{n}"}) for n in range(3)]
    other = strict.accepted(to="15550003333")
    for message_id in (*held, other):
        assert strict.until(message_id, "held")["state_reason"] == "window_closed"
    hold_and_release(strict)
    wrote(strict, PERSON)
    for message_id in held:
        strict.until(message_id, "submitted")
    assert sent(strict) == [("text", {"text": {"body": f"{n}"}}) for n in range(3)]
    assert strict.until(other, "held")
    assert strict.post(f"/v1/messages/{other}/cancel").json["state"] == "canceled"


def test_a_window_that_nobody_told_of_is_found(strict: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the message was just being held in another process, or the address became known later."""

    async def unnoticed(*_: Any) -> int:
        return 0

    policy(strict, "hold")
    held = strict.accepted()
    strict.until(held, "held")
    with monkeypatch.context() as patched:
        patched.setattr(windows, "opened", unnoticed)
        wrote(strict, PERSON)
    assert strict.until(held, "held")
    strict.advance(WINDOW_SECONDS)
    strict.until(held, "submitted")


def test_what_was_held_goes_when_the_number_does_not_ask_for_the_window_any_more(strict: Site) -> None:
    policy(strict, "hold")
    held = strict.accepted()
    strict.until(held, "held")
    policy(strict, "advise")
    strict.until(strict.accepted(text={"body": "later"}), "submitted")
    assert [content["text"]["body"] for _, content in sent(strict)] == ["hello", "later"]


def test_what_was_held_is_refused_when_the_number_enforces_the_window(strict: Site) -> None:
    policy(strict, "hold")
    held = strict.accepted()
    strict.until(held, "held")
    policy(strict, "enforce")
    refused = strict.until(held, "failed")
    assert sent(strict) == [] and "window" in refused["error"]["title"]


@pytest.mark.parametrize("word", ["enforce", "hold", "advise"])
def test_a_fallback_goes_in_its_place_only_while_the_window_is_closed(strict: Site, word: str) -> None:
    policy(strict, word)
    message = strict.until(strict.accepted(fallback=IN_ITS_PLACE), "submitted")
    assert sent(strict) == [("template", IN_ITS_PLACE)]
    assert (message["type"], message["content"]) == ("template", IN_ITS_PLACE)
    assert message["fallback"] == {"used": True, "content": {"text": {"body": "hello"}}}
    wrote(strict, PERSON)
    message = strict.until(strict.accepted(fallback=IN_ITS_PLACE), "submitted")
    assert sent(strict)[1:] == [("text", {"text": {"body": "hello"}})]
    assert message["fallback"] == {"used": False, "content": IN_ITS_PLACE}


def test_a_fallback_is_checked_like_any_template(site: Site) -> None:
    body = {"to": PERSON, "type": "text", "text": {"body": "hello"}}
    assert site.send(body | {"fallback": {"template": {"name": "hello"}}}).problems == [
        ("/fallback/template/language", "required")
    ]
    template = {"to": PERSON, "type": "template", "template": TEMPLATE, "fallback": IN_ITS_PLACE}
    assert [pointer for pointer, _ in site.send(template).problems] == ["/fallback"]


def test_a_number_that_only_advises_does_not_ask(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked(*_: Any) -> None:
        raise AssertionError("the window was asked for")

    monkeypatch.setattr(windows, "stop_many", asked)
    assert len(site.until(site.accepted(), "submitted")["attempts"]) == 1


def test_what_may_have_left_before_is_not_called_failed(strict: Site) -> None:
    """Sent again by decision, it finds its window closed: whether the first attempt arrived is still open."""
    wrote(strict, PERSON)
    strict.provider.outcomes.append(Ambiguous("time-out"))
    message_id = strict.accepted()
    strict.until(message_id, "unknown")
    strict.advance(25 * HOUR - HOUR / 2)
    answer = strict.post(f"/v1/messages/{message_id}/resend")
    assert answer.status == 200, answer.raw
    message = strict.until(message_id, "unconfirmed")
    assert message["error"]["code"] == 131047
    assert message["failed_at"] is None


def test_a_dry_run_warns_of_a_closed_window(strict: Site) -> None:
    body = {"to": PERSON, "type": "text", "text": {"body": "hello"}}

    def warned(**more: Any) -> list[tuple[str, str]]:
        verdict = strict.post("/v1/messages/validate", body | more).json
        assert verdict["valid"]
        return [(one["rule"], one["detail"]) for one in verdict["warnings"] if one["rule"] == "window_closed"]

    [(_, refused)] = warned()
    assert "would be refused" in refused
    [(_, replaced)] = warned(fallback=IN_ITS_PLACE)
    assert "the fallback would go" in replaced
    policy(strict, "hold")
    assert "would be held" in warned()[0][1]
    policy(strict, "advise")
    assert warned() == []  # nobody knows of a window: nothing to advise
    wrote(strict, PERSON)
    strict.advance(25 * HOUR)
    assert "would be sent all the same" in warned()[0][1]
    wrote(strict, PERSON)
    policy(strict, "enforce")
    assert warned() == []


def test_a_number_at_the_provider_itself_enforces_the_window_by_default(site: Site) -> None:
    from tests.api.conftest import OPERATOR

    base = {"waba_id": "1", "token": "t", "app_id": "1", "app_secret": "s"}
    near = {"from": "15550009001", "phone_number_id": "9001", "base_url": "http://127.0.0.1:9/v26.0"}
    answer = site.post("/v1/numbers", base | near, key=OPERATOR, Trunkline_Account="alice")
    assert answer.json["window_policy"] == "advise"
    chosen = base | near | {"window_policy": "hold"}
    site.post("/v1/numbers", chosen, key=OPERATOR, Trunkline_Account="alice")
    again = site.post("/v1/numbers", base | near, key=OPERATOR, Trunkline_Account="alice")
    assert again.json["window_policy"] == "hold"  # new credentials change nothing else
