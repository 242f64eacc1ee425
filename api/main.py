"""``python -m api.main``: one gateway process."""

from __future__ import annotations

import logging
import resource
import socket
import sys
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from api.app import create_app
from api.gateway import Gateway
from api.protocol import bounded_protocol
from api.settings import GatewaySettings
from core.errors import ConfigurationError
from core.store.connection import check_if_reachable

# What a stop leaves to running requests; long polls longer than that are cut.
SHUTDOWN_S = 5


def run(settings: GatewaySettings | None = None) -> None:
    """Serve until a signal; raises ConfigurationError instead of starting unsafely."""
    settings = settings or GatewaySettings.load()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    check_if_reachable(settings.redis_url)
    _allow_open_files()
    # It logs every malformed byte of a stranger's form; the stranger is told already.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    server = GatewayServer(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_config=None,
            **protocol_options(settings),
        )
    )
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class GatewayServer(uvicorn.Server):
    """uvicorn's server, which lets nobody wait for jobs any longer once it stops.

    So streams and long polls end cleanly, those of clients that went away among them.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        gateway: Gateway | None = self.lifespan.state.get("gateway")
        if gateway is not None:
            gateway.watches.end()
        await super().shutdown(sockets)


def _allow_open_files() -> None:
    """Take as many sockets as the machine allows: every client that waits holds one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS names a limit that it does not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def protocol_options(settings: GatewaySettings) -> dict[str, Any]:
    """How uvicorn speaks HTTP for this gateway."""
    return {
        "http": bounded_protocol(settings.request_head_s),
        "ws": "none",
        "proxy_headers": settings.trusted_proxies != "",
        "forwarded_allow_ips": settings.trusted_proxies,
        "server_header": False,
        "timeout_graceful_shutdown": SHUTDOWN_S,
    }


if __name__ == "__main__":
    try:
        run()
    except ConfigurationError as error:
        sys.exit(f"deepfake api: {error.message}")
