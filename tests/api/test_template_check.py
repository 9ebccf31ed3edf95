"""Sends by template are held against what is known of the account's templates, before anything is stored."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec
import pytest

from tests.api.conftest import TEXT, Site
from trunkline.bulletin import Bulletin
from trunkline.channels.template_contract import ProviderTemplate
from trunkline.channels.whatsapp_cloud.templates.desk import CloudTemplates
from trunkline.clock import to_rfc3339
from trunkline.model import ids
from trunkline.store import Tx, templates
from trunkline.store.templates import SyncRow, TemplateRow
from trunkline.templates.news import TemplateHearer
from trunkline.templates.register import Place, Source, apply_removal, apply_templates

WABA = "2000"
BODY = "Hello {{1}}, your parcel {{2}} is on its way."
PARCEL = {"components": [{"type": "BODY", "text": BODY}]}
HOUR = 3_600_000


class Shop:
    """The site, and what is known of alice's templates."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.account_id = site.alice.account_id

    def knows(
        self, language: str = "en", status: str = "APPROVED", name: str = "parcel", **more: Any
    ) -> TemplateRow:
        now = self.site.clock.now()
        values = {
            "account_id": self.account_id, "id": ids.new_id(ids.TEMPLATE), "waba_id": WABA,
            "provider_id": ids.new_id(ids.TEMPLATE), "name": name, "language": language,
            "category": "UTILITY", "status": status, "created_at": now,
            "definition": msgspec.json.encode(PARCEL).decode(),
            "changed_at": now, "seen_at": now,
        }  # fmt: skip
        row = TemplateRow(**(values | more))

        async def work(tx: Tx) -> None:
            await templates.insert(tx, row)
            await tx.tell(f"templates {self.account_id}")

        self.site.run(self.site.store.write(work))
        return row

    def synced(self) -> None:
        row = SyncRow(self.account_id, WABA, 0, self.site.clock.now(), 0, None)

        async def work(tx: Tx) -> None:
            await templates.keep_sync(tx, row)
            await tx.tell(f"templates {self.account_id}")

        self.site.run(self.site.store.write(work))

    def changes(self, row: TemplateRow, **changes: Any) -> None:
        async def work(tx: Tx) -> None:
            await templates.update(tx, msgspec.structs.replace(row, **changes))
            await tx.tell(f"templates {self.account_id}")

        self.site.run(self.site.store.write(work))

    def stored(self) -> int:
        return self.site.rows()["messages"]

    def warned(self, body: Any) -> Any:
        """The warnings of a dry run about all but the recipient."""
        verdict = self.site.post("/v1/messages/validate", body).json
        assert verdict["valid"], verdict
        return [warning for warning in verdict["warnings"] if warning["pointer"] != "/to"]

    def content_of(self, message_id: str) -> Any:
        self.site.until(message_id, "submitted")
        return self.site.provider.sent[-1].content


@pytest.fixture
def shop(site: Site) -> Iterator[Shop]:
    """News are heard, as in a running server."""
    site.provider.templates = CloudTemplates(cast("Any", None))
    bulletin = Bulletin(
        site.runtime, site.dispatcher, site._processor, templates=TemplateHearer(site.api.templates)
    )

    async def hear() -> None:
        site.store.hear(bulletin.hear)

    site.run(hear())
    yield Shop(site)


@pytest.fixture
def engine() -> str:
    """Which of the engines it is makes a difference for one test alone, below."""
    return "sqlite"


def parcel(*texts: str, language: str = "en", others: tuple[str, ...] = (), name: str = "parcel") -> Any:
    parameters = [{"type": "text", "text": text} for text in texts]
    return {
        "name": name,
        "language": {"code": language} | ({"fallback": list(others)} if others else {}),
        "components": [{"type": "body", "parameters": parameters}],
    }


def sending(template: Any, **more: Any) -> Any:
    return {"to": "15550002222", "type": "template", "template": template} | more


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_send_that_does_not_fit_is_refused_with_the_gap_marked_and_nothing_is_stored(shop: Shop) -> None:
    shop.knows()
    answer = shop.site.send(sending(parcel("Ada")))
    assert (answer.status, answer.reason) == (400, "invalid_request")
    assert answer.problems == [("/template/components/0/parameters", "missing_parameter")]
    assert "Hello {{1}}, your parcel [{{2}}] is on its way." in answer.json["error"]["message"]
    assert (shop.stored(), shop.site.provider.sent) == (0, [])
    assert shop.site.send(sending(parcel("Ada", "17"))).status == 200


def test_each_message_of_a_batch_is_held_against_its_template(shop: Shop) -> None:
    shop.knows()
    bodies = [sending(parcel("Ada", "17")), sending(parcel("Ada", "1\n7")), TEXT]
    results = shop.site.post("/v1/messages/batch", {"messages": bodies}).json["results"]
    assert ["error" in result for result in results] == [False, True, False]
    (problem,) = results[1]["error"]["problems"]
    assert (problem["pointer"], problem["rule"]) == (
        "/template/components/0/parameters/1/text",
        "parameter_line_break",
    )
    assert shop.stored() == 2


