"""Requests to addresses that users gave: the only way out for them.

`transport` judges a URL and takes the request there, `dialing` looks names up and connects, `connection`
speaks HTTP/1.1 over what was connected, `pool` keeps it for the next request. Why this is not the client of
`outgoing_http` stands in docs/decisions/0016.
"""

from trunkline.guarded_http.fetching import Fetched, FetchError
from trunkline.guarded_http.transport import ForbiddenUrlError, GuardedTransport, Limits, open_guarded

__all__ = ["FetchError", "Fetched", "ForbiddenUrlError", "GuardedTransport", "Limits", "open_guarded"]
