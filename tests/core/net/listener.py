"""An HTTP server on all addresses of this machine that counts who connects."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Listener:
    """Answers every connection with ``answer``; ``hits`` counts them, ``heads`` holds what came.

    ``answer`` may be a function of the head of the request that writes to the socket itself.
    """

    def __init__(
        self,
        answer: bytes | Callable[[bytes, socket.socket], None] = OK,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "::",
    ) -> None:
        self._answer, self._tls = answer, tls
        self._socket = (
            socket.create_server((host, 0), family=socket.AF_INET6, dualstack_ipv6=True)
            if host == "::"
            else socket.create_server((host, 0))
        )
        self.port: int = self._socket.getsockname()[1]
        self.hits = 0
        self.ended = 0  # connections that are over
        self.heads: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            threading.Thread(target=self._hold, args=(client,), daemon=True).start()

    def _hold(self, client: socket.socket) -> None:
        try:
            self._talk(client)
        finally:
            self.ended += 1

    def _talk(self, plain: socket.socket) -> None:
        with suppress(OSError), plain:
            client = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with client:
                head = b""
                while b"\r\n\r\n" not in head and (more := client.recv(65536)):
                    head += more
                self.heads.append(head)
                if callable(self._answer):
                    self._answer(head, client)
                else:
                    client.sendall(self._answer)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
