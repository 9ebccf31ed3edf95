"""pywa as its users have it, pointed at a sandbox by the host of the HTTP session that it is given."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pywa
import uvicorn
from pywa import handlers
from starlette.applications import Starlette

from tests.clients.desk import Desk

VERIFY_TOKEN = "our-own-word"
_HANDLERS = [
    handlers.MessageHandler,
    handlers.MessageStatusHandler,
    handlers.CallbackButtonHandler,
    handlers.CallbackSelectionHandler,
    handlers.FlowCompletionHandler,
    handlers.PhoneNumberChangeHandler,
    handlers.UserMarketingPreferencesHandler,
    handlers.TemplateStatusUpdateHandler,
]


@contextlib.contextmanager
def pywa_client(desk: Desk, **settings: Any) -> Iterator[pywa.WhatsApp]:
    """`session` is pywa's own parameter; the path, with the version that pywa chose, stays."""
    with httpx.Client(trust_env=False) as session:
        client = pywa.WhatsApp(
            phone_id=desk.phone_number_id, token=desk.token, waba_id=desk.waba_id, app_id=desk.app_id,
            app_secret=desk.app_secret, session=session, **settings,
        )  # fmt: skip
        session.base_url = httpx.URL(desk.url + session.base_url.path)
        yield client


class Inbox:
    """What pywa made of the webhooks: the updates that its own handlers were called with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.updates: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, client: pywa.WhatsApp, update: Any) -> None:
        with self._changed:
            self.updates.append(update)
            self._changed.notify_all()

    def wait_for(self, fits: Callable[[Any], bool], seconds: float = 30) -> Any:
        """The first update that fits, come already or yet to come."""
        with self._changed:
            found = self._changed.wait_for(lambda: [one for one in self.updates if fits(one)], seconds)
            assert found, f"it did not come; what came: {self.updates}"
            return found[0]

    def wait_for_a(self, kind: type, fits: Callable[[Any], bool] = lambda update: True) -> Any:
        return self.wait_for(lambda update: isinstance(update, kind) and fits(update))


@contextlib.contextmanager
def pywa_inbox(desk: Desk) -> Iterator[tuple[pywa.WhatsApp, Inbox]]:
    """pywa's own webhook routes on a real server. The signature is checked by pywa."""
    app = Starlette()
    hook = {"webhook_endpoint": "/hook", "verify_token": VERIFY_TOKEN}
    with pywa_client(desk, server=app, **hook) as client, _serving(app) as url:
        inbox = Inbox(f"{url}/hook")
        client.add_handlers(*(handler(inbox) for handler in _HANDLERS))
        yield client, inbox


@contextlib.contextmanager
def _serving(app: Starlette) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
