"""Every code of Meta's error page: provoked here over HTTP, or named with the reason why it does not come.

The codes stand below as data, so that none is forgotten: the table, those on demand and those that cannot
come are together all of them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.sandbox.content.bodies import interactive
from tests.sandbox.shapes import causes as to
from tests.sandbox.shapes.answers import ERROR, STATUS_ERROR
from tests.sandbox.shapes.shape import check
from tests.sandbox.shapes.stage import Stage, Theatre, theatre
from tests.sandbox.templates.drafts import BODY, body, button, header, media, texts

FIDELITY = Path(__file__).parents[3] / "docs" / "sandbox-fidelity.md"
ALL = {
    *(0, 1, 2, 3, 4, 10, 33, 100, 190, 200, 368, 803, 1026, 80007),
    *(130403, 130429, 130472, 130497),
    *(131000, 131005, 131008, 131009, 131016, 131020, 131021, 131026, 131030, 131031, 131037, 131041, 131042),
    *(131044, 131045, 131047, 131048, 131049, 131050, 131051, 131052, 131053, 131055, 131056, 131057, 131059),
    *(131060, 131061, 131062, 131063, 131064, 131065, 131070, 131201, 131207, 131208),
    *(132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069),
    *(133000, 133004, 133005, 133006, 133008, 133009, 133010, 133015, 133016),
    *(134011, 134100, 134101, 134102, 135000, 136024, 137000),
    *range(138000, 138039),
    *(139000, 139001, 139002, 139003, 139004, 139006, 139100, 139101, 139102, 139103, 139200),
    *(141006, 141010, 141014, 147001, 147002, 147003, 147004, 147005, 200005, 200006, 200007),
    *(2388012, 2388091, 2388093, 2388103, 2494100),
    *(2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 2388318, 2388330),
    *(2593107, 2593108, 1752041),
}
"""Codes, and those that come as subcode of code 100 or inside `health_status`."""


class Row(NamedTuple):
    """An error in the answer to a call, unless it is told `later`."""

    code: int
    cause: to.Cause
    status: int = 400
    subcode: int | None = None
    details: bool = True
    kind: str = "OAuthException"
    later: bool = False
    user: bool = False
    """Whether it has a title and a message for people."""


def later(code: int, cause: to.Cause) -> Row:
    return Row(code, cause, status=200, later=True)


def definition(subcode: int, cause: to.Cause) -> Row:
    return Row(100, cause, subcode=subcode, details=False, user=True)


def magic(number: str) -> to.Cause:
    return to.sending(to=number)


def magic_failure(number: str) -> to.Cause:
    return to.failing(to=number)


ORDER = (
    "sample_order_update",
    media("document"),
    texts("body", "Ada", "A-1"),
    button("url", 0, "text", "A-1"),
)
FOUR = [{"type": "reply", "reply": {"id": str(place), "title": str(place)}} for place in range(4)]
LONG = [ORDER[0], ORDER[1], texts("body", "x" * 1100, "A-1"), ORDER[3]]
CODE = ("sample_login_code", texts("body", "1" * 16), button("url", 0, "text", "1" * 16))
MARKETING_ONLY = {
    "messaging_product": "whatsapp",
    "to": "15550001234",
    **{key: value for key, value in to.of_template("hello_world").items() if value},
}
STATIC_TEXT = "Thank you for your order, it is on its way."

TABLE = [
    Row(1, to.call("GET", "/oauth/access_token?client_id={app}&client_secret=x"), details=False),
    Row(2, magic("15555559032"), 503, details=False, kind="GraphMethodException"),
    Row(3, to.call("POST", "/", {"batch": []}), details=False),
    Row(4, to.rule(to.call("GET", "/me"), app_calls_per_hour=0)),
    Row(10, to.without_messaging, 403, details=False),
    Row(100, to.sending(text={"body": "x" * 4097}), details=False),
    Row(100, to.call("GET", "/123456789012345"), subcode=33, details=False, kind="GraphMethodException"),
    Row(190, to.call("GET", "/{waba}", token="nonsense"), 401, details=False),
    Row(190, to.expired_token, 401, 463, details=False),
    Row(190, to.revoked_token, 401, 467, details=False),
    Row(200, to.without_management, 403, details=False),
    Row(368, to.restricted, 403),
    Row(803, to.call("GET", "/no_such_page"), 404, details=False),
    Row(80007, to.rule(to.call("GET", "/{waba}"), management_per_hour=0)),
    Row(130403, to.own_block_list),
    Row(130429, to.throughput),
    Row(130429, magic("15555559005"), 429),
    later(130472, magic_failure("15555559021")),
    Row(131000, magic("15555559003"), 500),
    Row(131005, to.sending(recipient_type="group", to="group-1"), 403),
    Row(131008, to.sending(**to.of_template(*ORDER[:3]))),
    Row(131009, to.sending(**interactive("button", {"buttons": FOUR}))),
    Row(131021, to.to_itself),
    later(131026, to.blocked_by_the_person),
    later(131026, magic_failure("15555559001")),
    Row(131030, to.rule(to.sending(), recipients=[])),
    Row(131031, to.disabled, 403),
    later(131042, magic_failure("15555559023")),
    later(131047, to.window_closed),
    Row(131047, magic("15555559025")),
    Row(131048, to.over_the_tier),
    later(131049, to.marketing_cap),
    later(131050, to.marketing_stopped),
    Row(131051, to.sending(type="pin", pin={})),
    later(131053, to.rule(to.failing(type="image", image={"link": to.DEAD_LINK}), media=True)),
    Row(131056, to.pair_limit),
    Row(131059, to.call("GET", "/{waba}/message_templates?after=nonsense")),
    Row(131062, to.code_to_a_user_id),
    Row(132000, to.sending(**to.of_template("hello_world", texts("body", "Ada")))),
    Row(132001, to.sending(**to.of_template("hello_world", language="es")), 404),
    Row(132005, to.sending(**to.of_template(*LONG))),
    Row(132012, to.sending(**to.of_template(ORDER[0], media("image"), *ORDER[2:]))),
    Row(132015, to.paused_template),
    Row(132016, to.disabled_template),
    Row(132018, to.sending(**to.of_template(*CODE))),
    Row(132068, to.with_flow("BLOCKED")),
    Row(132069, to.with_flow("THROTTLED")),
    Row(133005, to.wrong_pin),
    Row(133006, to.unverified),
    Row(133008, to.too_many_pins),
    Row(133009, to.pins_too_fast),
    Row(133010, to.not_registered),
    Row(133015, to.recently_deleted),
    Row(133016, to.registered_too_often),
    Row(134100, to.call("POST", "/{phone}/marketing_messages", MARKETING_ONLY)),
    Row(136024, to.call("POST", "/{phone}/request_code", to.ASK_CODE)),
    Row(139000, to.of_flow("POST", "/publish", "BLOCKED"), user=True),
    Row(139001, to.of_flow("POST", "", body={"name": "Other"}), user=True),
    Row(139002, to.of_flow("POST", "/publish"), user=True),
    Row(139003, to.deprecating_a_draft, user=True),
    Row(139004, to.of_flow("DELETE", ""), user=True),
    Row(139006, to.of_flow("GET", "?fields=metric"), user=True),
    Row(139100, to.unblockable),
    Row(139101, to.full_block_list),
    Row(139102, to.call("GET", "/{phone}/block_users?after=nonsense")),
    Row(147001, to.call("POST", "/{phone}/username", {"username": "taken_shop"})),
    Row(147002, to.account_not_reviewed),
    Row(147005, to.username_elsewhere),
    Row(200006, to.call("POST", "/{waba}", {"is_enabled_for_insights": False})),
    Row(200007, to.insights_off),
    definition(2388019, to.one_template_too_many),
    definition(2388039, to.second_edit),
    definition(2388040, to.defining(body("x" * 1025))),
    definition(2388047, to.defining(header("{{1}} and {{2}}", "a", "b"), BODY)),
    definition(2388072, to.defining(body("Hi {{1}}{{2}}, there you are again.", "a", "b"))),
    definition(2388073, to.defining(BODY, {"type": "FOOTER", "text": "To {{1}}"})),
    definition(2388293, to.defining(body("a {{1}} b {{2}} c", "a", "b"))),
    definition(2388299, to.defining(body("{{1}} is the code that you asked for.", "a"))),
]

ON_DEMAND = {
    0: "Graph answers 190 to every token that it does not take",
    1026: "no handset here is too old for a message",
    130497: "no country is barred here",
    131016: "nothing here becomes unavailable by itself",
    131037: "the number of a sandbox has an approved display name",
    131055: "the marketing endpoint refuses with 100 and 134100",
    131057: "no throughput is upgraded by itself",
    131061: "the account counts as onboarded to the Marketing Messages API",
    131063: "marketing templates stay allowed on the Cloud API",
    131064: "categories are not enforced by limits",
    131065: "there are no bids",
    131070: "no other app takes a conversation over",
    132007: "texts are not judged by their characters",
    132008: "values of parameters are checked by 131008, 131009 and 132018",
    133004: "nothing here becomes unavailable by itself",
    134011: "payments need no terms here",
    134101: "templates can be sent as soon as they are approved",
    134102: "the account counts as onboarded to the Marketing Messages API",
    135000: "Meta does not say when it comes",
    137000: "identities of handsets do not change, so any hash is taken",
    139200: "Direct Send is open to the account",
}
"""No cause of their own: `/_sandbox/faults` makes a send fail with them."""

NEVER = {
    (131020, 131041, 131201, 131207, 131208): "groups: every send to one is refused with 131005",
    (131044, *range(138000, 138039)): "calls",
    (131045, 133000): "certificates and half done deregistrations",
    (131052, 131060): "of inbound messages: a handset sends what a webhook can carry",
    (139103,): "the block list does not break",
    (141006, 141010): "there is no payment method that could be missing, and the business is verified",
    (147003, 147004): "usernames of other products",
    (200005,): "insights exist wherever they are switched on",
    (2388012, 2388091, 2388093, 2388103, 2494100): "moving a number between accounts",
    (2388318, 2388330): "no template is generated by Direct Send",
    (2593107, 2593108, 1752041): "coexistence with the WhatsApp Business app",
}
"""What the sandbox does not have at all."""

IN_HEALTH = {141014: "the account is disabled"}
"""Told in `health_status`, never as an error of a call."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("errors"), template_quota=60) as opened:
        yield opened


