"""What every handler is given, beside its request."""

import asyncio
import functools
from collections.abc import Mapping
from typing import Protocol

from trunkline.admin import Admin
from trunkline.api.auth import Gatekeeper
from trunkline.api.campaign_totals import ProgressDesk
from trunkline.api.conversions import Conversions
from trunkline.api.event_stream import Streams
from trunkline.api.gate import Gate
from trunkline.api.link_gate import LinkGate
from trunkline.campaigns.report import Reports
from trunkline.guarded_http import GuardedTransport, Limits, open_guarded
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime
from trunkline.store.media import MediaRow
from trunkline.templates.book import TemplateBook
from trunkline.virtual_time import VirtualTime

LINK_SECONDS = 120.0
"""For a file of 100 MB that somebody waits for."""


class Hooks(Protocol):
    """The receiver of providers' posts, as its routes need it."""

    def check(self, connector: str, hook_key: str, query: Mapping[str, str]) -> tuple[int, bytes]: ...

    async def post(
        self, connector: str, hook_key: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]: ...

    def missed(self, hook_key: str) -> None: ...


class Api:
    """One running API. Made once by `server.build_app`."""

    def __init__(  # noqa: PLR0913 - the wiring, all that a handler may need
        self,
        runtime: Runtime,
        dispatcher: Dispatcher,
        hooks: Hooks,
        operator_token: str,
        *,
        http_links: bool,
        time: VirtualTime | None,
        templates: TemplateBook,
    ) -> None:
        self.runtime = runtime
        self.dispatcher = dispatcher
        self.hooks = hooks
        self.http_links = http_links
        self.time = time
        """None on real time: then the routes of the clock do not exist."""
        self.templates = templates
        self.gate = Gate(runtime)
        self.streams = Streams(runtime)
        self.progress = ProgressDesk(runtime)
        self.gatekeeper = Gatekeeper(runtime, operator_token)
        self.admin = Admin(runtime.store, runtime.vault, runtime.clock)
        self.cursor_key = runtime.vault.derive("page cursors")
        self.running_keys: dict[tuple[str, str], bytes] = {}
        """Idempotency keys whose first request is still being answered here → its fingerprint."""
        self.fetching: dict[tuple[str, str], asyncio.Task[MediaRow]] = {}
        """Files that somebody asked for and that are on their way, by account and media id."""
        self.examining: asyncio.Task[list[str]] | None = None
        """The look at the readiness that is under way."""
        self.openapi = b""
        """The OpenAPI document."""

    @functools.cached_property
    def links(self) -> GuardedTransport:
        """For files that callers name by a link."""
        return open_guarded(self.runtime.url_rules, Limits(timeout_seconds=LINK_SECONDS, most_hops=3))

    @functools.cached_property
    def conversions(self) -> Conversions:
        """Of uploads that ask for it."""
        return Conversions(self.runtime)

    @functools.cached_property
    def reports(self) -> Reports:
        """Of campaigns."""
        return Reports(self.runtime)

    @functools.cached_property
    def link_gate(self) -> LinkGate:
        """Before the short links, which anybody may open."""
        return LinkGate(self.runtime.clock)

    async def close(self) -> None:
        self.streams.close()
        if "reports" in self.__dict__:
            self.reports.close()
        if "links" in self.__dict__:
            await self.links.close()

    async def changed(self) -> None:
        """Accounts or numbers were changed: let every stage of this process know."""
        await self.runtime.directory.reload()
        await self.dispatcher.sync_numbers()
        if self.runtime.store.is_shared:
            await self.runtime.store.write(lambda tx: tx.tell("directory"))
