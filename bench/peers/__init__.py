"""The ceilings that answer HTTP: the same web server as ours, around as little as possible."""

import asyncio
import gc
import sys
from typing import Any

import uvicorn
import uvloop

from trunkline.web_server import KEEP_ALIVE_SECONDS, listen

ANSWER = b'{"id":"msg_01kaq3w8n2e5v9x7c4h6t0y1zd"}'


def serve(app: Any) -> None:
    """Print the port, then answer until a signal. The settings are those of `trunkline.web_server`."""
    bound = listen("127.0.0.1", 0)
    print(bound.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app,
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[bound]))
    sys.exit(0)
