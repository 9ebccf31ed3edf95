"""An emulator of Meta's WhatsApp Cloud API: a program of its own that shares nothing with the gateway.

It takes sends as Meta does, answers as Meta does, and posts signed status webhooks; a ledger tells afterwards
what was taken. docs/sandbox.md describes it. The gateway reaches it over HTTP like the real thing.
"""

from trunkline.sandbox.program import Sandbox, SandboxBusyError, describe, serve
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.state import Identity

__all__ = ["Identity", "Sandbox", "SandboxBusyError", "Settings", "describe", "serve"]
