"""The business profile that users see: `/{phone_number_id}/whatsapp_business_profile`."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

import msgspec

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.call import Answer, Call, Part, choose_fields
from trunkline.sandbox.graph.numbers import number_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.shelf import Shelf

VERTICALS = (
    *("alcohol", "apparel", "auto", "beauty", "edu", "entertain", "event_plan", "finance", "govt", "grocery"),
    *("health", "hotel", "nonprofit", "online_gambling", "otc_drugs", "other", "physical_gambling"),
    *("prof_services", "restaurant", "retail", "travel"),
)
_LONGEST = {"address": 256, "description": 512, "email": 128}
_LONGEST_ABOUT = 139
_LONGEST_WEBSITE = 256
_MOST_WEBSITES = 2
_EDGE = "whatsapp_business_profile"


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Members that are None or empty are left out of the answer."""

    about: str | None = None
    address: str | None = None
    description: str | None = None
    email: str | None = None
    websites: tuple[str, ...] = ()
    vertical: str | None = None
    picture_handle: str | None = None


def part(runtime: Runtime) -> Part:
    profiles = _Profiles(runtime)
    return Part(
        routes={
            ("number", _EDGE, "GET"): profiles.get,
            ("number", _EDGE, "POST"): profiles.change,
            ("public", "pictures/*", "GET"): profiles.show_picture,
        }
    )


class _Profiles:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._shelf = Shelf(runtime.database, "profile", Profile)

    async def get(self, call: Call) -> dict[str, Any]:
        number = number_of(self._runtime, call)
        profile = self._shelf.get(number.id) or Profile()
        handle = profile.picture_handle
        described = {
            "about": profile.about,
            "address": profile.address,
            "description": profile.description,
            "email": profile.email,
            "profile_picture_url": self._picture_url(number.id, handle) if handle else None,
            "websites": list(profile.websites) or None,
            "vertical": profile.vertical,
            "messaging_product": "whatsapp",
        }
        return {"data": [{**choose_fields(described, call), "messaging_product": "whatsapp"}]}

    async def change(self, call: Call) -> dict[str, Any]:
        """Only what is given is changed."""
        number, params = number_of(self._runtime, call), Param(call.params, "")
        params.word("messaging_product", ("whatsapp",))
        changed = _read_texts(params)
        if params.has("websites"):
            changed["websites"] = _read_websites(params)
        if params.has("vertical"):
            given = params.text("vertical", empty=True)
            changed["vertical"] = params.word("vertical", VERTICALS).upper() if given else None
        if params.has("profile_picture_handle"):
            changed["picture_handle"] = self._read_handle(params)
        profile = self._shelf.get(number.id) or Profile()
        await self._shelf.put(number.id, msgspec.structs.replace(profile, **changed))
        return {"success": True}

    async def show_picture(self, call: Call) -> Answer:
        profile = self._shelf.get(call.last)
        handle = self._runtime.uploads.find_handle(profile.picture_handle or "") if profile else None
        data = await self._runtime.uploads.bytes_of(profile.picture_handle or "") if profile else None
        if handle is None or data is None:
            return Answer(body=b"", status=404, content_type="text/plain")
        return Answer(body=data, content_type=handle.mime_type)

    def _read_handle(self, params: Param) -> str:
        """What a resumable upload ended in."""
        handle = params.text("profile_picture_handle", 4096)
        if not self._runtime.uploads.handle_exists(handle):
            raise invalid("Param profile_picture_handle is not a valid upload handle.")
        return handle

    def _picture_url(self, number_id: str, handle: str) -> str:
        """Another one for each picture, so that nobody keeps showing the old one."""
        version = hashlib.blake2b(handle.encode("utf-8", "replace"), digest_size=6).hexdigest()
        return f"{self._runtime.identity.url}/cdn/pictures/{number_id}?v={version}"


def _read_texts(params: Param) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if params.has("about"):
        about = params.text("about", _LONGEST_ABOUT, empty=True)
        if not about.strip():
            raise invalid("Param about must be at least 1 characters long.")
        changed["about"] = about
    for name, longest in _LONGEST.items():
        if params.has(name):
            changed[name] = params.text(name, longest, empty=True) or None
    email = changed.get("email")
    if email is not None and not all(email.partition("@")):
        raise invalid("Param email must be a valid email address.")
    return changed


def _read_websites(params: Param) -> tuple[str, ...]:
    given = params.need("websites")
    if not isinstance(given, list):
        raise invalid("Param websites must be an array.")
    if len(given) > _MOST_WEBSITES:
        raise invalid(f"Param websites must have at most {_MOST_WEBSITES} elements.")
    for place, url in enumerate(given):
        if not isinstance(url, str):
            raise invalid(f"Param websites[{place}] must be a string.")
        if len(url) > _LONGEST_WEBSITE:
            raise invalid(f"Param websites[{place}] must be at most {_LONGEST_WEBSITE} characters long.")
        if url and not _is_url(url):
            raise invalid(f"Param websites[{place}] must be a valid URI.")
    return tuple(url for url in given if url)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
