"""HOOKS: providers' posts to us. Check the signature, keep the bytes, answer 200.

`GET` is the provider's check of the address, `POST` carries facts. Both are `(key, headers, body) → (status,
body)`, so that any server can carry them. Nothing is stored for a post whose signature does not hold, and an
account without an app secret accepts none.
"""

from collections.abc import Mapping

from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable

Reply = tuple[int, bytes]


class HookReceiver:
    """The routes `GET` and `POST /hooks/{connector}/{hook_key}`."""

    def __init__(self, runtime: Runtime, processor: Processor) -> None:
        self._runtime = runtime
        self._processor = processor

    def check(self, connector: str, hook_key: str, query: Mapping[str, str]) -> Reply:
        """The provider asks whether this address is ours."""
        account = self._runtime.directory.by_hook_key.get(hook_key)
        known = self._runtime.connectors.get(connector)
        if account is None or known is None:
            return 404, b""
        return known.handshake(query, self._runtime.directory.verify_token(account))

    async def post(self, connector: str, hook_key: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """200 only after the synced commit; anything else makes the provider try again."""
        directory = self._runtime.directory
        account = directory.by_hook_key.get(hook_key)
        known = self._runtime.connectors.get(connector)
        if account is None or known is None:
            return 404, b""
        if not known.is_signed(headers, body, directory.app_secrets(account.id)):
            log.warning("a post to the hook of account %s had no valid signature", account.id)
            return 401, b""
        try:
            kept = await receive(self._runtime, account.id, connector, body)
        except StoreUnavailable as fault:
            log.warning("a webhook post could not be kept, the provider will repeat it: %s", fault)
            return 503, b""
        if kept is not None:
            self._processor.hand_over(kept)
        return 200, b""
