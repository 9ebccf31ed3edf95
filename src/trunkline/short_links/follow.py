"""FOLLOW: a token in, where it leads out; whoever really opened it is counted, and told of.

Called by the one route that strangers use. Nothing but the address that was stored is ever an answer.
"""

import re
from collections.abc import Mapping

import msgspec

from trunkline.model.campaign_events import ClickData, of_click
from trunkline.runtime import Runtime, log
from trunkline.short_links.shorten import is_token
from trunkline.store import StoreUnavailable, Tx, short_links
from trunkline.store.short_links import LinkRow

_ROBOTS = re.compile(
    r"^WhatsApp/|(?<!cu)bot\b|crawler|spider|facebookexternalhit|facebookcatalog|meta-external|preview|scanner"
    r"|slurp|headless|curl/|wget/|python-|go-http-client|okhttp|java/|libwww",
    re.IGNORECASE,
)
"""Whoever looks at a link for a person: previews, mail and virus scanners, search engines, programs. Cubot
makes phones."""
_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")


class Target(msgspec.Struct, frozen=True):
    url: str | None
    """None when there is no such link, or it has ended."""
    has_ended: bool = False


async def follow(runtime: Runtime, token: str, *, is_person: bool) -> Target:
    row = await runtime.store.read(lambda tx: short_links.get(tx, token)) if is_token(token) else None
    if row is None:
        return Target(None)
    now = runtime.clock.now()
    if row.expires_at <= now:
        return Target(None, has_ended=True)
    if is_person:
        await _count(runtime, row, now)
    return Target(row.url)


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """Not a look at the link alone, nor a program that opens it for somebody."""
    if method != "GET" or _ROBOTS.search(headers.get("user-agent", "")):
        return False
    return not any(
        "prefetch" in headers.get(name, "") or "preview" in headers.get(name, "") for name in _AHEAD
    )


async def _count(runtime: Runtime, row: LinkRow, now: int) -> None:
    """A person comes first: they are led on even if the count can not be kept."""

    async def work(tx: Tx) -> None:
        clicks = await short_links.click(tx, row, now)
        about = await short_links.about(tx, row)
        if clicks is None or about is None:
            return
        click = ClickData(
            message_id=row.message_id,
            campaign_id=row.campaign_id,
            number_id=about[0],
            to=about[1],
            url=row.url,
            clicks=clicks,
            at=now,
        )
        tx.emit(of_click(row.account_id, click))

    try:
        await runtime.store.write(work)
        runtime.tally.count("link_clicks_total")
    except StoreUnavailable as fault:
        log.warning("a click on a link of account %s is not counted: %s", row.account_id, fault)
