"""``python -m api.main``: one gateway process."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from api.app import create_app
from api.gateway import Gateway
from api.http.protocol import bounded_protocol
from api.service.metrics import GatewayMetrics
from api.settings import GatewaySettings
from core.errors import ConfigurationError
from core.store.connection import check_if_reachable
from core.store.objects import Objects
from core.telemetry.logs import configure_logs
from core.telemetry.metrics_server import metrics_served

DRAIN_LOOK_S: Final = 0.1


def run(settings: GatewaySettings | None = None) -> None:
    """Serve until a signal; raises ConfigurationError instead of starting unsafely."""
    settings = settings or GatewaySettings.load()
    configure_logs(settings.log_level, settings.log_format)
    check_if_reachable(settings.redis_url)
    Objects.at(settings.blob_url)  # refuses what is no bucket before anything is served
    _allow_open_files()
    # It logs every malformed byte of a stranger's form; the stranger is told already.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    metrics = GatewayMetrics()
    config = uvicorn.Config(
        create_app(settings, metrics=metrics),
        host=settings.host,
        port=settings.port,
        log_config=None,
        **protocol_options(settings),
    )
    server = GatewayServer(config, drain_s=settings.drain_s)
    # uvicorn raises the signal that stopped it once more, for whoever handled it before.
    signal.signal(signal.SIGTERM, _stopped)
    with (
        metrics_served(metrics.registry, settings.metrics_host, settings.metrics_port),
        suppress(KeyboardInterrupt),
    ):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _stopped(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


class GatewayServer(uvicorn.Server):
    """uvicorn's server, which stops in three steps.

    For ``drain_s`` it serves on, says at ``/readyz`` that it stops, and closes each connection
    with its next answer, so that balancers and clients turn to other gateways. Then nobody waits
    for jobs any longer: streams and long polls end cleanly, those of clients that went away among
    them. At last it listens no more, and uploads under way have uvicorn's grace to end.
    """

    def __init__(self, config: uvicorn.Config, *, drain_s: float = 0.0) -> None:
        super().__init__(config)
        self._drain_s = drain_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        gateway: Gateway | None = self.lifespan.state.get("gateway")
        if gateway is not None:
            gateway.draining.set()
            await self._drain()
            gateway.watches.end()
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        """Serve on for a while; a second signal cuts it short."""
        for _ in range(round(self._drain_s / DRAIN_LOOK_S)):
            if not self.force_exit:
                await asyncio.sleep(DRAIN_LOOK_S)


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
        "timeout_graceful_shutdown": settings.stop_grace_s,
    }


if __name__ == "__main__":
    try:
        run()
    except ConfigurationError as error:
        sys.exit(f"deepfake api: {error.message}")
