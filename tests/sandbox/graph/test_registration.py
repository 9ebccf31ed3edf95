"""From a number that was added to one that sends, with everything that can go wrong on the way."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import HOUR, MINUTE, Graph, listen, story, visit
from tests.sandbox.rig import PHONE, text_to
from trunkline.sandbox import Identity

NEW = {"cc": "1", "phone_number": "15550107777", "verified_name": "Second Shop"}
ASK = {"code_method": "SMS", "language": "en_US"}
PIN = {"messaging_product": "whatsapp", "pin": "246810"}
WRONG = {"messaging_product": "whatsapp", "pin": "135791"}


async def add(graph: Graph) -> str:
    return str((await graph.done("POST", "/{waba}/phone_numbers", NEW))["id"])


async def code_of(graph: Graph, id_: str) -> str:
    return str((await graph.get("/_sandbox/numbers/{id}", id=id_))["code"])


async def verified(graph: Graph) -> str:
    id_ = await add(graph)
    await graph.done("POST", "/{id}/request_code", ASK, id=id_)
    await graph.done("POST", "/{id}/verify_code", {"code": await code_of(graph, id_)}, id=id_)
    return id_


def test_a_number_goes_from_added_to_sending(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        id_ = await verified(graph)
        assert await graph.refused("POST", "/{id}/messages", text_to(PHONE), id=id_) == (400, 133010)
        region = {"data_localization_region": "DE"}
        assert await graph.done("POST", "/{id}/register", PIN | region, id=id_) == {"success": True}
        await graph.done("POST", "/{id}/messages", text_to(PHONE), id=id_)
        (value,) = await graph.heard("phone_number_quality_update")
        assert (value["display_phone_number"], value["event"]) == ("15550107777", "ONBOARDING")
        number = await graph.get("/{id}?fields=status,is_pin_enabled,last_onboarded_time", id=id_)
        assert (number["status"], number["is_pin_enabled"]) == ("CONNECTED", True)
        assert number["last_onboarded_time"].endswith("+0000")
        storage = (await graph.get("/{id}/settings", id=id_))["storage_configuration"]
        assert storage["data_localization_region"] == "DE"

    story(tmp_path, tell)


def test_a_verified_number_gets_no_code(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", "/{phone}/request_code", ASK) == (400, 136024)

    story(tmp_path, tell)


@pytest.mark.parametrize("body", [{}, {"code_method": "PIGEON", "language": "en"}, {"code_method": "SMS"}])
def test_what_a_code_needs(known: Identity, body: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", "/{phone}/request_code", body) == (400, 100)

    visit(known, tell)


def test_a_wrong_code_an_old_code_and_no_code_are_refused_with_136025(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        id_ = await add(graph)
        assert await graph.refused("POST", "/{id}/verify_code", {"code": "1"}, id=id_) == (400, 136025)
        await graph.done("POST", "/{id}/request_code", ASK, id=id_)
        assert await graph.refused("POST", "/{id}/verify_code", {}, id=id_) == (400, 100)
        assert await graph.refused("POST", "/{id}/verify_code", {"code": "x"}, id=id_) == (400, 136025)
        code = await code_of(graph, id_)
        graph.clock.advance(11 * MINUTE)
        assert await graph.refused("POST", "/{id}/verify_code", {"code": code}, id=id_) == (400, 136025)
        await graph.done("POST", "/{id}/request_code", ASK, id=id_)
        code = await code_of(graph, id_)
        await graph.done("POST", "/{id}/verify_code", {"code": f"{code[:3]}-{code[3:]}"}, id=id_)
        assert await graph.refused("POST", "/{id}/verify_code", {"code": code}, id=id_) == (400, 136025)

    story(tmp_path, tell)


def test_a_code_dies_after_five_wrong_guesses(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        id_ = await add(graph)
        await graph.done("POST", "/{id}/request_code", ASK, id=id_)
        code = await code_of(graph, id_)
        for _ in range(5):
            await graph.refused("POST", "/{id}/verify_code", {"code": "x"}, id=id_)
        assert await graph.refused("POST", "/{id}/verify_code", {"code": code}, id=id_) == (400, 136025)

    story(tmp_path, tell)


def test_an_unverified_number_is_not_registered(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        id_ = await add(graph)
        assert await graph.refused("POST", "/{id}/register", PIN, id=id_) == (400, 133006)

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "members",
    [
        {"messaging_product": None},
        {"messaging_product": "telegram"},
        {"pin": None},
        {"pin": "12345"},
        {"pin": "12345x"},
        {"pin": "\uff11" * 6},
        {"pin": 1234567},
        {"pin": True},
        {"pin": ["1"]},
        {"data_localization_region": "XX"},
        {"data_localization_region": 5},
    ],
)
def test_what_a_registration_needs(known: Identity, members: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", "/{phone}/register", PIN | members) == (400, 100)

    visit(known, tell)


def test_a_pin_guessed_wrong_then_too_fast_then_too_often(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("POST", "/{phone}/register", PIN)
        codes = [await graph.refused("POST", "/{phone}/register", WRONG) for _ in range(3)]
        for _ in range(3):
            graph.clock.advance(2 * MINUTE)
            codes.append(await graph.refused("POST", "/{phone}/register", WRONG))
        graph.clock.advance(2 * MINUTE)
        codes.append(await graph.refused("POST", "/{phone}/register", PIN))
        assert [code for _, code in codes] == [133005, 133005, 133009, 133005, 133005, 133005, 133008]
        graph.clock.advance(13 * HOUR)
        await graph.done("POST", "/{phone}/register", PIN)

    story(tmp_path, tell)


def test_a_deregistered_number_does_not_send_until_it_is_registered_with_its_pin(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("POST", "/{phone}/register", PIN)
        await graph.done("POST", "/{phone}/deregister")
        assert (await graph.get("/{phone}?fields=status"))["status"] == "DISCONNECTED"
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (400, 133010)
        assert await graph.refused("POST", "/{phone}/deregister") == (400, 133010)
        assert await graph.refused("POST", "/{phone}", {"pin": "111111"}) == (400, 133010)
        assert await graph.refused("POST", "/{phone}/register", WRONG) == (400, 133005)
        await graph.done("POST", "/{phone}/register", PIN)
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))

    story(tmp_path, tell)


def test_the_eleventh_registration_within_72_hours_is_refused(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        for _ in range(5):
            await graph.done("POST", "/{phone}/register", PIN)
            await graph.done("POST", "/{phone}/deregister")
        status, answer = await graph.ask("POST", "/{phone}/register", PIN)
        assert (status, answer["error"]["code"]) == (400, 133016)
        assert "72 hours" in answer["error"]["error_data"]["details"]
        graph.clock.advance(73 * HOUR)
        await graph.done("POST", "/{phone}/register", PIN)

    story(tmp_path, tell)


def test_a_number_that_was_just_deleted_waits_five_minutes(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        id_ = await verified(graph)
        await graph.done("DELETE", "/_sandbox/numbers/{id}", id=id_)
        assert await graph.refused("GET", "/{id}", id=id_) == (400, 100)
        assert (await graph.ask("DELETE", "/_sandbox/numbers/{phone}"))[0] == 400
        id_ = await verified(graph)
        assert await graph.refused("POST", "/{id}/register", PIN, id=id_) == (400, 133015)
        graph.clock.advance(6 * MINUTE)
        await graph.done("POST", "/{id}/register", PIN, id=id_)

    story(tmp_path, tell)


def test_a_new_pin_is_told_and_counts(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        await graph.done("POST", "/{phone}", {"pin": "111111"})
        (value,) = await graph.heard("security")
        assert (value["event"], value["display_phone_number"]) == (
            "PIN_CHANGED",
            graph.identity.display_phone_number,
        )
        assert await graph.refused("POST", "/{phone}/register", PIN) == (400, 133005)
        await graph.done("POST", "/{phone}/register", PIN | {"pin": 111111})
        assert await graph.refused("POST", "/{phone}", {"pin": "1"}) == (400, 100)

    story(tmp_path, tell)


def test_nothing_is_registered_in_a_locked_account(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("POST", "/_sandbox/account", {"do": "ban", "state": "DISABLE"})
        assert await graph.refused("POST", "/{phone}/register", PIN) == (403, 131031)

    story(tmp_path, tell)
