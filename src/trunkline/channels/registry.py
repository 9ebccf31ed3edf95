"""Which connectors there are. A new channel is a folder beside this file and a line here."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from trunkline.channels.contract import Connector
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.outgoing_http import FileTransport

CONNECTORS: dict[str, Callable[[FileTransport], Connector]] = {
    "whatsapp_cloud": WhatsAppCloud,
}

_REAL_HOSTS = ("facebook.com", "whatsapp.com", "whatsapp.net")


def make_connectors(transport: FileTransport) -> Mapping[str, Connector]:
    """One of each kind, by kind."""
    return {kind: make(transport) for kind, make in CONNECTORS.items()}


def is_real(base_url: str) -> bool:
    """Whether what is sent there reaches people: a host of a provider's own, whatever its spelling."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    return any(host == real or host.endswith(f".{real}") for real in _REAL_HOSTS)
