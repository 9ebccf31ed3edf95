"""The public key of a number, by which flows are encrypted for their endpoint."""

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.flows.store import PublicKey
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

_BITS = 2048


def part(runtime: Runtime) -> Part:
    edges = _Keys(runtime)
    return Part(
        routes={
            ("number", "whatsapp_business_encryption", "GET"): edges.get,
            ("number", "whatsapp_business_encryption", "POST"): edges.set,
        }
    )


class _Keys:
    def __init__(self, runtime: Runtime) -> None:
        self._shelf = runtime.flows.keys

    async def get(self, call: Call) -> dict[str, Any]:
        key = self._shelf.get(call.node)
        if key is None:
            return {"data": []}
        return {"data": [{"business_public_key": key.pem, "business_public_key_signature_status": "VALID"}]}

    async def set(self, call: Call) -> dict[str, Any]:
        pem = Param(call.params, "").text("business_public_key", 10_000)
        _check_key(pem)
        await self._shelf.put(call.node, PublicKey(pem))
        return {"success": True}


def _check_key(pem: str) -> None:
    """Meta takes RSA keys of 2048 bits and nothing else."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise _refusal("it is not a public key in PEM form") from None
    if not isinstance(key, RSAPublicKey) or key.key_size != _BITS:
        raise _refusal(f"it is not an RSA key of {_BITS} bits")


def _refusal(why: str) -> GraphError:
    return GraphError(100, "(#100) Invalid parameter", details=f"business_public_key cannot be used: {why}.")
