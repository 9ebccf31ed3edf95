"""Which connectors there are. A new channel is a folder beside this file and a line here."""

from collections.abc import Callable, Mapping

from trunkline.channels.contract import Connector
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.outgoing_http import Transport

CONNECTORS: dict[str, Callable[[Transport], Connector]] = {
    "whatsapp_cloud": WhatsAppCloud,
}


def make_connectors(transport: Transport) -> Mapping[str, Connector]:
    """One of each kind, by kind."""
    return {kind: make(transport) for kind, make in CONNECTORS.items()}
