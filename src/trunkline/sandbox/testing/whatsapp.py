"""The sandbox in the hand of a test."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trunkline.sandbox.clock import VirtualClock
from trunkline.sandbox.program import Sandbox
from trunkline.sandbox.scenarios.script import seconds_of
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.state import Identity
from trunkline.sandbox.testing.handset import Handset
from trunkline.sandbox.testing.http import Http

_QUICK = (0.0, 0.01, 0.02)
_FIRST_NUMBER = 15556000001


class WhatsApp:
    """What a program under test has to be told, and what the test does to it."""

    def __init__(self, identity: Identity) -> None:
        self._http = Http(identity.url, identity.token)
        self._next_number = _FIRST_NUMBER
        self._rules = self._http.call("GET", "/_sandbox/rules")
        self.base_url = identity.url
        """What takes the place of `https://graph.facebook.com`."""
        self.token = identity.token
        self.phone_number_id = identity.phone_number_id
        self.phone_number = f"+{identity.display_phone_number}"
        self.waba_id = identity.waba_id
        self.app_id = identity.app_id
        self.app_secret = identity.app_secret

    def handset(self, phone: str | None = None) -> Handset:
        """A new person, or the one with that number."""
        if phone is None:
            phone, self._next_number = str(self._next_number), self._next_number + 1
        digits = "".join(character for character in phone if character.isdecimal())
        return Handset(self._http, digits, self.phone_number_id)

    def send_webhooks_to(self, url: str, verify_token: str) -> None:
        """Webhooks of the number go there from now on; the handshake has to succeed."""
        override = {"override_callback_uri": url, "verify_token": verify_token}
        self._http.call("POST", f"/{self.phone_number_id}", {"webhook_configuration": override})

    @property
    def webhooks(self) -> list[dict[str, Any]]:
        """Those that were posted lately: `body`, `status` of the answer, `handset`, `signature` …"""
        return list(self._http.call("GET", "/_sandbox/webhooks")["data"])

    @property
    def sends(self) -> list[dict[str, Any]]:
        """Everything that was taken, oldest first: the first ten thousand."""
        return list(self._http.call("GET", "/_sandbox/ledger?limit=10000")["data"])

    def fail_sends(self, code: int, **members: Any) -> None:
        """The next send is refused with this code of Meta's. `how="status"` fails it after it was taken;
        `to`, `type`, `every` and `times` choose which sends."""
        self._http.call("POST", "/_sandbox/faults", {"code": code, **members})

    def disturb_webhooks(self, kind: str, **members: Any) -> None:
        """The next webhook is `duplicate`, `delay`, `reorder`, `bad_signature`, `oversize` or `drop`."""
        self._http.call("POST", "/_sandbox/faults", {"kind": kind, **members})

    def rules(self, **switches: Any) -> dict[str, Any]:
        """Switch rules on or off, such as `windows=True`; answers how all of them stand."""
        return dict(self._http.call("PATCH", "/_sandbox/rules", switches))

    def play(self, scenario: str | dict[str, Any]) -> str:
        """Let a scenario run (TOML, or the same as a dict); answers its id."""
        body: Any = scenario.encode() if isinstance(scenario, str) else scenario
        return str(self._http.call("POST", "/_sandbox/scenarios", body)["id"])

    def advance(self, time: str | float) -> None:
        """Put the sandbox's clock forward: `"25h"`, `"1m30s"`, or seconds."""
        self._http.call("POST", "/_sandbox/clock/advance", {"seconds": seconds_of(time)})

    def reset(self) -> None:
        """No faults, scenarios and callbacks, the rules of the start. Messages and old handsets stay."""
        self._http.call("DELETE", "/_sandbox/faults")
        for running in self._http.call("GET", "/_sandbox/scenarios")["data"]:
            self._http.call("DELETE", f"/_sandbox/scenarios/{running['id']}")
        self._http.call("PATCH", "/_sandbox/rules", self._rules)
        nowhere = {"webhook_configuration": {"override_callback_uri": ""}}
        self._http.call("POST", f"/{self.phone_number_id}", nowhere)


@contextlib.contextmanager
def running_sandbox(folder: Path, settings: Settings | None = None) -> Iterator[WhatsApp]:
    """A sandbox in a thread of its own, on virtual time, until the block ends."""
    chosen = settings or Settings(status_delay_seconds=_QUICK, retry_ladder_seconds=(0.05, 0.2))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    sandbox = Sandbox(folder, settings=chosen, clock=VirtualClock())
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(30)
        try:
            yield WhatsApp(sandbox.identity)
        finally:
            asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
