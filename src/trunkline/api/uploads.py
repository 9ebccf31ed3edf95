"""Files for messages: taken from a form as it comes, or from behind a link; looked at, judged, and kept.

What a file is, is told by its bytes; what its sender says of it is held against that. Nothing is kept of a
request that is refused.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from trunkline import shelving, url_guard
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.conversions import renamed
from trunkline.api.file_views import show_file
from trunkline.api.http import Request, Response
from trunkline.api.multipart import FILE, Form, read_form
from trunkline.api.once import carry_out
from trunkline.channels.contract import Connector
from trunkline.errors import Problem, Refusal, shorten
from trunkline.guarded_http import FetchError
from trunkline.media_files import Draft, ShelfError
from trunkline.media_probe import Found, fits, probe
from trunkline.model import ids
from trunkline.runtime import log
from trunkline.shape import BROKEN, Choice, Findings, Object, Schema, Text
from trunkline.store.media import StoredMedia
from trunkline.store.numbers import NumberRow

KINDS = ("image", "video", "audio", "document", "sticker")
LONGEST_JSON = 65_536
_MULTIPART = re.compile(r"multipart/form-data\s*;.*", re.IGNORECASE | re.DOTALL)
JSON_TYPE = re.compile(r"(?:application|text)/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE | re.ASCII)
_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]")
_SAYS_NOTHING = ("", "application/octet-stream", "binary/octet-stream")


class FileName(Text):
    """What a file is called: never where it is."""

    def __init__(self, about: str) -> None:
        super().__init__(at_most=240, form="a name without folders, such as offer.pdf", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) > before or text is BROKEN:
            return text
        if _UNSAFE_NAME.search(text) or not text.strip(". "):
            detail = "This is not the name of a file: it has folders in it, or signs that are not seen."
            findings.refuse(at, "file_name", detail, found=text, expected=self.says)
        return text


class Conversion(Choice):
    """Whether to convert. In a form all is text."""

    def __init__(self, about: str) -> None:
        super().__init__("true", "false", "voice", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        word = {True: "true", False: "false"}.get(value, value) if type(value) is bool else value
        return super().check(word, at, findings)

    def schema(self) -> Schema:
        return {**super().schema(), "type": ["boolean", "string"], "enum": [True, False, *self.words]}


_FILE_NAME = FileName("What the file is called for people; by default what its sender calls it.")
_SAID = {
    "kind": Choice(*KINDS, about="As what it is to be sent. By default what its bytes make of it."),
    "type": Text(at_most=200, about="The media type, as Meta's clients name it: held against the bytes."),
    "filename": _FILE_NAME,
    "from": forms.PhoneNumber("A business number whose rules count; by default the default number's."),
    "messaging_product": Choice("whatsapp", about="Meta's clients send it."),
    "convert": Conversion(
        "True: a file that would be refused is made into one that is taken, where this server has a "
        "converter. `voice`: and sound into a voice note."
    ),
}
FIELDS = Object({}, _SAID)
LINK_FORM = Object(
    {"link": Text(at_most=2048, about="Where the file is: fetched once, now.")},
    _SAID,
)


class _Given(NamedTuple):
    """What a request says, beside the bytes."""

    values: dict[str, Any]
    """Those that are sound."""
    pointer: str
    """Of the member that the bytes came by."""
    file_name: str | None
    link: str | None
    problems: list[Problem]


async def upload(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/whatsapp/media"""
    said = request.headers.get("content-type", "")
    try:
        with api.runtime.shelf.draft() as draft:  # a full disk may refuse its beginning, and its end
            if _MULTIPART.fullmatch(said):
                return await _take_form(api, request, caller, draft)
            if not said or JSON_TYPE.fullmatch(said):
                return await _take_link(api, request, caller, draft)
    except OSError as fault:
        raise no_room(fault) from None
    detail = "Send a form with the field `file` (multipart/form-data), or JSON with a `link`."
    raise Refusal("unsupported_media_type", detail)


async def _take_form(api: Api, request: Request, caller: Caller, draft: Draft) -> Response:
    """It is repeated when its fields and its bytes are."""
    given = await _from_form(request, request.headers["content-type"], draft)
    told = given.values | {"name": given.file_name, "sha256": draft.sha256}
    if given.problems:
        await _judged(api, caller, draft, given)  # refuses it, with what the bytes add
    return await carry_out(api, request, caller, told, lambda: _take(api, caller, draft, given))


async def _take_link(api: Api, request: Request, caller: Caller, draft: Draft) -> Response:
    """It is repeated when its members are; then nothing is fetched."""
    values = await _from_json(api, request)

    async def work() -> bytes:
        return await _take(api, caller, draft, await _fetched(api, dict(values), draft))

    return await carry_out(api, request, caller, values, work)


async def _take(api: Api, caller: Caller, draft: Draft, given: _Given) -> bytes:
    file, found = await _judged(api, caller, draft, given)
    await shelving.shelve(api.runtime, draft, file)
    api.runtime.tally.count("media_uploaded_total")
    return msgspec.json.encode(show_file(file, found))


async def _from_form(request: Request, content_type: str, draft: Draft) -> _Given:
    assert request.parts is not None
    form = await read_form(request.parts, content_type, tuple(FIELDS.members), draft)
    looked = forms.look_at(FIELDS, {name: text for name, text in form.fields.items() if text})
    problems = [*form.problems, *looked.problems, *_about_file(form, draft)]
    name = looked.given.get("filename") or form.file_name
    return _Given(looked.given, f"/{FILE}", name, None, problems)


