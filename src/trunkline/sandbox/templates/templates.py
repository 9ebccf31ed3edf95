"""Templates as the rest of the sandbox knows them: `runtime.templates`."""

from typing import Any

from trunkline.sandbox.account import Account
from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.handsets.people import People
from trunkline.sandbox.sends.ledger import Ledger
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.switches import Switches
from trunkline.sandbox.templates.authoring import Authoring
from trunkline.sandbox.templates.definition import Template
from trunkline.sandbox.templates.gate import Gate
from trunkline.sandbox.templates.pacing import Pacing
from trunkline.sandbox.templates.registry import Registry
from trunkline.sandbox.templates.rendering import DescribeMedia, Renderer, read_sent
from trunkline.sandbox.templates.review import Review
from trunkline.sandbox.webhooks.contract import Webhooks


class Templates:
    """Between `start` and `stop` reviews go on."""

    def __init__(  # noqa: PLR0913 - it stands between all of them
        self,
        *,
        settings: Settings,
        switches: Switches,
        clock: Clock,
        database: Database,
        ledger: Ledger,
        account: Account,
        people: People,
        webhooks: Webhooks,
        describe_media: DescribeMedia,
    ) -> None:
        self._clock = clock
        self.pacing = Pacing(settings, clock, ledger)
        self.registry = Registry(database)
        self.review = Review(settings, clock, self.registry, webhooks, self.pacing.drop)
        self.authoring = Authoring(settings, clock, account, self.registry, self.review)
        self.gate = Gate(switches, clock, people, self.registry, self.pacing)
        self._renderer = Renderer(describe_media)

    async def start(self) -> None:
        await self.registry.seed(self._clock.now())
        self.review.start()

    async def stop(self) -> None:
        await self.review.stop()

    def get(self, id_: str) -> Template | None:
        return self.registry.get(id_)

    def category_of(self, name: str, language: str) -> str:
        """In lower case; a template that is not here counts as utility."""
        return self.gate.category_of(name, language)

    def render(self, template: dict[str, Any]) -> dict[str, Any]:
        """The `template` object of a send as a phone shows it, by the definition as it is now."""
        use = read_sent(template)
        if use is None:
            return {"name": str(template.get("name", "")), "language": ""}
        known = self.gate.find(use.name, use.language)
        if known is None:
            return self._renderer.render_unknown(use)
        return self._renderer.render(use, known, self.gate.shape_of(known))
