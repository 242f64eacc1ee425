from __future__ import annotations

import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from core.errors import ConfigurationError
from core.telemetry.metrics_server import metrics_served


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("loaves", "Baked.", registry=registry).inc(3)
    return registry


def test_the_metrics_are_at_a_port_of_their_own(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with metrics_served(registry, "127.0.0.1", port):
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert (answer.status_code, "loaves_total 3.0" in answer.text) == (200, True)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


def test_a_port_that_is_taken_is_named(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"DEEPFAKE_METRICS_PORT={port} cannot"),
            metrics_served(registry, "127.0.0.1", port),
        ):
            pass