def _about_file(form: Form, draft: Draft) -> list[Problem]:
    pointer = f"/{FILE}"
    if not form.has_file:
        return [Problem(pointer, "required", "The form has no field `file` with the bytes.")]
    findings = Findings()
    if form.file_name and "filename" not in form.fields:
        _FILE_NAME.check(form.file_name, pointer, findings)
    if not draft.size:
        findings.refuse(pointer, "empty", "The file has no bytes.")
    return findings.problems


async def _from_json(api: Api, request: Request) -> dict[str, Any]:
    request.body = await small_body(request)
    looked = forms.look(LINK_FORM, request)
    if "link" in looked.given:
        checked = url_guard.check(looked.given["link"], api.runtime.url_rules())
        looked.problems.extend(_at("/link", checked.problems))
    return looked.settled()


async def _fetched(api: Api, values: dict[str, Any], draft: Draft) -> _Given:
    link: str = values["link"]
    problems: list[Problem] = []
    try:
        await api.links.fetch(link, draft.write, api.runtime.settings.media.upload_bytes)
    except FetchError as fault:
        draft.restart()
        problems.append(Problem("/link", "not_fetched", f"The file could not be fetched: {fault}."))
    else:
        problems += [] if draft.size else [Problem("/link", "empty", "There are no bytes behind it.")]
    return _Given(values, "/link", values.get("filename") or _name_in(link), link, problems)


async def small_body(request: Request) -> bytes:
    assert request.parts is not None
    body = b""
    async for part in request.parts:
        body += part
        if len(body) > LONGEST_JSON:
            detail = f"JSON that names a link is not longer than {LONGEST_JSON} bytes."
            raise Refusal("too_large", detail, problems=[Problem("", "too_large", detail)])
    return body


def _name_in(link: str) -> str | None:
    """The last part of its path, where that may be a name."""
    name = unquote(link.partition("?")[0].partition("#")[0].rpartition("/")[2])
    findings = Findings()
    _FILE_NAME.check(name, "", findings)
    return None if findings.problems else name


async def _judged(api: Api, caller: Caller, draft: Draft, given: _Given) -> tuple[StoredMedia, Found]:
    """The bytes are looked at even when something else is wrong: all of it is told at once."""
    await asyncio.to_thread(draft.flush)
    found = await asyncio.to_thread(probe, draft.path)
    connector = _connector(api, caller, given.values.get("from"))
    given.values.setdefault("kind", connector.kind_of(found))
    given.problems.extend(_about_number(api, caller, given.values.get("from")))
    if draft.size:
        given.problems.extend(_against(given.values.get("type", ""), found.mime_type))
        found, given = await _fitting(api, caller, draft, found, given)
    if given.problems:
        raise Refusal("invalid_request", problems=given.problems)
    return _file(api, caller, draft, found, given), found


async def _fitting(
    api: Api, caller: Caller, draft: Draft, found: Found, given: _Given
) -> tuple[Found, _Given]:
    """As the provider takes it: found so, or made so where that is asked for and nothing else is wrong."""
    connector = _connector(api, caller, given.values.get("from"))
    kind, wish, name = given.values["kind"], given.values.get("convert", "false"), given.file_name
    is_voice = wish == "voice" and kind == "audio"
    unfit = connector.check_file(found, kind, is_voice=is_voice)
    if unfit and wish != "false" and not given.problems:
        fault = await api.conversions.convert(caller.account_id, draft, found, kind, name)
        if fault is None:
            found = await asyncio.to_thread(probe, draft.path)
            given = given._replace(file_name=renamed(name, found.mime_type))
            unfit = connector.check_file(found, kind, is_voice=is_voice)
        else:
            given.problems.append(fault)
    given.problems.extend(_at(given.pointer, unfit))
    return found, given


def _file(api: Api, caller: Caller, draft: Draft, found: Found, given: _Given) -> StoredMedia:
    return StoredMedia(
        account_id=caller.account_id,
        id=ids.new_id(ids.MEDIA),
        kind=given.values["kind"],
        mime_type=found.mime_type,
        file_name=given.file_name,
        sha256=draft.sha256,
        size=draft.size,
        created_at=api.runtime.clock.now(),
        source="uploaded",
        link=given.link,
    )


def _about_number(api: Api, caller: Caller, digits: str | None) -> list[Problem]:
    if digits is None or any(row.digits == digits for row in _numbers(api, caller)):
        return []
    detail = "There is no such business number in this account."
    return [Problem("/from", "unknown_number", detail, shorten(digits))]


def _connector(api: Api, caller: Caller, digits: str | None) -> Connector:
    """Of the number that is named, or of the default one; before there is one, of the first kind there is."""
    directory, connectors = api.runtime.directory, api.runtime.connectors
    named = [row for row in _numbers(api, caller) if row.digits == digits]
    row = named[0] if named else directory.default_of(caller.account_id)
    return connectors[row.connector] if row else next(iter(connectors.values()))


def _numbers(api: Api, caller: Caller) -> Sequence[NumberRow]:
    return api.runtime.directory.of_account(caller.account_id)


def _against(said: str, found: str) -> list[Problem]:
    """What a sender says of the type, where the bytes say another."""
    plain = said.partition(";")[0].strip().lower()
    if plain in _SAYS_NOTHING or fits(plain, found):
        return []
    detail = f"It is said to be {plain}, and its bytes are {found}."
    return [Problem("/type", "media_type", detail, shorten(said), found)]


def _at(pointer: str, problems: Sequence[Problem]) -> list[Problem]:
    return [msgspec.structs.replace(problem, pointer=pointer) for problem in problems]


def no_room(fault: OSError) -> Refusal:
    why = str(fault) if isinstance(fault, ShelfError) else fault.strerror or type(fault).__name__
    log.warning("a file could not be kept: %s", why)
    detail = "The file can not be kept at the moment; try again."
    return Refusal("unavailable", detail, headers={"Retry-After": "10"})