def test_every_code_of_the_page_has_a_place() -> None:
    provoked = {row.subcode if row.subcode in ALL else row.code for row in TABLE}
    never = {code for codes in NEVER for code in codes}
    assert provoked | set(ON_DEMAND) | never | set(IN_HEALTH) == ALL
    assert not provoked & (set(ON_DEMAND) | never)
    assert not set(ON_DEMAND) & never


def test_the_page_on_fidelity_names_the_codes_that_come_only_on_demand() -> None:
    text = FIDELITY.read_text()
    listed = text.partition("any other one:")[2].partition(".")[0]
    assert [int(code) for code in listed.replace("\n", " ").split(",")] == sorted(ON_DEMAND)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.code}-{row.subcode or row.status}")
def test_an_error_comes_as_meta_writes_it(stage: Theatre, row: Row) -> None:
    status, error = stage.play(row.cause)
    assert (status, error["code"]) == (row.status, row.code), error
    if row.later:
        check(error, STATUS_ERROR)
        return
    if row.code == 139101:  # of one user, inside the answer of 139100
        assert error["error_data"]["details"]
        return
    check({"error": error}, ERROR)
    assert (error["type"], error.get("error_subcode")) == (row.kind, row.subcode)
    assert ("error_data" in error) == row.details, error
    assert ("error_user_title" in error) == row.user, error
    is_numbered = error["message"].startswith(f"(#{row.code}) ")
    assert is_numbered or row.code in {1, 2, 100, 190}