def test_a_fallback_and_a_reply_are_held_against_their_templates_too(shop: Shop) -> None:
    shop.knows()
    bad = parcel("Ada", "17", "18")
    with_fallback = TEXT | {"fallback": {"template": bad}}
    assert shop.site.send(with_fallback).problems == [
        ("/fallback/template/components/0/parameters/2", "extra_parameter")
    ]
    reply = sending(bad, context={"message_id": "wamid.1"})
    assert shop.site.send(reply).problems == [("/template/components/0/parameters/2", "extra_parameter")]
    unknown = sending(bad, context={"message_id": ids.new_id(ids.MESSAGE)})
    assert [rule for _, rule in shop.site.send(unknown).problems] == ["extra_parameter", "unknown_message"]
    assert shop.stored() == 0


def test_an_unknown_template_passes_until_all_were_read_once(shop: Shop) -> None:
    body = sending(parcel(name="nobody_knows"))
    assert shop.site.send(body).status == 200
    (warning,) = shop.warned(body)
    assert (warning["pointer"], warning["rule"]) == ("/template/name", "unknown_template")

    shop.synced()
    refused = shop.site.send(body)
    assert refused.problems == [("/template/name", "unknown_template")]
    shop.knows()
    (problem,) = shop.site.send(sending(parcel("Ada", "17", language="de"))).json["error"]["problems"]
    assert (problem["pointer"], problem["rule"]) == ("/template/language/code", "unknown_language")
    assert problem["expected"] == "one of: en"
    assert shop.stored() == 1


def test_what_was_read_long_ago_refuses_nothing_and_is_warned_of(shop: Shop) -> None:
    """Meta's news may be lost, and its list may not be had: then nobody here knows better than Meta."""
    long_ago = shop.site.clock.now() - 3 * HOUR
    paused = shop.knows(status="PAUSED", seen_at=long_ago)
    shop.knows("de", seen_at=long_ago)
    for body in (sending(parcel("Ada", "17")), sending(parcel(language="de"))):
        assert shop.site.send(body).status == 200
        warning = shop.warned(body)[0]
        assert (warning["rule"], "were last read at" in warning["detail"]) == ("unknown_template", True)
    shop.synced()
    (problem,) = shop.site.send(sending(parcel("Ada", "17"))).json["error"]["problems"]
    assert problem["rule"] == "template_status"
    assert to_rfc3339(paused.seen_at) not in problem["detail"]  # the sync has seen it since
    assert len(shop.site.send(sending(parcel(language="de"))).problems) == 2


def test_a_page_that_was_asked_for_before_a_removal_brings_nothing_back(shop: Shop) -> None:
    now, place = shop.site.clock.now(), Place(shop.account_id, WABA)
    old, new = (
        ProviderTemplate(
            provider_id=id_, name="parcel", language="en", category="", status="APPROVED", definition={}
        )
        for id_ in ("1", "2")
    )

    def ids_after(work: Any) -> list[str | None]:
        shop.site.run(shop.site.store.write(work))
        read = shop.site.store.read(lambda tx: templates.of_name(tx, shop.account_id, WABA, "parcel"))
        return [row.provider_id for row in shop.site.run(read)]

    def shown(one: ProviderTemplate, asked_at: int, at: int) -> list[str | None]:
        source = Source(word="sync", at=at)
        return ids_after(lambda tx: apply_templates(tx, place, [one], source, dict.__eq__, asked_at))

    async def remove(tx: Tx) -> None:
        (row,) = await templates.of_name(tx, shop.account_id, WABA, "parcel")
        await apply_removal(tx, row, Source(word="answer", at=now + 2))

    assert shown(old, now, now) == ["1"]
    assert ids_after(remove) == []
    assert shown(old, now + 1, now + 3) == []
    assert shown(new, now + 4, now + 4) == ["2"]
    assert shown(old, now + 1, now + 5) == ["2"]
    assert shown(msgspec.structs.replace(new, provider_id="3"), now + 1, now + 5) == ["2"]
    assert shown(msgspec.structs.replace(new, provider_id="3"), now + 5, now + 5) == ["3"]


def test_a_template_of_another_account_or_business_is_not_ours(shop: Shop) -> None:
    shop.synced()
    shop.knows(account_id=shop.site.bob.account_id)
    shop.knows(waba_id="2001")
    assert shop.site.send(sending(parcel("Ada", "17"))).problems == [("/template/name", "unknown_template")]


@pytest.mark.parametrize("status", ["PAUSED", "REJECTED", "DISABLED", "PENDING", "PENDING_DELETION"])
def test_a_template_that_can_not_go_is_refused_in_the_words_of_its_status(shop: Shop, status: str) -> None:
    shop.knows(status=status, rejected_reason="SCAM" if status == "REJECTED" else "NONE")
    answer = shop.site.send(sending(parcel("Ada", "17")))
    (problem,) = answer.json["error"]["problems"]
    assert (problem["rule"], problem["found"]) == ("template_status", f'"{status}"')
    words = {
        "PAUSED": "is paused by Meta for its low quality",
        "REJECTED": "was rejected by Meta",
        "DISABLED": "was disabled by Meta",
        "PENDING": "is still in review",
        "PENDING_DELETION": "is being deleted",
    }
    assert f"`parcel` in `en` {words[status]}" in problem["detail"]
    assert ("SCAM" in problem["detail"]) == (status == "REJECTED")
    assert shop.stored() == 0


