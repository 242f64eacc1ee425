"""The page of metrics that Prometheus reads, on a port of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from core.errors import ConfigurationError

logger = logging.getLogger(__name__)


@contextmanager
def metrics_served(registry: CollectorRegistry, host: str, port: int) -> Iterator[None]:
    """Serve ``registry`` at ``/metrics`` while the block runs; port 0 serves nothing.

    Raises ConfigurationError when the port cannot be listened on.
    """
    if port == 0:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigurationError(
            f"DEEPFAKE_METRICS_PORT={port} cannot be listened on at {host}: {error.strerror}. "
            "Every process on a machine needs a port of its own; 0 serves no metrics."
        ) from error
    logger.info("metrics are served on %s:%d", host, port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
