"""Templates as a business makes, changes and deletes them; refusals are Graph's.

In: the parameters of the call. Out: the template as it then is. Who hears of it is up to `review.py`.
"""

import re
from collections import deque
from typing import Any

import msgspec
from msgspec.structs import replace

from trunkline.sandbox.account import Account
from trunkline.sandbox.clock import Clock
from trunkline.sandbox.errors import GraphError, invalid, known_error
from trunkline.sandbox.params import Param
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.templates.checks import read_components, read_life
from trunkline.sandbox.templates.definition import CATEGORIES, Component, Template
from trunkline.sandbox.templates.faults import not_found, refuse, too_long
from trunkline.sandbox.templates.languages import check_language
from trunkline.sandbox.templates.library import fill_in
from trunkline.sandbox.templates.registry import Registry, new_id
from trunkline.sandbox.templates.review import Review

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_LONGEST_NAME = 512
_EDITABLE = {"APPROVED", "PAUSED", "REJECTED"}
_EDITS_IN_30_DAYS = 10
_MOST_IDS = 100
_QUOTAS = {True: 6000, False: 250}
"""Whether the business is verified → how many templates it may have."""
_SUB_CATEGORIES = (
    "booking_status",
    "call_permissions_request",
    "flight_delay_and_gate_change_alert",
    "fraud_alert",
    "order_details",
    "order_status",
    "rich_order_status",
)
_FLAGS = ("cta_url_link_tracking_opted_out", "is_primary_device_delivery_only")


class Authoring:
    """What `graph/templates.py` asks for."""

    def __init__(
        self, settings: Settings, clock: Clock, account: Account, registry: Registry, review: Review
    ) -> None:
        self._account = account
        self._settings = settings
        self._clock = clock
        self._registry = registry
        self._review = review
        self._created: deque[int] = deque()

    @property
    def quota(self) -> int:
        """How many templates the account may have."""
        return self._settings.template_quota or _QUOTAS[self._account.facts.verification == "verified"]

    async def create(self, params: Param) -> Template:
        name, language = _read_name(params), check_language(params.text("language"))
        category = params.word("category", tuple(word.lower() for word in CATEGORIES)).upper()
        from_library = params.has("library_template_name")
        format_ = _read_format(params)
        if from_library:
            components: list[Component] = fill_in(params, language)
        else:
            components = read_components(params, category, language, named=format_ == "NAMED")
        extras = _read_extras(params, category)
        self._check_free(name, language, category)
        self._check_room()
        if self._settings.magic_templates and category == "UTILITY" and name.endswith("_as_marketing"):
            category = "MARKETING"
        now = self._clock.now()
        template = Template(
            id=new_id(),
            name=name,
            language=language,
            category=category,
            components=components,
            parameter_format=format_,
            created_at=now,
            updated_at=now,
            extras=extras,
        )
        if from_library:
            return await self._review.decide(template, "APPROVED")
        return await self._review.submit(template)

    async def edit(self, template: Template, params: Param) -> Template:
        """`category`, `components` and the time to live; a change of an approved one is counted."""
        now = self._clock.now()
        edits = self._check_editable(template, now)
        category = template.category
        if params.has("category"):
            category = params.word("category", tuple(word.lower() for word in CATEGORIES)).upper()
        if category != template.category and template.status == "APPROVED":
            raise refuse(2388039, "The category of an approved message template can't be changed.")
        components = template.components
        if params.has("components") or category != template.category:
            components = read_components(params, category, template.language, named=template.is_named)
        life = read_life(params, category)
        extras = template.extras | ({"message_send_ttl_seconds": life} if life is not None else {})
        if not any(params.has(key) for key in ("category", "components", "message_send_ttl_seconds")):
            raise invalid("The parameter components is required.")
        changed = replace(
            template, category=category, components=components, extras=extras, edits=edits, updated_at=now
        )
        return await self._review.edited(changed)

    async def upsert(self, params: Param) -> list[Template]:
        """Authentication templates in many languages at once: made, or changed where they exist."""
        name = _read_name(params)
        params.word("category", ("authentication",))
        languages = params.need("languages")
        if (
            not isinstance(languages, list)
            or not languages
            or not all(isinstance(code, str) for code in languages)
        ):
            raise invalid("Param languages must be an array of language codes.")
        life = read_life(params, "AUTHENTICATION")
        codes = [check_language(code) for code in dict.fromkeys(languages)]
        read = {code: read_components(params, "AUTHENTICATION", code, named=False) for code in codes}
        known = self._registry.languages_of(name)
        for code in codes:
            if code not in known:
                self._check_free(name, code, "AUTHENTICATION")
            elif known[code].category != "AUTHENTICATION":
                raise _other_category("AUTHENTICATION", known[code].category)
        return [await self._put(name, code, components, life) for code, components in read.items()]

    async def delete_by_name(self, name: str, id_: str | None) -> None:
        """All languages of a name, or the one that has the id."""
        named = list(self._registry.languages_of(name).values())
        chosen = [template for template in named if id_ is None or template.id == id_]
        if not chosen:
            raise not_found(f"of the name {name[:80]}" + (f" with the id {id_[:40]}" if id_ else ""))
        await self._delete(chosen)

    async def delete_by_ids(self, ids: list[str]) -> None:
        if not 0 < len(ids) <= _MOST_IDS:
            raise invalid(f"Param hsm_ids must have between 1 and {_MOST_IDS} elements.")
        found = [self._registry.get(id_) for id_ in dict.fromkeys(ids)]
        living = [template for template in found if template is not None and not template.is_gone]
        if len(living) < len(found):
            raise not_found("for at least one of the ids")
        await self._delete(living)

    async def _delete(self, templates: list[Template]) -> None:
        for template in templates:
            if template.source == "auto_generated":
                raise refuse(2388330, "A message template that was generated can't be deleted.")
            if template.status == "DISABLED":
                words = "A message template that is disabled can't be deleted."
                title = "Message template can't be deleted"
                raise GraphError(100, "Invalid parameter", user_title=title, user_message=words)
        for template in templates:
            await self._review.delete(template)

    async def _put(self, name: str, code: str, components: list[Component], life: int | None) -> Template:
        now = self._clock.now()
        extras = {"message_send_ttl_seconds": life} if life is not None else {}
        known = self._registry.languages_of(name).get(code)
        if known is not None:
            changed = replace(known, components=components, extras=known.extras | extras, updated_at=now)
            return await self._review.edited(changed)
        self._check_room()
        made = Template(
            id=new_id(),
            name=name,
            language=code,
            category="AUTHENTICATION",
            components=components,
            created_at=now,
            updated_at=now,
            extras=extras,
        )
        return await self._review.submit(made)

    def _check_free(self, name: str, language: str, category: str) -> None:
        known = self._registry.languages_of(name)
        if language in known:
            raise refuse(
                2388024, f"There is already {language} content for this template. Choose another name."
            )
        going = [
            template for template in self._registry.values() if template.is_gone and template.name == name
        ]
        if any(template.language == language for template in going) or (going and not known):
            raise refuse(
                2388023,
                f"{language} content can't be added while the existing content of the template {name[:80]} "
                "is being deleted. Try again in 30 days, or choose another name.",
            )
        for other in known.values():
            if other.category != category:
                raise _other_category(category, other.category)

    def _check_room(self) -> None:
        now, most = self._clock.now(), self._settings.template_creates_per_hour
        while self._created and self._created[0] <= now - _HOUR:
            self._created.popleft()
        if most is not None and len(self._created) >= most:
            raise known_error(80007)
        quota = self.quota
        if sum(not template.is_gone for template in self._registry.values()) >= quota:
            raise refuse(2388019, f"This account has reached its limit of {quota} message templates.")
        self._created.append(now)

    def _check_editable(self, template: Template, now: int) -> tuple[int, ...]:
        """The edits to keep, with this one among them when it counts."""
        if template.source == "auto_generated":
            raise refuse(2388318, "A message template that was generated can't be edited.")
        if template.is_gone or template.status not in _EDITABLE:
            raise refuse(2388039, f"A message template whose status is {template.status} can't be edited.")
        edits = tuple(at for at in template.edits if at > now - 30 * _DAY)
        if template.status != "APPROVED":
            return edits
        if edits and edits[-1] > now - _DAY:
            raise refuse(2388039, "An approved message template can be edited once in 24 hours.")
        if len(edits) >= _EDITS_IN_30_DAYS:
            raise refuse(2388039, "An approved message template can be edited 10 times in 30 days.")
        return (*edits, now)