def test_a_scheduled_message_may_name_a_template_in_review(shop: Shop) -> None:
    shop.knows(status="PENDING")
    later = sending(parcel("Ada", "17"), send_at=shop.site.clock.now() // 1000 + 3600)
    assert shop.site.send(later).status == 200
    (warning,) = shop.warned(later)
    assert warning["rule"] == "template_status"
    assert shop.site.send(later | {"template": parcel("Ada")}).status == 400
    assert shop.stored() == 1


def test_what_changes_about_a_template_counts_from_the_next_send_on(shop: Shop) -> None:
    row = shop.knows()
    body = sending(parcel("Ada", "17"))
    assert shop.site.send(body).status == 200
    shop.changes(row, status="PAUSED")
    assert shop.site.send(body).problems == [("/template/language/code", "template_status")]
    shop.changes(
        row, definition=msgspec.json.encode({"components": [{"type": "BODY", "text": "Hi."}]}).decode()
    )
    assert [rule for _, rule in shop.site.send(body).problems] == ["extra_parameter"]
    shop.changes(row, removed_at=1)
    assert shop.site.send(body).status == 200  # not read yet: it may be there again


def test_it_goes_in_the_first_language_that_may_be_sent_and_the_answer_says_so(shop: Shop) -> None:
    shop.synced()
    for language, status in (("de", "PAUSED"), ("en_US", "APPROVED"), ("en", "APPROVED")):
        shop.knows(language, status)
    body = sending(parcel("Ada", "17", language="pt", others=("de", "en_US", "en")))
    verdict = shop.site.post("/v1/messages/validate", body).json
    assert verdict["would_send"]["template"]["language"] == {"code": "en_US"}
    answer = shop.site.send(body)
    assert (answer.status, sorted(answer.json)) == (200, ["id", "warnings"])
    (warning,) = answer.json["warnings"]
    assert (warning["pointer"], warning["rule"]) == ("/template/language/code", "language_taken")
    assert warning["detail"].startswith("It goes in `en_US`. There is no template `parcel` in `pt`")
    assert shop.content_of(answer.json["id"])["template"]["language"] == {"code": "en_US"}

    first = shop.site.send(sending(parcel("Ada", "17", language="en", others=("en_US",))))
    assert list(first.json) == ["id"]
    assert shop.content_of(first.json["id"])["template"]["language"] == {"code": "en"}
    (batched,) = shop.site.post("/v1/messages/batch", [body]).json["results"]
    assert batched["warnings"] == [warning]


def test_when_no_language_will_do_there_is_a_problem_for_each(shop: Shop) -> None:
    shop.synced()
    shop.knows("de", "PAUSED")
    body = sending(parcel("Ada", "17", language="pt", others=("de", "es")))
    assert shop.site.send(body).problems == [
        ("/template/language/code", "unknown_language"),
        ("/template/language/fallback/0", "template_status"),
        ("/template/language/fallback/1", "unknown_language"),
    ]


def test_a_fallback_template_has_languages_of_its_own(shop: Shop) -> None:
    shop.knows("es")
    shop.synced()
    body = TEXT | {"fallback": {"template": parcel("Ada", "17", others=("es",))}}
    answer = shop.site.send(body)
    assert [warning["pointer"] for warning in answer.json["warnings"]] == ["/fallback/template/language/code"]
    message = shop.site.get(f"/v1/messages/{answer.json['id']}").json
    assert message["fallback"]["content"]["template"]["language"] == {"code": "es"}


def test_a_number_that_passes_templates_through_checks_nothing_and_sends_no_member_of_ours(
    shop: Shop,
) -> None:
    shop.knows()
    shop.synced()
    changed = shop.site.call(
        "PATCH", f"/v1/numbers/{shop.site.alice.number_id}", {"template_check": "pass_through"}
    )
    assert changed.json["template_check"] == "pass_through"
    body = sending(parcel(language="pt", others=("en",), name="nobody_knows"))
    assert [warning["rule"] for warning in shop.warned(body)] == ["ignored"]
    answer = shop.site.send(body)
    assert list(answer.json) == ["id"]
    assert shop.content_of(answer.json["id"])["template"]["language"] == {"code": "pt"}


def test_a_repeated_request_gets_its_first_answer_though_the_template_is_paused_now(shop: Shop) -> None:
    row = shop.knows()
    body = sending(parcel("Ada", "17"))
    first = shop.site.send(body, Idempotency_Key="k")
    shop.changes(row, status="PAUSED")
    again = shop.site.send(body, Idempotency_Key="k")
    assert (again.status, again.json) == (200, first.json)
    assert shop.stored() == 1
