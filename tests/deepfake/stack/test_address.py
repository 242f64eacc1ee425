from __future__ import annotations

import http.server
import socket
import threading

import pytest

from core.errors import ConfigurationError
from deepfake.stack.address import Address


def test_port_0_becomes_a_free_port() -> None:
    first, second = (Address.reserve("127.0.0.1", 0) for _ in range(2))
    assert first.port > 0
    assert second.port > 0


def test_a_taken_port_is_refused_with_another_one_to_try() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"Port {port} .* --port {port + 1} "):
            Address.reserve("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"), ("a.example", "http://a.example:80")],
)  # fmt: skip
def test_the_url_is_one_that_a_client_can_reach(host: str, url: str) -> None:
    assert Address(host, 80).url == url


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False)])
def test_a_gateway_is_ready_when_it_says_so(status: int, ready: bool) -> None:
    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert Address("127.0.0.1", server.server_port).is_ready() is ready
        server.shutdown()
    assert not Address("127.0.0.1", server.server_port).is_ready()