def read_json_strings(params: dict[str, Any]) -> dict[str, Any]:
    """Lists and objects that a client wrote as JSON into a string, as it may in a query."""
    return {
        key: decoded if isinstance(value, str) and (decoded := _decode(value)) is not None else value
        for key, value in params.items()
    }


def _decode(text: str) -> Any:
    if text[:1] not in {"[", "{"}:
        return None
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return None


def _read_name(params: Param) -> str:
    name = params.text("name")
    if len(name) > _LONGEST_NAME:
        raise too_long("TEMPLATE", "name", _LONGEST_NAME)
    if _NAME.fullmatch(name) is None:
        raise refuse(
            2388046, "The name of a message template has only lower-case letters, digits and underscores."
        )
    return name


def _read_format(params: Param) -> str:
    if not params.has("parameter_format"):
        return "POSITIONAL"
    return params.word("parameter_format", ("named", "positional")).upper()


def _read_extras(params: Param, category: str) -> dict[str, Any]:
    extras: dict[str, Any] = {"message_send_ttl_seconds": read_life(params, category)}
    if params.has("sub_category"):
        extras["sub_category"] = params.word("sub_category", _SUB_CATEGORIES).upper()
    for flag in _FLAGS:
        params.flag_if_any(flag)
        if params.has(flag):
            extras[flag] = params.members[flag] in (True, "true", "1")
    for key in ("display_format", "library_template_name"):
        extras[key] = params.text_if_any(key, _LONGEST_NAME)
    return {key: value for key, value in extras.items() if value is not None}


def _other_category(category: str, known: str) -> GraphError:
    return GraphError(
        100,
        "Invalid parameter",
        user_title="Message template category doesn't match",
        user_message=f"The category {category} is not that of this template's other languages, {known}.",
    )
