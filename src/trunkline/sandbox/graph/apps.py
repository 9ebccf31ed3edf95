"""The app as a node, and where its webhooks go: `/{app_id}/subscriptions`, with the app's own token."""

from typing import Any

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.call import Call, Part, choose_fields
from trunkline.sandbox.graph.health import health_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.subscriptions import FIELDS, Subscription
from trunkline.sandbox.wire import NEWEST_VERSION

APP_NAME = "Sandbox app"
_OBJECT = "whatsapp_business_account"


def part(runtime: Runtime) -> Part:
    apps = _Apps(runtime)
    return Part(
        kinds={"app": lambda node: node in (runtime.identity.app_id, "app")},
        routes={
            ("app", "", "GET"): apps.get,
            ("app", "subscriptions", "GET"): apps.list,
            ("app", "subscriptions", "POST"): apps.subscribe,
            ("app", "subscriptions", "DELETE"): apps.unsubscribe,
        },
    )


class _Apps:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._subscriptions = runtime.subscriptions
        self._app_id = runtime.identity.app_id

    async def get(self, call: Call) -> dict[str, Any]:
        app = {
            "id": self._app_id,
            "name": APP_NAME,
            "link": f"https://www.facebook.com/games/?app_id={self._app_id}",
            "category": "Messaging",
            "namespace": None,
            "health_status": health_of(self._runtime),
        }
        return choose_fields(app, call, ("category", "link", "name"))

    async def list(self, call: Call) -> dict[str, Any]:
        _need_app_token(call)
        rows = [_describe(subscription) for subscription in self._subscriptions.list()]
        return {"data": [choose_fields(row, call) for row in rows]}

    async def subscribe(self, call: Call) -> dict[str, Any]:
        """The handshake comes first; fields that are named again replace those before."""
        _need_app_token(call)
        params = Param(call.params, "")
        object_ = params.word("object", (_OBJECT,))
        url = params.text("callback_url")
        fields = _read_fields(params)
        await self._verify(url, params.text("verify_token", empty=True))
        await self._subscriptions.put(Subscription(object=object_, callback_url=url, fields=fields))
        await self._runtime.state.set_callback(self._app_id, url)
        self._runtime.webhooks.try_again()
        return {"success": True}

    async def unsubscribe(self, call: Call) -> dict[str, Any]:
        """All of it, or only some fields."""
        _need_app_token(call)
        params = Param(call.params, "")
        object_ = params.word("object", (_OBJECT,)) if params.has("object") else _OBJECT
        known = self._subscriptions.get(object_)
        gone = set(_read_fields(params)) if params.has("fields") else None
        left = tuple(field for field in known.fields if field not in gone) if known and gone else ()
        if known is not None and left:
            kept = Subscription(object=object_, callback_url=known.callback_url, fields=left)
            await self._subscriptions.put(kept)
        else:
            await self._subscriptions.remove(object_)
            await self._runtime.state.remove_callback(self._app_id)
        self._runtime.webhooks.try_again()
        return {"success": True}

    async def _verify(self, url: str, verify_token: str) -> None:
        try:
            await self._runtime.poster.verify(url, verify_token)
        except GraphError as error:
            why = (error.details or "").partition("failed: ")[2].rstrip(".")
            message = f"(#2200) Callback verification failed with the following errors: {why}"
            raise GraphError(2200, message, status=400) from None


def _need_app_token(call: Call) -> None:
    if call.holder is None or not call.holder.is_app:
        raise GraphError(15, "(#15) This method must be called with an app access_token.", status=400)


def _describe(subscription: Subscription) -> dict[str, Any]:
    return {
        "object": subscription.object,
        "callback_url": subscription.callback_url,
        "active": True,
        "fields": [{"name": name, "version": NEWEST_VERSION} for name in subscription.fields],
    }


def _read_fields(params: Param) -> tuple[str, ...]:
    """A list, or names with commas between them."""
    given = params.need("fields")
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid("Param fields must be an array of strings.")
    fields = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in fields:
        if name not in FIELDS:
            raise invalid(f'Param fields[0] must be one of {{{", ".join(FIELDS)}}} - got "{name[:64]}".')
    return fields
