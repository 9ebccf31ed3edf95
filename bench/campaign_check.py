"""The check of a campaign, alone: `python -m bench.campaign_check [--recipients 1000000]`.

A store in a temporary folder gets so many people on a list, each with a consent and two columns, some with
odd names; a few have opted out, or have no value for a variable. Then one check is run in this process and
timed, with its peak of resident memory. Nothing is kept, unless a folder is given.
"""

import argparse
import asyncio
import cProfile
import pstats
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import uvloop

from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.audiences import people
from trunkline.audiences.people import Given
from trunkline.campaigns import check
from trunkline.campaigns.report_types import CheckReport
from trunkline.channels.registry import make_connectors
from trunkline.clock import SystemClock
from trunkline.config import Settings
from trunkline.media_files import open_shelf
from trunkline.model import ids
from trunkline.model.campaign import Audience, CampaignState, Content, Definition
from trunkline.model.message import Draft
from trunkline.outbound import accept
from trunkline.outbound.accept import Birth
from trunkline.outgoing_http import open_transport
from trunkline.runtime import Directory, Runtime
from trunkline.store import (
    Tx,
    campaigns,
    consents,
    lists,
    migrate,
    open_store,
    suppressions,
    templates,
)
from trunkline.store.campaigns import CampaignRow
from trunkline.store.consents import Consent
from trunkline.store.contract import Rank
from trunkline.store.lists import ListRow, OnList
from trunkline.store.open import FILE_NAME
from trunkline.store.suppressions import OPERATOR, Suppression
from trunkline.store.templates import TemplateRow
from trunkline.templates.book import TemplateBook
from trunkline.vault import load_vault

_BATCH = 1_000
_ALONE_SECONDS = 5.0
_PAUSE_SECONDS = 0.01
"""Between two messages of other traffic."""
_ODD = ("Zoë Łukasz", "أمينة", "Ana 🎉", "李小龍", "O'Neill-Smith, Jr.", "Иван")
_TEXT = "Hello {{1}}, this week everything in {{2}} is a fifth off. Come by, or reply STOP."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.campaign_check", description=__doc__)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    parser.add_argument("--folder", type=Path, help="keep the people there, and find them there next time")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        uvloop.run(_measure(folder, options.recipients, with_profile=options.profile))
    return 0


async def _measure(folder: Path, count: int, *, with_profile: bool) -> None:
    runtime, account_id = await _open(folder)
    try:
        number_id = next(iter(runtime.directory.numbers))
        known = await runtime.store.read(lambda tx: lists.by_name(tx, account_id, f"{count}"))
        began = time.perf_counter()
        list_id = known.id if known is not None else await _fill(runtime, account_id, count)
        print(f"{count:,} people entered in {time.perf_counter() - began:.1f} s", flush=True)
        row = await _campaign(runtime, account_id, list_id, number_id)
        before = resource.getrusage(resource.RUSAGE_SELF)
        profile = cProfile.Profile() if with_profile else None
        if profile is not None:
            profile.enable()
        alone = await _accept(runtime, account_id, until=asyncio.create_task(asyncio.sleep(_ALONE_SECONDS)))
        began = time.perf_counter()
        checking = asyncio.create_task(check.run(runtime, TemplateBook(runtime), account_id, row.id))
        beside = await _accept(runtime, account_id, until=checking)
        if profile is not None:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"a message is stored within (median, p99) {_spread(alone)}; beside the check {_spread(beside)}"
        )
        await _tell(runtime, account_id, row.id, count, seconds, cpu)
        mib = [usage.ru_maxrss / 1024 for usage in (after, before)]
        print(f"peak of resident memory: {mib[0]:.0f} MiB ({mib[1]:.0f} before)")
    finally:
        await runtime.store.close()


async def _accept(runtime: Runtime, account_id: str, *, until: "asyncio.Task[None]") -> list[float]:
    """How long it took to store each of some messages, as a request does it."""
    number = next(iter(runtime.directory.numbers.values()))
    draft = Draft(
        type="text", recipient="15557999999", recipient_kind="phone", sender=None,
        content={"text": {"body": "Hello"}},
    )  # fmt: skip
    took = []
    while not until.done():
        message = accept.new_message(runtime, account_id, number, draft)
        began = time.perf_counter()
        await runtime.store.batch(accept.store_births, Birth([message]), rank=Rank.NEW)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(_PAUSE_SECONDS)
    await until
    return took


def _spread(took: list[float]) -> str:
    cuts = statistics.quantiles(took, n=100)
    return f"{cuts[49] * 1000:.1f} and {cuts[98] * 1000:.1f} ms"


