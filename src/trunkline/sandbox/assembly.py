"""Puts the parts of a sandbox together, from its database to its front door."""

import contextlib
from pathlib import Path

import msgspec

from trunkline.sandbox.account import Account
from trunkline.sandbox.admin.routes import build_admin
from trunkline.sandbox.block_list import BlockList
from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.feed import Feed
from trunkline.sandbox.flows.store import Flows
from trunkline.sandbox.graph.graph import Graph
from trunkline.sandbox.graph.parts import all_parts
from trunkline.sandbox.handsets.entry_points import EntryPoints
from trunkline.sandbox.handsets.handsets import build_handsets
from trunkline.sandbox.handsets.inbox import Inbox
from trunkline.sandbox.handsets.people import People
from trunkline.sandbox.handsets.presence import Presence
from trunkline.sandbox.handsets.windows import Windows
from trunkline.sandbox.media.library import Library
from trunkline.sandbox.media.uploads import Uploads
from trunkline.sandbox.numbers import BusinessNumber, add_first_number
from trunkline.sandbox.population.crowd import Crowd
from trunkline.sandbox.population.traits import Population
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.scenarios.runner import Scenarios
from trunkline.sandbox.sends.faults import SendFaults
from trunkline.sandbox.sends.ledger import Ledger
from trunkline.sandbox.sends.media_checks import MediaChecks
from trunkline.sandbox.sends.rules import Rules
from trunkline.sandbox.sends.sending import Sending
from trunkline.sandbox.server import Server
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity, State
from trunkline.sandbox.subscriptions import Subscriptions
from trunkline.sandbox.switches import Switches, switches_of
from trunkline.sandbox.templates.templates import Templates
from trunkline.sandbox.tokens import Tokens
from trunkline.sandbox.webhooks.callbacks import Poster
from trunkline.sandbox.webhooks.envelopes import Envelopes
from trunkline.sandbox.webhooks.faults import WebhookFaults
from trunkline.sandbox.webhooks.journal import Journal
from trunkline.sandbox.webhooks.post import Mail
from trunkline.sandbox.webhooks.reporter import Reporter

_DAY = 86_400_000


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from the folder, and needs nothing else."""

    database: Database
    state: State
    identity: Identity
    numbers: Shelf[BusinessNumber]
    account: Account
    subscriptions: Subscriptions
    people: People
    ledger: Ledger


class _Post(msgspec.Struct, frozen=True, kw_only=True):
    """What webhooks need."""

    feed: Feed
    journal: Journal
    faults: WebhookFaults
    poster: Poster
    reporter: Reporter


async def assemble(
    data_dir: Path, settings: Settings, clock: Clock, url: str, ends: contextlib.AsyncExitStack
) -> tuple[Identity, Server]:
    """Everything running but the socket; what has to be ended is left to `ends`."""
    database = Database(data_dir / "sandbox.db")
    ends.push_async_callback(database.close)
    kept = await _read_kept(database, settings, clock, url)
    post = _prepare_post(kept, settings, clock)
    ends.push_async_callback(post.poster.close)
    runtime = _share(data_dir, settings, clock, kept, post)
    post.reporter.start()
    ends.push_async_callback(post.reporter.stop)
    await runtime.templates.start()
    ends.push_async_callback(runtime.templates.stop)
    return kept.identity, await _open(runtime, post.reporter, ends)


async def _read_kept(database: Database, settings: Settings, clock: Clock, url: str) -> _Kept:
    state = State(database, magic=settings.magic_recipients)
    identity = await state.identity(url)
    numbers = Shelf(database, "number", BusinessNumber)
    await add_first_number(numbers, identity, settings.verified_name)
    account = Account(database, clock, identity, settings.verified_name)
    return _Kept(
        database=database,
        state=state,
        identity=identity,
        numbers=numbers,
        account=account,
        subscriptions=Subscriptions(database, account),
        people=People(database, identity.waba_id),
        ledger=Ledger(database),
    )


def _prepare_post(kept: _Kept, settings: Settings, clock: Clock) -> _Post:
    feed, journal, faults = Feed(), Journal(), WebhookFaults()
    poster = Poster(kept.identity.app_secret, settings.callback_timeout_seconds)
    envelopes = Envelopes(
        settings, kept.identity, kept.state, kept.numbers, kept.people.profile_of, kept.subscriptions.wants
    )
    mail = Mail(clock, poster, envelopes, journal, feed)
    reporter = Reporter(settings, clock, kept.database, kept.ledger, envelopes, mail, faults)
    reporter.gate = Presence(kept.people)
    return _Post(feed=feed, journal=journal, faults=faults, poster=poster, reporter=reporter)


def _share(data_dir: Path, settings: Settings, clock: Clock, kept: _Kept, post: _Post) -> Runtime:
    database, identity = kept.database, kept.identity
    switches = switches_of(settings)
    media = Library(database, data_dir / "media", clock, identity)
    return Runtime(
        settings=settings,
        switches=switches,
        clock=clock,
        identity=identity,
        data_dir=data_dir,
        database=database,
        state=kept.state,
        numbers=kept.numbers,
        account=kept.account,
        tokens=Tokens(database, clock, identity),
        subscriptions=kept.subscriptions,
        blocks=BlockList(database),
        media=media,
        uploads=Uploads(database, data_dir / "uploads", clock, identity),
        flows=Flows(database, clock, post.reporter),
        templates=_templates(settings, switches, clock, kept, post.reporter, media),
        people=kept.people,
        populations=Shelf(database, "population", Population),
        inbox=Inbox(database),
        windows=Windows(database),
        entry_points=EntryPoints(database),
        ledger=kept.ledger,
        poster=post.poster,
        webhooks=post.reporter,
        journal=post.journal,
        webhook_faults=post.faults,
        send_faults=SendFaults(),
        feed=post.feed,
    )


def _templates(  # noqa: PLR0913, PLR0917 - what a registry needs
    settings: Settings, switches: Switches, clock: Clock, kept: _Kept, reporter: Reporter, media: Library
) -> Templates:
    return Templates(
        settings=settings,
        switches=switches,
        clock=clock,
        database=kept.database,
        ledger=kept.ledger,
        account=kept.account,
        people=kept.people,
        webhooks=reporter,
        describe_media=media.describe,
    )


async def _open(runtime: Runtime, reporter: Reporter, ends: contextlib.AsyncExitStack) -> Server:
    """What acts by itself, and the front door."""
    handsets = build_handsets(runtime)
    media_checks = MediaChecks(runtime)
    ends.push_async_callback(media_checks.stop)
    await media_checks.start()
    crowd = Crowd(runtime.populations, handsets.actions, runtime.clock)
    crowd.start()
    ends.push_async_callback(crowd.stop)
    scenarios = Scenarios(runtime.feed, handsets.actions, runtime.clock)
    ends.push_async_callback(scenarios.stop)
    rules = Rules(runtime, _recent_templates(runtime.database, runtime.clock))
    sending = Sending(runtime, rules, handsets.views, media_checks, crowd)
    admin = build_admin(runtime, handsets, crowd, scenarios, reporter)
    return Server(runtime, sending, Graph(all_parts(runtime)), admin)


def _recent_templates(database: Database, clock: Clock) -> dict[str, int]:
    rows = database.read_now("list_template_recipients", (clock.now() - _DAY,))
    return {str(recipient): int(at or 0) for recipient, at in rows}
