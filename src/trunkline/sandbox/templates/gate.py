"""What a send of a template meets: whether it may go, what happens to it later, and what it costs.

`sends/` asks here. Templates of the registry are always held to their definition; of other names the switch
`templates` says whether they exist.
"""

from collections import deque
from typing import NamedTuple

import phonenumbers

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.content.messages import Message
from trunkline.sandbox.content.template_message import missing_template
from trunkline.sandbox.errors import known_error
from trunkline.sandbox.handsets.people import People
from trunkline.sandbox.switches import Switches
from trunkline.sandbox.templates.definition import SENDABLE, Template
from trunkline.sandbox.templates.matching import check_use
from trunkline.sandbox.templates.pacing import Pacing
from trunkline.sandbox.templates.registry import Registry
from trunkline.sandbox.templates.shape import Shape, shape_of
from trunkline.sandbox.webhooks.statuses import Taken

_DAY = 86_400_000
_MOST_REMEMBERED = 100_000
_NOT_SENDABLE = {"PAUSED": 132015, "DISABLED": 132016}


class Standing(NamedTuple):
    """How the registry sees a send that is being taken."""

    category: str = ""
    """As statuses name it in `pricing`; empty for what is neither a template nor a Direct Send."""
    held: float = 0.0
    """Seconds for which it is held for quality assessment."""
    template_id: str = ""


_NEITHER = Standing()


class Gate:
    def __init__(
        self, switches: Switches, clock: Clock, people: People, registry: Registry, pacing: Pacing
    ) -> None:
        self._switches = switches
        self._clock = clock
        self._people = people
        self._registry = registry
        self._pacing = pacing
        self._shapes: dict[str, tuple[Template, Shape]] = {}
        self._marketing: dict[str, deque[int]] = {}

    def find(self, name: str, language: str) -> Template | None:
        return self._registry.languages_of(name).get(language)

    def shape_of(self, template: Template) -> Shape:
        known = self._shapes.get(template.id)
        if known is None or known[0] is not template:
            known = self._shapes[template.id] = (template, shape_of(template))
        return known[1]

    def check(self, message: Message) -> None:
        """Raise what Meta answers instead of taking a template message."""
        assert message.template is not None
        name, language, _ = message.template
        languages = self._registry.languages_of(name)
        template = languages.get(language)
        if template is None:
            if languages or self._switches.templates:
                raise missing_template(name, language)
            return
        if template.status != SENDABLE:
            code = _NOT_SENDABLE.get(template.status)
            raise missing_template(name, language) if code is None else known_error(code)
        if message.by_user_id and template.category == "AUTHENTICATION":
            raise known_error(131062)
        if message.product_policy is not None and template.category != "MARKETING":
            raise known_error(134100)
        check_use(self.shape_of(template), message.template_components)

    def standing_of(self, message: Message) -> Standing:
        """Counts it as well: asked once for each message that is taken."""
        if message.template is None:
            return _NEITHER if message.category is None else Standing(message.category)
        name, language, _ = message.template
        template = self.find(name, language)
        if template is None:
            return Standing("utility" if message.product_policy is None else "marketing_lite")
        category = "marketing_lite" if message.product_policy is not None else template.category.lower()
        return Standing(category, self._pacing.count(template), template.id)

    def hold(self, standing: Standing, taken: Taken) -> None:
        self._pacing.hold(standing.template_id, taken)

    def category_of(self, name: str, language: str) -> str:
        """In lower case; a template that is not here counts as utility."""
        template = self.find(name, language)
        return template.category.lower() if template else "utility"

    def failure_of(self, phone_number_id: str, message: Message) -> int | None:
        """The code with which a marketing template fails after it was taken, or None."""
        assert message.template is not None
        name, language, _ = message.template
        if message.product_policy is None and self.category_of(name, language) != "marketing":
            return None
        if self._people.has_stopped_marketing(message.recipient, phone_number_id):
            return 131050
        if not self._switches.us_marketing and _is_american(message.recipient):
            return 131049
        if self._switches.marketing_per_day is not None:
            return self._count_marketing(message.recipient, self._switches.marketing_per_day)
        return None

    def _count_marketing(self, recipient: str, most: int) -> int | None:
        now = self._clock.now()
        if len(self._marketing) > _MOST_REMEMBERED:
            self._marketing = {who: at for who, at in self._marketing.items() if at and at[-1] > now - _DAY}
        recent = self._marketing.setdefault(recipient, deque())
        while recent and recent[0] <= now - _DAY:
            recent.popleft()
        if len(recent) >= most:
            return 131049
        recent.append(now)
        return None


def _is_american(recipient: str) -> bool:
    """Of +1 what is no number of Canada or the Caribbean."""
    if not recipient.isdecimal():
        return recipient.startswith("US.")
    if not recipient.startswith("1"):
        return False
    try:
        number = phonenumbers.parse(f"+{recipient}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.region_code_for_number(number) in {"US", None}
