"""Where the gateway of the embedded stack listens."""

from __future__ import annotations

import errno
import http.client
import socket
from dataclasses import dataclass
from typing import Self

from core.errors import ConfigurationError

ANSWER_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port to listen on."""

    host: str
    port: int

    @classmethod
    def reserve(cls, host: str, port: int) -> Self:
        """The port, or a free one for 0.

        Raises ConfigurationError before anything is started, where ``host`` is no address of
        this machine or the port is taken.
        """
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                return cls(host, int(probe.getsockname()[1]))
        except socket.gaierror as error:
            raise ConfigurationError(f"--host {host!r} is no address: {error.strerror}.") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigurationError(
                    f"Port {port} on {host} is taken by another program. Stop it, or choose "
                    f"another port: deepfake serve --port {port + 1 if port < 65535 else 8000} "
                    "(0 takes any free one)."
                ) from error
            raise ConfigurationError(
                f"{host}:{port} cannot be listened on: {error.strerror}. "
                "Choose another --host or --port."
            ) from error

    @property
    def url(self) -> str:
        """What a client on this machine connects to."""
        host = self._reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def is_ready(self) -> bool:
        """True when the gateway says that a job sent now would be judged."""
        connection = http.client.HTTPConnection(
            self._reachable_host, self.port, timeout=ANSWER_TIMEOUT_S
        )
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def _reachable_host(self) -> str:
        """0.0.0.0 and :: are for listening only."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
