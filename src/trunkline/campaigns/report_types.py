"""What a check found: written by it into the campaign's row as JSON, shown by the API and the command line.

Counts are of recipients. A finding says in words what they add up to and what can be done about it; while one
of them blocks, the campaign can not be started.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.campaigns.cost_report import CostReport
from trunkline.campaigns.plan import Plan


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to know before the start."""

    rule: Annotated[str, Meta(description="A stable word, such as `nobody` or `opted_out`.")]
    blocks: Annotated[bool, Meta(description="Whether the campaign can not be started because of it.")]
    detail: Annotated[str, Meta(description="What was found, as a sentence.")]
    remedy: Annotated[str, Meta(description="What can be done about it.")]
    count: Annotated[int | None, Meta(description="Of how many recipients.")] = None
    examples: Annotated[list[int], Meta(description="The places (`n`) of the first of them.")] = []
    pointer: Annotated[str | None, Meta(description="Where in the definition it stands, if it does.")] = None


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one of the recipients will see."""

    why: Annotated[
        list[str],
        Meta(description="`shortest`, `longest`, `script:Arab`, `language:pt_BR`, `variant:A`, `first`."),
    ]
    n: Annotated[int, Meta(description="The recipient's place.")]
    address: str
    text: Annotated[str, Meta(description="What it says, line by line, buttons in brackets.")]
    body: Annotated[dict[str, Any], Meta(description="As POST /v1/messages takes it.")]
    view: Annotated[dict[str, Any] | None, Meta(description="What the renderer of templates draws.")] = None
    variant: str | None = None
    language: str | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many of those who get it have this variant, language, or number."""

    ready: int
    variant: str | None = None
    language: str | None = None
    number_id: str | None = None


class CheckReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of a check."""

    checked_at: Annotated[int, Meta(description="When it ended: milliseconds since 1970.")]
    took_seconds: float
    recipients: Annotated[int, Meta(description="Everybody in the audience.")]
    ready: Annotated[int, Meta(description="Those who get a message.")]
    skipped: Annotated[dict[str, int], Meta(description="Reason → how many.")]
    findings: list[Finding]
    samples: list[Sample]
    shares: Annotated[list[Share], Meta(description="By number, variant and language.")]
    cost: Annotated[CostReport | None, Meta(description="What it will cost, if all is delivered.")] = None
    plan: Annotated[Plan | None, Meta(description="When who gets it, and when it ends.")] = None

    @property
    def may_start(self) -> bool:
        return not any(finding.blocks for finding in self.findings)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """While the check runs: the campaign's `report` until it is there."""

    checked: int
    ready: int
    skipped: dict[str, int]
