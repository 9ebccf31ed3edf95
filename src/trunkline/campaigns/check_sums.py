"""What a check has counted so far: verdicts by reason, with the first of each, and who gets what. Pure."""

from collections import Counter

from trunkline.campaigns.report_types import Progress, Share
from trunkline.campaigns.verdicts import Verdict

_EXAMPLES = 5


class Sums:
    def __init__(self) -> None:
        self.recipients = 0
        self.ready = 0
        self.skipped: Counter[str] = Counter()
        self.examples: dict[str, list[int]] = {}
        self.details: dict[str, Counter[str]] = {}
        """Reason → its details; of the many that there may be the first ones."""
        self._shares: Counter[tuple[str, str | None, str | None]] = Counter()

    def skip(self, n: int, verdict: Verdict) -> None:
        self.recipients += 1
        reason = verdict.reason.value
        self.skipped[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES:
            examples.append(n)
        if verdict.detail is not None:
            details = self.details.setdefault(reason, Counter())
            if verdict.detail in details or len(details) < _EXAMPLES:
                details[verdict.detail] += 1

    def take(self, number_id: str, variant: str | None, language: str | None) -> None:
        self.recipients += 1
        self.ready += 1
        self._shares[number_id, variant, language] += 1

    def shares(self) -> list[Share]:
        return [
            Share(number_id=number_id, variant=variant, language=language, ready=count)
            for (number_id, variant, language), count in self._shares.most_common()
        ]

    def progress(self) -> Progress:
        return Progress(checked=self.recipients, ready=self.ready, skipped=dict(self.skipped))
