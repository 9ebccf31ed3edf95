"""Files: those that people sent, and those that are sent to them."""

from trunkline.api import files, media, uploads
from trunkline.api.auth import Who
from trunkline.api.file_views import FileView
from trunkline.api.gate import Sheds
from trunkline.api.route import Route, Takes

ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/whatsapp/media",
        operation="findMedia",
        sheds=Sheds.REPORTS,
        summary="Where a file can be fetched, for five minutes; without a media id, the uploaded files",
        handler=files.find,
        query=files.QUERY,
        answers={200: (media.MediaView, files.FilePage)},
        refusals=("invalid_request", "not_found", "not_ready"),
    ),
    Route(
        method="POST",
        path="/v1/whatsapp/media",
        operation="uploadMedia",
        sheds=Sheds.BATCHES,
        summary="Upload a file for messages, or have one fetched from a link",
        handler=uploads.upload,
        takes=Takes.UPLOAD,
        body=uploads.LINK_FORM,
        once=True,
        answers={200: FileView},
    ),
    Route(
        method="GET",
        path="/v1/whatsapp/media/{id}",
        operation="getMedia",
        summary="What is known of an uploaded file",
        handler=files.show,
        answers={200: FileView},
        refusals=("not_found",),
    ),
    Route(
        method="DELETE",
        path="/v1/whatsapp/media/{id}",
        operation="removeMedia",
        summary="Remove an uploaded file; messages that name it and were not sent yet will fail",
        handler=files.remove,
        answers={204: None},
        refusals=("not_found",),
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
