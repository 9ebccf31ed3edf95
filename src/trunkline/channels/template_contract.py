"""What a connector whose provider has templates can do with them: the rest of the contract, on one screen.

A template is a text with gaps that the provider has approved, known by name and language. `definition` is the
provider's own object (components, and what else it takes with them); the core keeps it and never reads it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from trunkline.errors import Problem

if TYPE_CHECKING:
    from trunkline.channels.contract import FileToSend, Number, SendError


class TemplateDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A template as a caller wants it, checked and in normal form."""

    name: str
    language: str
    category: str
    definition: dict[str, Any]


class CheckedTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """`draft` is None if, and only if, there are problems. Warnings are the linter's: it may be refused."""

    draft: TemplateDraft | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class ProviderTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template as the provider tells of it."""

    provider_id: str
    name: str
    language: str
    category: str
    status: str
    definition: dict[str, Any]
    quality: str | None = None
    rejected_reason: str | None = None
    correct_category: str | None = None


class TemplatePage(msgspec.Struct, frozen=True):
    templates: Sequence[ProviderTemplate]
    next: str | None
    """The cursor of what follows; None at the end."""


class Submitted(msgspec.Struct, frozen=True):
    """The provider took a new template; it may have chosen another category."""

    provider_id: str
    status: str
    category: str


class Rendered(msgspec.Struct, frozen=True):
    """A template with its gaps filled in."""

    text: str
    """What it says, line by line, buttons in brackets."""
    view: dict[str, Any]
    """What the message renderer draws (`ui/template.js`)."""


class Standing(msgspec.Struct, frozen=True):
    """What a template's status means for somebody who wants to send it."""

    is_sendable: bool
    may_come: bool
    """Not sendable now, and may become so without anybody's doing: what is due later may name it."""
    why: str
    """Why it is not sendable, as the end of a sentence about it, and what can be done."""


class TemplateNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook told of one template; None is what it said nothing of, and empty what is no more."""

    provider_id: str
    name: str | None = None
    language: str | None = None
    status: str | None = None
    category: str | None = None
    quality: str | None = None
    rejected_reason: str | None = None
    correct_category: str | None = None
    detail: str | None = None
    is_partial: bool = False
    """Its text changed, and the webhook does not tell all of it: it must be read anew."""


class TemplateError(Exception):
    """The provider would not do it, or could not be asked; the text says why.

    `error` is its refusal; without one it is worth trying again later.
    """

    def __init__(self, detail: str, error: "SendError | None" = None) -> None:
        self.error = error
        super().__init__(detail)


class Templates(Protocol):
    """Implemented by `channels/<kind>/templates/`."""

    def check(self, body: Any) -> CheckedTemplate:
        """A caller's template → a draft, or every problem; and what the linter has to say. Pure."""

    def check_edit(self, known: ProviderTemplate, body: Any) -> CheckedTemplate:
        """The same for a change of one that the provider has: not every member may change. Pure."""

    def lint(self, draft: TemplateDraft) -> tuple[Problem, ...]:
        """Why it may be refused or put into another category, each with its rule. Pure."""

    def samples_of(self, definition: Mapping[str, Any]) -> tuple[str, ...]:
        """Files that it names as samples by our ids or by links: the provider must have them first. Pure."""

    def with_samples(self, definition: dict[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
        """The definition with the provider's handles in the place of these. Pure."""

    def use_of(self, content: Mapping[str, Any]) -> tuple[str, str] | None:
        """(name, language) of the template that a message's content names; None when it names none. Pure."""

    def in_language(self, content: dict[str, Any], language: str) -> dict[str, Any]:
        """The content naming the same template in another language. Pure."""

    def match(self, definition: Mapping[str, Any], content: Mapping[str, Any]) -> tuple[Problem, ...]:
        """What of the message's content does not fit its template: pointers are of the request. Pure."""

    def standing_of(self, status: str) -> Standing:
        """Whether the provider sends templates of this status, or why not. Pure."""

    def render(self, template: ProviderTemplate, content: Mapping[str, Any] | None) -> Rendered:
        """As a phone would show it; gaps keep their samples when there is no content. Pure."""

    def news_of(self, field: str, value: Mapping[str, Any]) -> TemplateNews | None:
        """What a notice's `value` tells of a template; None when it tells nothing. Pure."""

    def same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two definitions say the same: how the provider addresses a sample may vary. Pure."""

    async def page(self, number: "Number", after: str | None) -> TemplatePage:
        """Some of all templates of the number's account at the provider. `TemplateError`."""

    async def read(self, number: "Number", provider_id: str) -> ProviderTemplate | None:
        """One of them; None when the provider has none of that id. `TemplateError`."""

    async def create(self, number: "Number", draft: TemplateDraft) -> Submitted:
        """`TemplateError`."""

    async def edit(self, number: "Number", provider_id: str, draft: TemplateDraft) -> None:
        """`TemplateError`."""

    async def delete(self, number: "Number", name: str, provider_id: str | None) -> None:
        """In one language, or with None in all of them. `TemplateError`."""

    async def upload_sample(self, number: "Number", file: "FileToSend") -> str:
        """The provider's handle of a sample file. `TemplateError`."""
