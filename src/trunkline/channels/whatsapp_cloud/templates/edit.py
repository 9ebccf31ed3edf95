"""A change of a template that Meta has: its components, its category, its time to live. Pure.

Everything else of a template is fixed once it exists, and some of these with its status. How often an
approved one may be changed (once a day, ten times in 30 days) only Meta counts.
"""

from typing import Any

from trunkline.channels.template_contract import CheckedTemplate, ProviderTemplate, TemplateDraft
from trunkline.channels.whatsapp_cloud.templates.check import check
from trunkline.errors import Problem, shorten

_EDITABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})
_CHANGEABLE = ("components", "category", "message_send_ttl_seconds")
_FIXED = ("name", "language", "parameter_format", "sub_category")
_TOLD = frozenset({"id", "status", "quality_score", "rejected_reason", "previous_category"})


def check_edit(known: ProviderTemplate, body: Any) -> CheckedTemplate:
    """A member that is given as it is changes nothing, so a whole template will do as well."""
    if type(body) is not dict:
        return check(body)
    checked, before = check(_with_known(known, body)), _problems_before(known)
    told = [problem for problem in checked.problems if (problem.pointer, problem.rule) not in before]
    problems = [*_state_problems(known), *_fixed_problems(known, body), *told]
    if not any(name in body for name in _CHANGEABLE):
        detail = "Nothing that can be changed is given."
        problems.append(Problem("", "required", detail, expected=f"some of {', '.join(_CHANGEABLE)}"))
    if problems:
        return CheckedTemplate(draft=None, problems=tuple(problems), warnings=checked.warnings)
    return CheckedTemplate(draft=_kept(known, body, checked.draft), warnings=checked.warnings)


def _with_known(known: ProviderTemplate, body: dict[str, Any]) -> dict[str, Any]:
    """What is not given is as it was; what can not be changed is judged apart."""
    given = {name: value for name, value in body.items() if name not in _FIXED and value is not None}
    identity = {"name": known.name, "language": known.language, "category": known.category}
    return identity | known.definition | given


def _problems_before(known: ProviderTemplate) -> set[tuple[str, str]]:
    """What the template that Meta has already breaks of our rules, which Meta may have changed."""
    return {(problem.pointer, problem.rule) for problem in check(_with_known(known, {})).problems}


def _kept(known: ProviderTemplate, body: dict[str, Any], draft: TemplateDraft | None) -> TemplateDraft:
    """Components that are not given stay exactly as Meta has them; so does all that breaks rules of ours."""
    given = {name: body[name] for name in _CHANGEABLE if body.get(name) is not None}
    category = _upper(given.pop("category", "")) or known.category
    if draft is not None and "components" in given:
        return draft
    if draft is not None:
        given = {name: draft.definition[name] for name in given}
    return TemplateDraft(
        name=known.name, language=known.language, category=category, definition=known.definition | given
    )


def _state_problems(known: ProviderTemplate) -> list[Problem]:
    if known.status in _EDITABLE or known.status == "LOCAL":
        return []
    detail = f"Meta takes no changes of a template whose status is {known.status}."
    return [Problem("", "status", detail, known.status, ", ".join(sorted(_EDITABLE)))]


def _fixed_problems(known: ProviderTemplate, body: dict[str, Any]) -> list[Problem]:
    has = known.definition | {"name": known.name, "language": known.language}
    has.setdefault("parameter_format", "POSITIONAL")
    problems = []
    for name in _FIXED:
        value = body.get(name)
        if value is not None and value != has.get(name):
            detail = f"`{name}` can not be changed once the template exists; make another one."
            problems.append(Problem(f"/{name}", "fixed", detail, shorten(value), str(has.get(name))))
    category = body.get("category")
    if known.status == "APPROVED" and _upper(category) not in ("", known.category):
        detail = "The category of an approved template can not be changed by us; Meta may change it."
        problems.append(Problem("/category", "fixed", detail, shorten(category), known.category))
    return problems


def _upper(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""