@pytest.mark.parametrize("code", ON_DEMAND)
def test_a_code_without_a_cause_comes_on_demand(stage: Theatre, code: int) -> None:
    async def tell(the: Stage) -> None:
        await the.do("POST", "/_sandbox/faults", {"code": code})
        status, error = to.error_of(await the.send())
        assert (400 <= status < 600, error["code"]) == (True, code)
        check({"error": error}, ERROR)
        await the.do("POST", "/_sandbox/faults", {"code": code, "how": "status"})
        _, error = await to.failure_of(the, await the.sent())
        assert error["code"] == code
        check(error, STATUS_ERROR)

    stage.play(tell)


def test_a_code_that_is_not_of_the_page_can_be_asked_for_as_well(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        await the.do("POST", "/_sandbox/faults", {"code": 138999, "how": "status"})
        _, error = await to.failure_of(the, await the.sent())
        assert error["code"] == 138999

    stage.play(tell)


def test_health_tells_of_a_disabled_account(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        await the.do("POST", "/_sandbox/account", {"do": "ban", "state": "DISABLE"})
        try:
            node = await the.do("GET", "/{waba}?fields=health_status")
        finally:
            await the.do("POST", "/_sandbox/account", {"do": "ban", "state": "REINSTATE"})
        assert 141014 in codes_of(node["health_status"])

    stage.play(tell)


def codes_of(health: dict[str, Any]) -> set[int]:
    return {error["error_code"] for entity in health["entities"] for error in entity.get("errors", [])}
