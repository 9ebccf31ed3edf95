"""HOOKS: providers' posts to us. Check the signature, keep the bytes, answer 200.

`GET` is the provider's check of the address, `POST` carries facts. Both are `(key, headers, body) → (status,
body)`, so that any server can carry them. Nothing is stored for a post whose signature does not hold, and an
account without an app secret accepts none.
"""

from collections.abc import Mapping

from trunkline.failpoints import reach
from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.inbound.watch import HookWatch
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable

Reply = tuple[int, bytes]


class HookReceiver:
    """The routes `GET` and `POST /hooks/{connector}/{hook_key}`."""

    def __init__(self, runtime: Runtime, processor: Processor) -> None:
        self._runtime = runtime
        self._processor = processor
        self.watch = HookWatch(runtime)
        """Runs while the routes are served."""

    def check(self, connector: str, hook_key: str, query: Mapping[str, str]) -> Reply:
        """The provider asks whether this address is ours."""
        account = self._runtime.directory.by_hook_key.get(hook_key)
        known = self._runtime.connectors.get(connector)
        if account is None or known is None:
            return 404, b""
        return known.handshake(query, self._runtime.directory.verify_token(account))

    async def post(self, connector: str, hook_key: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """200 only after the synced commit; anything else makes the provider try again."""
        status = 500
        try:
            status, answer = await self._post(connector, hook_key, headers, body)
            return status, answer
        finally:
            if status not in (200, 404):  # the facts in it are not here, whosever fault that is
                self.watch.broke()

    def missed(self, hook_key: str) -> None:
        """A post was not even read: it was too large, or there was no room, or it broke off."""
        if hook_key in self._runtime.directory.by_hook_key:
            self.watch.broke()

    async def _post(self, connector: str, hook_key: str, headers: Mapping[str, str], body: bytes) -> Reply:
        directory = self._runtime.directory
        account = directory.by_hook_key.get(hook_key)
        known = self._runtime.connectors.get(connector)
        if account is None or known is None:
            return 404, b""
        if not known.is_signed(headers, body, directory.app_secrets(account.id)):
            log.warning("a post to the hook of account %s had no valid signature", account.id)
            self._count("refused")
            return 401, b""
        reach("C11")
        try:
            kept = await receive(
                self._runtime, account.id, connector, body, elsewhere=not self._processor.runs
            )
        except StoreUnavailable as fault:
            log.warning("a webhook post could not be kept, the provider will repeat it: %s", fault)
            self._count("not_kept")
            return 503, b""
        reach("C12")
        if kept is not None and self._processor.runs:
            self._processor.hand_over(kept)
        self._count("repeated" if kept is None else "kept")
        return 200, b""

    def _count(self, result: str) -> None:
        self._runtime.tally.count(f"hook_posts_total {result}")
