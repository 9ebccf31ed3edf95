"""Starlette and msgspec: decodes the same body into types, answers a constant. Checks and keeps nothing."""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers import ANSWER, serve


class Text(msgspec.Struct):
    body: str


class Message(msgspec.Struct):
    to: str
    type: str
    text: Text


_decode = msgspec.json.Decoder(Message).decode


async def accept(request: Request) -> Response:
    _decode(await request.body())
    return Response(ANSWER, media_type="application/json")


app = Starlette(routes=[Route("/v1/whatsapp/messages", accept, methods=["POST"])])

if __name__ == "__main__":
    serve(app)
