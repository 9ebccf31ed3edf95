"""Callback overrides: what a number and an account have in common when they say where webhooks go."""

from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime


async def override_callback(runtime: Runtime, node: str, params: Param) -> None:
    """An empty address takes the override away; any other has to pass the handshake first."""
    url = params.text("override_callback_uri", empty=True)
    if url:
        await runtime.poster.verify(url, params.text("verify_token"))
        await runtime.state.set_callback(node, url)
    else:
        await runtime.state.remove_callback(node)
    runtime.webhooks.try_again()
