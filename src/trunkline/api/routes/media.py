"""Files of inbound messages."""

from trunkline.api import media
from trunkline.api.auth import Who
from trunkline.api.gate import Sheds
from trunkline.api.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/whatsapp/media",
        operation="findMedia",
        sheds=Sheds.REPORTS,
        summary="Where the file of a media id can be fetched, for five minutes",
        handler=media.look_up,
        query=media.QUERY,
        answers={200: media.MediaView},
        refusals=("invalid_request", "not_found", "not_ready"),
    ),
    Route(
        method="GET",
        path="/v1/media/{token}",
        operation="downloadMedia",
        summary="The bytes of a file: at the address that the look-up gave, or by its media id with a key",
        handler=media.download,
        who=Who.ANYONE,
        answers={200: "application/octet-stream", 206: "application/octet-stream"},
        refusals=("key_missing", "key_invalid", "not_found", "not_ready"),
    ),
)
