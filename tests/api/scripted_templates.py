"""A provider's templates in memory: made, changed and deleted at once, or refused as a test says."""

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from tests.api.conftest import Site
from trunkline.channels.contract import FileToSend, Number, SendError
from trunkline.channels.template_contract import (
    ProviderTemplate,
    Submitted,
    TemplateDraft,
    TemplateError,
    TemplatePage,
)
from trunkline.channels.whatsapp_cloud.templates.desk import CloudTemplates
from trunkline.membership import Membership
from trunkline.store import templates
from trunkline.store.templates import SyncRow
from trunkline.templates.register import Place
from trunkline.templates.sync import TemplateSync

BODY = "Hello {{1}}, your order {{2}} is on its way to you today."
WABA = "2000"
_ids = itertools.count(1)

of_one_engine = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""For what asks nothing of a store that another test does not ask of both."""


def template(name: str = "order_update", text: str = BODY, **changes: Any) -> dict[str, Any]:
    body = {"type": "BODY", "text": text, "example": {"body_text": [["Ada", "1047"]]}}
    return {"name": name, "language": "en_US", "category": "UTILITY", "components": [body]} | changes


def refusal(code: int = 100, effect: str = "fail", actor: str = "sender") -> TemplateError:
    error = SendError(
        code=code, title="No", cause="It is so.", actor=actor, remedy="Do not.", effect=effect,
        detail="as Meta says",
    )  # fmt: skip
    return TemplateError("as Meta says", error)


class ScriptedTemplates(CloudTemplates):
    """What is pure is the real thing."""

    def __init__(self) -> None:
        self.known: dict[str, ProviderTemplate] = {}
        self.faults: list[TemplateError | None] = []
        """For the next calls, in their order."""
        self.asked: list[tuple[Any, ...]] = []
        self.page_size = 100

    def _do(self, *what: Any) -> None:
        self.asked.append(what)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault

    async def page(self, number: Number, after: str | None) -> TemplatePage:
        self._do("page", number.token, after)
        start = int(after or 0)
        rows = list(self.known.values())[start : start + self.page_size]
        end = start + self.page_size
        return TemplatePage(rows, str(end) if end < len(self.known) else None)

    async def read(self, number: Number, provider_id: str) -> ProviderTemplate | None:
        self._do("read", provider_id)
        return self.known.get(provider_id)

    async def create(self, number: Number, draft: TemplateDraft) -> Submitted:
        self._do("create", draft)
        made = ProviderTemplate(
            provider_id=str(next(_ids)), name=draft.name, language=draft.language, category=draft.category,
            status="PENDING", definition=draft.definition,
        )  # fmt: skip
        self.known[made.provider_id] = made
        return Submitted(made.provider_id, made.status, made.category)

    async def edit(self, number: Number, provider_id: str, draft: TemplateDraft) -> None:
        self._do("edit", draft)
        was = self.known[provider_id]
        self.known[provider_id] = replace(was, definition=was.definition | draft.definition, status="PENDING")

    async def delete(self, number: Number, name: str, provider_id: str | None) -> None:
        self._do("delete", name, provider_id)
        self.known = {
            id_: one
            for id_, one in self.known.items()
            if not (one.name == name and provider_id in (None, id_))
        }

    async def upload_sample(self, number: Number, file: FileToSend) -> str:
        self._do("sample", file.path.read_bytes(), file.mime_type, file.file_name)
        return "4::handle"

    def becomes(self, provider_id: str, **changes: Any) -> None:
        self.known[provider_id] = replace(self.known[provider_id], **changes)


def scripted(site: Site) -> ScriptedTemplates:
    """In the place of the site's provider of templates from now on."""
    if not isinstance(site.provider.templates, ScriptedTemplates):
        site.provider.templates = ScriptedTemplates()
    return site.provider.templates


def made(site: Site, *, key: str = "", **changes: Any) -> dict[str, Any]:
    """An approved template."""
    provider = scripted(site)
    answer = site.post("/v1/templates", template(**changes), key=key)
    assert answer.status == 200, answer.raw
    provider.becomes(answer.json["provider_id"], status="APPROVED")
    site.advance(1)
    synced(site)
    return dict(site.get(f"/v1/templates/{answer.json['id']}", key=key).json)


def synced(site: Site, sync: TemplateSync | None = None) -> None:
    """All templates of every account were read, or it failed."""
    sync = sync or TemplateSync(site.runtime, Membership(site.runtime))

    async def work() -> None:
        for account_id in site.runtime.directory.accounts:
            rows = await site.store.read(lambda tx, of=account_id: templates.syncs(tx, of))
            never = SyncRow(account_id, WABA, 0, None, 0, None)
            await sync._sync(Place(account_id, WABA), next(iter(rows), never))

    site.run(work())


def events(site: Site) -> list[dict[str, Any]]:
    found = site.get("/v1/events?types=template.changed&limit=100").json["data"]
    return [event["data"] | {"object_id": event["object_id"]} for event in found]


def names(site: Site, query: str = "") -> list[str]:
    return [one["name"] for one in site.get(f"/v1/templates{query}").json["data"]]


def theirs(provider: ScriptedTemplates, name: str, **changes: Any) -> str:
    """A template that somebody else made."""
    id_ = f"9{len(provider.known)}"
    definition = {"components": template()["components"], "parameter_format": "POSITIONAL"}
    values = {"language": "en_US", "category": "UTILITY", "status": "APPROVED", "definition": definition}
    provider.known[id_] = ProviderTemplate(provider_id=id_, name=name, **(values | changes))
    return id_
