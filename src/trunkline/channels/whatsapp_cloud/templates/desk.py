"""`template_contract.Templates` for Meta: what is pure is here by name, what asks Meta is in `graph.py`."""

from collections.abc import Mapping
from typing import Any

from trunkline.channels.template_contract import (
    CheckedTemplate,
    ProviderTemplate,
    Rendered,
    Standing,
    TemplateDraft,
    TemplateNews,
)
from trunkline.channels.whatsapp_cloud.templates import (
    check,
    edit,
    lint,
    match,
    news,
    render,
    samples,
    standing,
    uses,
)
from trunkline.channels.whatsapp_cloud.templates.graph import GraphTemplates
from trunkline.errors import Problem


class CloudTemplates(GraphTemplates):
    """Implements `template_contract.Templates`."""

    def check(self, body: Any) -> CheckedTemplate:
        return check.check(body)

    def check_edit(self, known: ProviderTemplate, body: Any) -> CheckedTemplate:
        return edit.check_edit(known, body)

    def lint(self, draft: TemplateDraft) -> tuple[Problem, ...]:
        return lint.lint(draft)

    def samples_of(self, definition: Mapping[str, Any]) -> tuple[str, ...]:
        return samples.samples_of(definition)

    def with_samples(self, definition: dict[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
        return samples.with_samples(definition, handles)

    def use_of(self, content: Mapping[str, Any]) -> tuple[str, str] | None:
        return uses.use_of(content)

    def in_language(self, content: dict[str, Any], language: str) -> dict[str, Any]:
        return uses.in_language(content, language)

    def match(self, definition: Mapping[str, Any], content: Mapping[str, Any]) -> tuple[Problem, ...]:
        return match.match(definition, content)

    def standing_of(self, status: str) -> Standing:
        return standing.standing_of(status)

    def render(self, template: ProviderTemplate, content: Mapping[str, Any] | None) -> Rendered:
        return render.render(template, content)

    def news_of(self, field: str, value: Mapping[str, Any]) -> TemplateNews | None:
        return news.news_of(field, value)
