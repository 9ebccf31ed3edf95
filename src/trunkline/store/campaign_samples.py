"""Samples in the reports of checks, as far as they must go: they show what somebody erased was to get."""

from typing import Any

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("campaign_samples")
_report = msgspec.json.Decoder(dict[str, Any])


async def forget(tx: Tx, account_id: str, contact_id: str) -> None:
    """Their samples are in no report any more."""
    places: dict[tuple[str, str], set[int]] = {}
    for campaign_id, report, n in await tx.fetch(
        _Q["of_contact"], account_id=account_id, contact_id=contact_id
    ):
        places.setdefault((campaign_id, report), set()).add(n)
    for (campaign_id, text), gone in places.items():
        report = _report.decode(text)
        samples = report.get("samples", [])
        kept = [sample for sample in samples if sample["n"] not in gone]
        if len(kept) < len(samples):
            shorter = msgspec.json.encode(report | {"samples": kept}).decode()
            values = {"report": shorter, "account_id": account_id, "id": campaign_id, "before": text}
            await tx.execute(_Q["keep"], **values)
