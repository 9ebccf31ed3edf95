"""The rules that bite, one switch each. `--strict` turns them on together; `/_sandbox/rules` one by one."""

from typing import Annotated

import msgspec

from trunkline.sandbox.settings import Settings

Count = Annotated[int, msgspec.Meta(ge=0)]


class Switches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Changed while the sandbox runs; a restart begins with those of the settings."""

    windows: bool = False
    """A handset that did not write within 24 hours takes only templates; else 131047."""
    known_handsets: bool = False
    """Only numbers that are a handset here are on WhatsApp; else 131026."""
    templates: bool = False
    """Only approved templates of the registry exist; else 132001. Parameters must fit them."""
    media: bool = False
    """Links are fetched and ids must be known; else 131053."""
    message_ids: bool = False
    """Read marks must name a message that a user wrote; else 131009."""
    throughput: Count | None = None
    """Sends per second and business number; more are refused with 130429. None: no limit."""
    pair_limit: bool = False
    """One message per 6 s to the same recipient, bursts of 45; more are refused with 131056."""
    tier: Count | None = None
    """Recipients reached by template outside their window in 24 hours; beyond it 131048. None: no limit."""
    marketing_per_day: Count | None = None
    """Marketing templates that one handset gets in 24 hours; beyond it 131049. None: no limit."""
    us_marketing: bool = True
    """Marketing templates reach numbers of the United States. At Meta they fail with 131049."""
    management_per_hour: Count | None = None
    """Calls in an hour that are not sends; beyond it 80007. None: no limit."""
    app_calls_per_hour: Count | None = None
    """Calls in an hour about the app and its tokens; beyond it 4. None: no limit."""
    free_service: Count | None = 1000
    """Service messages of a number and month that are free since October 2026. None: all of them."""
    free_utility: bool = False
    """Utility templates in an open window are free since October 2026 as well, as they were before."""
    names_by_hand: bool = False
    """New display names wait for a decision by `/_sandbox/numbers/{id}/name`; else they are approved."""
    recipients: list[str] | None = None
    """Digits of the only recipients that a test number may send to; others get 131030. None: anyone."""


def switches_of(settings: Settings) -> Switches:
    strict = settings.strict
    return Switches(
        windows=strict,
        known_handsets=strict,
        templates=strict,
        media=strict,
        message_ids=strict,
        throughput=settings.throughput,
        pair_limit=settings.pair_limit,
        tier=settings.tier if strict else None,
    )
