"""ACCEPT: the API that customers and operators call.

In come HTTP requests; out go answers, and for messages only after the commit that holds them is synced.
`routes/` is the whole list of addresses; `server.py` brings a request to its handler; the handlers stand in
the files named after what they are about. Nothing here knows a provider's format.
"""

from trunkline.api.server import build_app

__all__ = ["build_app"]