async def _tell(
    runtime: Runtime, account_id: str, campaign_id: str, count: int, seconds: float, cpu: float
) -> None:
    row = await runtime.store.read(lambda tx: campaigns.get(tx, account_id, campaign_id))
    assert row is not None and row.report is not None
    report = msgspec.json.decode(row.report, type=CheckReport)
    assert report.recipients == count, report
    print(
        f"checked in {seconds:.1f} s ({count / seconds:,.0f}/s), {cpu:.1f} s of CPU: {report.ready:,} ready, "
    )
    print(f"skipped {dict(report.skipped)}; the report has {len(row.report):,} bytes")
    for finding in report.findings:
        print(f"  {finding.rule}: {finding.detail}")


async def _open(folder: Path) -> tuple[Runtime, str]:
    migrate.migrate_sqlite(folder / FILE_NAME, SystemClock().now())
    clock, vault = SystemClock(), load_vault(folder)
    store = await open_store(None, folder, clock.now())
    directory, settings = Directory(store, vault), replace(Settings(), data=str(folder))
    runtime = Runtime(
        settings=settings, store=store, clock=clock, vault=vault, shelf=open_shelf(settings),
        directory=directory, connectors=make_connectors(open_transport()), random=random.Random(1),
    )  # fmt: skip
    await directory.reload()
    if directory.accounts:
        return runtime, next(iter(directory.accounts))
    office = Admin(store, vault, clock)
    account = await admin.create_account(office, "bench")
    form = NumberForm(
        digits="15550001000", phone_number_id="1000", waba_id="2000", token="t", app_id="1", app_secret="s",
        base_url="http://127.0.0.1:9", messages_per_second=1000,
    )  # fmt: skip
    await admin.register_number(office, account.id, form)
    await directory.reload()
    return runtime, account.id


async def _fill(runtime: Runtime, account_id: str, count: int) -> str:
    now, list_id = runtime.clock.now(), ids.new_id(ids.LIST)
    await runtime.store.write(lambda tx: lists.insert(tx, ListRow(account_id, list_id, f"{count}", now, now)))
    for first in range(0, count, _BATCH):
        await runtime.store.write(_batch(account_id, list_id, range(first, min(count, first + _BATCH)), now))
    await runtime.store.write(lambda tx: _keep_template(tx, account_id, now))
    return list_id


def _batch(account_id: str, list_id: str, places: range, now: int) -> Callable[[Tx], object]:
    phones = [f"1555{1_000_000 + (place * 7_919) % 9_000_000}" for place in places]

    async def work(tx: Tx) -> None:
        given = [Given(phone=phone, name=_name(place)) for place, phone in zip(places, phones, strict=True)]
        entered = await people.upsert(tx, account_id, given, now)
        rows = [
            OnList(one.contact_id, phone, _columns(place))
            for place, one, phone in zip(places, entered, phones, strict=True)
        ]
        await lists.add(tx, account_id, list_id, rows, now)
        entries = [
            Consent(ids.new_id(ids.CONSENT), phone, "marketing", "granted", "import", None, now, now)
            for phone in phones
        ]
        await consents.append_many(tx, account_id, entries)
        opted_out = [Suppression(phone, "all", OPERATOR, None, now) for phone in phones[::50]]
        await suppressions.add_many(tx, account_id, opted_out)

    return work


def _name(place: int) -> str:
    return _ODD[place % len(_ODD)] if place % 10 == 0 else f"Person Number{place % 3_000}"


def _columns(place: int) -> str:
    shop = "" if place % 100 == 99 else f"the shop in street {place % 200}"
    return msgspec.json.encode({"shop": shop, "city": "Anywhere", "code": str(place)}).decode()


async def _keep_template(tx: Tx, account_id: str, now: int) -> None:
    definition = {"components": [{"type": "BODY", "text": _TEXT}]}
    row = TemplateRow(
        account_id=account_id, id=ids.new_id(ids.TEMPLATE), waba_id="2000", provider_id="1", name="sale",
        language="en", category="MARKETING", status="APPROVED",
        definition=msgspec.json.encode(definition).decode(), created_at=now, changed_at=now, seen_at=now,
    )  # fmt: skip
    await templates.insert(tx, row)


async def _campaign(runtime: Runtime, account_id: str, list_id: str, number_id: str) -> CampaignRow:
    texts = [{"type": "text", "text": "{{name}}"}, {"type": "text", "text": "{{shop}}"}]
    template = {
        "name": "sale",
        "language": {"code": "en"},
        "components": [{"type": "body", "parameters": texts}],
    }
    definition = Definition(
        name="sale",
        numbers=(number_id,),
        audience=Audience(lists=(list_id,)),
        content=Content(body={"type": "template", "template": template}),
    )
    now = runtime.clock.now()
    row = CampaignRow(
        account_id=account_id, id=ids.new_id(ids.CAMPAIGN), name="sale", state=CampaignState.CHECKING,
        state_reason=None, definition=msgspec.json.encode(definition).decode(), start_at=None, position="",
        report=None, run="{}", parent_id=None, version=0, created_at=now, updated_at=now,
    )  # fmt: skip
    await runtime.store.write(lambda tx: campaigns.insert(tx, row))
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
