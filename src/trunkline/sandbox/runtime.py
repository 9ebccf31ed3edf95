"""What the parts of a running sandbox share: passed in, never global."""

import msgspec

from trunkline.sandbox.callbacks import Poster
from trunkline.sandbox.clock import Clock
from trunkline.sandbox.ledger import Ledger
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.state import Identity, State


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """Made once by `program.py`."""

    settings: Settings
    clock: Clock
    identity: Identity
    state: State
    ledger: Ledger
    poster: Poster
