"""VALIDATE, for templates: whether the account has the template that a message names, and whether it fits.

In comes a draft that passed the rules of its kind, and the number it would leave from. Out goes the draft in
the language in which it is to go, and what is wrong with it: no such template, none that may be sent now,
gaps filled wrongly. Asked before anything is stored; what the provider changes later its refusal tells.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from trunkline.channels.template_contract import Templates
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem, shorten
from trunkline.model.message import Draft
from trunkline.runtime import Runtime
from trunkline.store.numbers import NumberRow
from trunkline.templates.book import Names, TemplateBook

LANGUAGE_TAKEN = "language_taken"
_STALE_MS = 2 * 3_600_000
"""Beyond the interval of the sync. What was read before that refuses nothing: it may have changed unseen."""


class Fitted(NamedTuple):
    """`draft` may be sent if there are no problems."""

    draft: Draft
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def told(warnings: Sequence[Problem]) -> list[Problem]:
    """Those that are told with the id, too: it goes in another language."""
    return [warning for warning in warnings if warning.rule == LANGUAGE_TAKEN]


class _Use(NamedTuple):
    """A template as a message names it."""

    templates: Templates
    name: str
    languages: Sequence[str]
    """In which it may go, the best first."""
    content: dict[str, Any]
    at: str
    """Where `template` stands in the request."""
    is_scheduled: bool
    fresh_since: int
    """What was told before is stale."""


class _Verdict(NamedTuple):
    content: dict[str, Any]
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()


async def fit(runtime: Runtime, book: TemplateBook, number: NumberRow, draft: Draft) -> Fitted:
    """`StoreUnavailable` when what is known of its template can not be read now."""
    templates = runtime.connectors[number.connector].templates
    if templates is None:
        return Fitted(draft)
    fitted, now = Fitted(draft), runtime.clock.now()
    fresh_since = now - _STALE_MS - int(runtime.settings.templates.sync_minutes * 60_000)
    for member, content, languages in (
        ("content", draft.content, draft.languages),
        ("fallback", draft.fallback, draft.fallback_languages),
    ):
        named = templates.use_of(content) if content is not None else None
        if content is not None and named is not None:
            at = "" if member == "content" else "/fallback"
            is_scheduled = draft.send_at is not None and draft.send_at > now
            use = _Use(templates, named[0], (named[1], *languages), content, at, is_scheduled, fresh_since)
            fitted = _with(fitted, member, await _verdict(book, number, use))
    return fitted


def _with(fitted: Fitted, member: str, verdict: _Verdict) -> Fitted:
    draft = fitted.draft
    if verdict.content is not getattr(draft, member):
        draft = msgspec.structs.replace(draft, **{member: verdict.content})
    return Fitted(draft, (*fitted.problems, *verdict.problems), (*fitted.warnings, *verdict.warnings))


async def _verdict(book: TemplateBook, number: NumberRow, use: _Use) -> _Verdict:
    if number.template_check != "check":
        return _Verdict(use.content, (), [_unread_languages(use)] if len(use.languages) > 1 else ())
    key = (number.account_id, number.waba_id, use.name)
    names = book.known(*key) or await book.find(*key)
    place = _place(names, use)
    if place is None:
        if _told_at(names, use.languages[0]) < use.fresh_since:
            return _Verdict(use.content, (), [_unsure(names, use, use.languages[0])])
        return _Verdict(use.content, _unfit(names, use))
    return _in_language(names, use, place)


def _place(names: Names, use: _Use) -> int | None:
    """Of the first language in which it can go; at its time, if need be."""
    standings = [
        use.templates.standing_of(names.languages[language].status) if language in names.languages else None
        for language in use.languages
    ]
    for place, standing in enumerate(standings):
        if standing is not None and standing.is_sendable:
            return place
    for place, standing in enumerate(standings):
        if standing is not None and standing.may_come and use.is_scheduled:
            return place
    return None


def _in_language(names: Names, use: _Use, place: int) -> _Verdict:
    language = use.languages[place]
    known = names.languages[language]
    content = use.templates.in_language(use.content, language) if place else use.content
    problems = [
        msgspec.structs.replace(problem, pointer=use.at + problem.pointer) if use.at else problem
        for problem in use.templates.match(known.definition, content)
    ]
    warnings = [_taken(names, use, language)] if place else []
    if _told_at(names, language) < use.fresh_since and problems:
        problems, warnings = [], [*warnings, _unsure(names, use, language), *problems]
    if not use.templates.standing_of(known.status).is_sendable:
        warnings.append(_not_yet(names, use, language))
    return _Verdict(content, problems, warnings)


def _unfit(names: Names, use: _Use) -> list[Problem]:
    """Why it can go in none of the languages: one problem for each that was asked for."""
    if not names.languages:
        return [_unknown_name(names, use)]
    return [_unfit_language(names, use, place) for place in range(len(use.languages))]


def _unknown_name(names: Names, use: _Use) -> Problem:
    detail = f"The business account has no template `{_short(use.name)}`{_as_of(names)}."
    expected = "a name that GET /v1/templates lists; POST /v1/templates/sync reads them anew"
    return Problem(f"{use.at}/template/name", "unknown_template", detail, shorten(use.name), expected)


def _unfit_language(names: Names, use: _Use, place: int) -> Problem:
    language = use.languages[place]
    known, at = names.languages.get(language), _pointer(use, place)
    if known is None:
        detail = f"There is no template `{_short(use.name)}` in `{language}`{_as_of(names)}."
        expected = f"one of: {', '.join(sorted(names.languages))}"
        return Problem(at, "unknown_language", detail, shorten(language), expected)
    as_of = to_rfc3339(_told_at(names, language))
    why = f"{use.templates.standing_of(known.status).why} (as of {as_of})"
    detail = f"The template `{_short(use.name)}` in `{language}` {why}."
    said = ". ".join(word for word in (known.rejected_reason, known.detail) if word and word != "NONE")
    detail += f" The provider says: {said}" if said else ""
    return Problem(at, "template_status", detail, shorten(known.status), "a template that may be sent now")


def _pointer(use: _Use, place: int) -> str:
    at = f"{use.at}/template/language"
    return f"{at}/fallback/{place - 1}" if place else f"{at}/code"


def _as_of(names: Names) -> str:
    if names.synced_at is None:
        return ""
    return f", as read at {to_rfc3339(names.synced_at)}"


def _taken(names: Names, use: _Use, language: str) -> Problem:
    why = _unfit_language(names, use, 0).detail
    found, detail = shorten(use.languages[0]), f"It goes in `{language}`. {why}"
    return Problem(_pointer(use, 0), LANGUAGE_TAKEN, detail, found)


def _not_yet(names: Names, use: _Use, language: str) -> Problem:
    standing = use.templates.standing_of(names.languages[language].status)
    detail = f"The template in `{language}` {standing.why}. If that is still so at its time, it fails."
    return Problem(f"{use.at}/template/name", "template_status", detail)


def _told_at(names: Names, language: str) -> int:
    """When it was last seen as it is known, or found missing; 0: never. A sync sees all of them."""
    known = names.languages.get(language)
    return max(known.seen_at if known is not None else 0, names.synced_at or 0)


def _unsure(names: Names, use: _Use, language: str) -> Problem:
    told_at = _told_at(names, language)
    read = f"were last read at {to_rfc3339(told_at)}" if told_at else "were not read yet"
    detail = (
        f"The templates of the business account {read}, so whether this one exists and fits is not known "
        "here; the provider decides."
    )
    return Problem(f"{use.at}/template/name", "unknown_template", detail, shorten(use.name))


def _unread_languages(use: _Use) -> Problem:
    detail = "Templates of this number are not checked, so it goes in `code` whatever is known of it."
    return Problem(f"{use.at}/template/language/fallback", "ignored", detail)


def _short(name: str) -> str:
    return name if len(name) <= 64 else name[:63] + "…"
