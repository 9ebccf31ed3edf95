"""What the parts of a running sandbox share: passed in, never global."""

from pathlib import Path

import msgspec

from trunkline.sandbox.account import Account
from trunkline.sandbox.block_list import BlockList
from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.feed import Feed
from trunkline.sandbox.flows.store import Flows
from trunkline.sandbox.handsets.entry_points import EntryPoints
from trunkline.sandbox.handsets.inbox import Inbox
from trunkline.sandbox.handsets.people import People
from trunkline.sandbox.handsets.windows import Windows
from trunkline.sandbox.media.library import Library
from trunkline.sandbox.media.uploads import Uploads
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.population.traits import Population
from trunkline.sandbox.sends.faults import SendFaults
from trunkline.sandbox.sends.ledger import Ledger
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity, State
from trunkline.sandbox.subscriptions import Subscriptions
from trunkline.sandbox.switches import Switches
from trunkline.sandbox.templates.templates import Templates
from trunkline.sandbox.tokens import Tokens
from trunkline.sandbox.webhooks.callbacks import Poster
from trunkline.sandbox.webhooks.contract import Webhooks
from trunkline.sandbox.webhooks.faults import WebhookFaults
from trunkline.sandbox.webhooks.journal import Journal


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """Made once by `assembly.py`."""

    settings: Settings
    switches: Switches
    clock: Clock
    identity: Identity
    data_dir: Path
    database: Database
    state: State
    numbers: Shelf[BusinessNumber]
    account: Account
    tokens: Tokens
    subscriptions: Subscriptions
    blocks: BlockList
    ledger: Ledger
    poster: Poster
    media: Library
    uploads: Uploads
    flows: Flows
    templates: Templates
    people: People
    populations: Shelf[Population]
    inbox: Inbox
    windows: Windows
    entry_points: EntryPoints
    webhooks: Webhooks
    journal: Journal
    webhook_faults: WebhookFaults
    send_faults: SendFaults
    feed: Feed
