"""The files that a message's content names: found wherever media stand, and given the provider's ids. Pure.

In comes content in the normal form of `content.check`. Media objects stand under the name of their kind, in
messages, in headers of interactive ones and their cards, and among the parameters of templates.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trunkline.channels.contract import NamedFile

_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})
_FOREIGN = frozenset({"flow_action_payload", "flow_action_data", "payment_settings"})
"""Members that hold what others defined: what looks like media there is data of a form or a payment."""
_Media = dict[str, Any]


def files_of(content: Mapping[str, Any]) -> tuple[NamedFile, ...]:
    """Each once."""
    found = [
        NamedFile(kind, media.get("id") or media["link"], "id" not in media, media.get("voice") is True)
        for kind, media in _media(content)
    ]
    return tuple(dict.fromkeys(found))


def with_files(content: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """A copy that names the provider's ids; what is not among `ids` stays as it is."""

    def renamed(media: _Media) -> _Media:
        provider_id = ids.get(media.get("id") or media["link"])
        if provider_id is None:
            return media
        return {"id": provider_id, **{name: media[name] for name in media if name not in ("id", "link")}}

    return {name: _replaced(name, value, renamed) for name, value in content.items()}


def _media(value: Any, kind: str = "") -> Iterator[tuple[str, _Media]]:
    if isinstance(value, list):
        for each in value:
            yield from _media(each)
    elif _is_media(kind, value):
        yield kind, value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in _FOREIGN:
                yield from _media(each, name)


def _replaced(kind: str, value: Any, change: Callable[[_Media], _Media]) -> Any:
    if isinstance(value, list):
        return [_replaced("", each, change) for each in value]
    if _is_media(kind, value):
        return change(value)
    if isinstance(value, dict):
        return {
            name: each if name in _FOREIGN else _replaced(name, each, change) for name, each in value.items()
        }
    return value


def _is_media(kind: str, value: Any) -> bool:
    return kind in _KINDS and isinstance(value, dict) and ("id" in value or "link" in value)
