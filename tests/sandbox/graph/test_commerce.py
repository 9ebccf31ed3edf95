"""Commerce settings, conversational components, and the public key of flows."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.sandbox.graph.forms import post_raw
from tests.sandbox.rig import rig


def test_the_catalog_is_hidden_and_the_cart_is_on_until_it_is_said_otherwise(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            edge = f"/v25.0/{tools.identity.phone_number_id}/whatsapp_commerce_settings"
            (first,) = (await (await tools.call("GET", edge)).json())["data"]
            assert (first["is_cart_enabled"], first["is_catalog_visible"]) == (True, False)
            response = await tools.call("POST", f"{edge}?is_catalog_visible=true")
            assert await response.json() == {"success": True}
            assert (await tools.call("POST", edge, {"is_cart_enabled": False})).status == 200
        async with rig(tmp_path, subscribed=False) as tools:
            (then,) = (await (await tools.call("GET", edge)).json())["data"]
            assert then == {"id": first["id"], "is_cart_enabled": False, "is_catalog_visible": True}
            response = await tools.call("POST", edge, {"is_cart_enabled": "perhaps"})
            assert await tools.error_of(response) == (400, 100)

    asyncio.run(run())


def test_conversational_components_are_read_as_a_field_of_the_number(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            number = f"/{tools.identity.phone_number_id}"
            commands = [{"command_name": "book", "command_description": "Book a table"}]
            body = {"enable_welcome_message": True, "commands": commands, "prompts": ["Opening hours?"]}
            response = await tools.call("POST", f"{number}/conversational_automation", body)
            assert await response.json() == {"success": True}
            found = await (await tools.call("GET", f"{number}?fields=conversational_automation")).json()
            told = found["conversational_automation"]
            assert {**told, "id": ""} == {**body, "id": ""}
            await tools.call("POST", f"{number}/conversational_automation", {"prompts": []})
            found = await (await tools.call("GET", f"{number}?fields=conversational_automation")).json()
            assert found["conversational_automation"] == {**told, "prompts": []}

    asyncio.run(run())


@pytest.mark.parametrize(
    "body",
    [
        {"commands": [{"command_name": "x" * 33, "command_description": "d"}]},
        {"commands": [{"command_name": "x", "command_description": "d" * 257}]},
        {"commands": [{"command_name": "x"}]},
        {"commands": [{"command_name": "x", "command_description": "d", "more": 1}]},
        {"commands": [{"command_name": "x", "command_description": "d"}] * 31},
        {"commands": "x"},
        {"prompts": ["a", "b", "c", "d", "e"]},
        {"prompts": ["x" * 81]},
        {"prompts": [""]},
        {"prompts": [7]},
        {"prompts": {}},
        {"enable_welcome_message": "perhaps"},
    ],
)
def test_components_that_do_not_fit_are_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}/conversational_automation"
            assert (await tools.call("POST", path, body)).status == 400

    asyncio.run(run())


def test_a_public_key_is_kept_and_counts_as_valid(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}/whatsapp_business_encryption"
            assert await (await tools.call("GET", path)).json() == {"data": []}
            pem = _pem(rsa.generate_private_key(65537, 2048))
            body = urlencode({"business_public_key": pem}).encode()
            response = await post_raw(tools, path, body, "application/x-www-form-urlencoded")
            assert await response.json() == {"success": True}
            assert await (await tools.call("GET", path)).json() == {
                "data": [{"business_public_key": pem, "business_public_key_signature_status": "VALID"}]
            }

    asyncio.run(run())


def test_a_key_that_is_not_rsa_of_2048_bits_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}/whatsapp_business_encryption"
            short = _pem(rsa.generate_private_key(65537, 1024))
            curve = _pem(ec.generate_private_key(ec.SECP256R1()))
            for pem in (short, curve, "no key", "", None, 7, "-----BEGIN PUBLIC KEY-----\nAA==\n-----END"):
                response = await tools.call("POST", path, {"business_public_key": pem})
                assert await tools.error_of(response) == (400, 100)

    asyncio.run(run())


def _pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
