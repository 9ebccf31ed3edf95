"""The winner of a split test: the variant with the highest share of those to whom it was sent.

Comes in: a campaign whose test is over. Goes out: a variant's name; of equal ones the first that is defined.
"""

from collections.abc import Mapping, Sequence

from trunkline.campaigns import report
from trunkline.campaigns.report import FunnelPart
from trunkline.model.campaign import Definition
from trunkline.runtime import Runtime
from trunkline.store.campaigns import CampaignRow


async def find(runtime: Runtime, row: CampaignRow, definition: Definition) -> str:
    assert definition.winner is not None
    found = await report.make(runtime, row)
    return best([one.name for one in definition.variants], found.variants, definition.winner.by)


def best(names: Sequence[str], found: Sequence[FunnelPart], by: str) -> str:
    """`by`: `delivered`, `read`, `replied` or `clicked`."""
    parts: Mapping[str | None, FunnelPart] = {part.name: part for part in found}
    return max(names, key=lambda name: _share(parts.get(name), by))  # of equals, the first


def _share(part: FunnelPart | None, by: str) -> float:
    return float(getattr(part, by)) / part.accepted if part is not None and part.accepted else 0.0
