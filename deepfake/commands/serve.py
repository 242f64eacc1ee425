"""``deepfake serve``: the whole service with one command."""

from __future__ import annotations

import errno
import http.client
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from core.cores import usable_cores
from core.errors import ConfigurationError
from core.loopback import is_loopback
from deepfake.doctor import machine

if TYPE_CHECKING:
    from api.settings import GatewaySettings
    from deepfake.stack.embedded_redis import EmbeddedRedis

_REDIS_OVERHEAD = 1.25  # Redis' memory for each byte of an upload: allocator and buffers
_REDIS_RECORDS_BYTES = 256 * 1024**2  # job records, results and the queue


@click.command()
@click.option("--host", envvar="DEEPFAKE_HOST", show_envvar=True, default="127.0.0.1",
              show_default=True, help="Other than loopback needs --api-keys.")  # fmt: skip
@click.option("--port", envvar="DEEPFAKE_PORT", show_envvar=True, default=8000, show_default=True,
              type=click.IntRange(0, 65535), help="0 takes a free one.")  # fmt: skip
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64),
              help="Processes, each with the model in its memory.")  # fmt: skip
@click.option("--model", envvar="DEEPFAKE_MODEL", show_envvar=True, metavar="NAME|PATH",
              help="A bundle; the default is the one that ships.")  # fmt: skip
@click.option("--runtime", envvar="DEEPFAKE_RUNTIME", show_envvar=True, metavar="NAME",
              help="auto, tensorflow, openvino-fp32 or openvino-int8.")  # fmt: skip
@click.option("--redis-url", envvar="DEEPFAKE_REDIS_URL", show_envvar=True, metavar="URL",
              help="A running Redis, in place of the embedded one.")  # fmt: skip
@click.option("--api-keys", "api_keys_file", envvar="DEEPFAKE_API_KEYS_FILE", show_envvar=True,
              type=click.Path(exists=True, dir_okay=False, resolve_path=True), metavar="FILE",
              help="Made with: deepfake keys new.")  # fmt: skip
@click.option("--verbose", is_flag=True, help="Show what the processes log as they work.")
def serve(
    host: str,
    port: int,
    workers: int,
    model: str | None,
    runtime: str | None,
    redis_url: str | None,
    api_keys_file: str | None,
    verbose: bool,
) -> None:
    """Run the whole service with one command; Ctrl-C stops it.

    A gateway, workers and an embedded Redis are started as children of this process.

    Nothing is written to disk: uploads, jobs and results live in memory, and are gone when
    the service stops.

    \b
    Examples:
      deepfake serve
      deepfake serve --port 9000 --model ./models/my-model
      deepfake serve --host 0.0.0.0 --api-keys keys.txt --workers 2
      deepfake serve --redis-url redis://localhost:6379/0
    """
    started = time.monotonic()
    port = _free_port(host, port)
    _check_access(host, api_keys_file)
    _check_model(model)
    settings = {
        "DEEPFAKE_HOST": host,
        "DEEPFAKE_PORT": str(port),
        "DEEPFAKE_MODEL": model and _as_given(model),
        "DEEPFAKE_RUNTIME": runtime,
        "DEEPFAKE_API_KEYS_FILE": api_keys_file,
        "DEEPFAKE_LOG_LEVEL": "INFO" if verbose else "WARNING",
    }
    with _stop_requests() as stopping:
        _run(settings, workers, redis_url, (host, port), started, stopping)


def _run(
    settings: dict[str, str | None],
    workers: int,
    redis_url: str | None,
    address: tuple[str, int],
    started: float,
    stopping: Callable[[], int],
) -> None:
    from deepfake.stack.child_process import child_environment
    from deepfake.stack.supervisor import Stack

    redis = _start_redis(redis_url, settings)
    if workers > 1:  # each would take all cores
        settings["DEEPFAKE_MODEL_THREADS"] = str(max(1, usable_cores() // workers))
    stack = Stack(
        environment=child_environment(settings),
        workers=workers,
        redis=redis,
        say=_say,
        stopping=stopping,
        is_ready=lambda: _answers_ready(address),
    )
    try:
        _say("Starting …")
        if stack.start():
            _announce(address, time.monotonic() - started)
            stack.watch()
        _say("\nStopping: running jobs may finish; Ctrl-C again ends them now.")
    finally:
        stack.stop()
    _say("Stopped.")


def _start_redis(redis_url: str | None, settings: dict[str, str | None]) -> EmbeddedRedis | None:
    if redis_url is not None:
        from core.store.connection import connect, store_errors

        with connect(redis_url) as client, store_errors():
            client.ping()
        settings["DEEPFAKE_REDIS_URL"] = redis_url
        return None
    from api.settings import GatewaySettings
    from deepfake.stack.embedded_redis import EmbeddedRedis

    gateway = GatewaySettings.load()
    in_flight = _uploads_in_flight(gateway)
    redis = EmbeddedRedis(round(in_flight * _REDIS_OVERHEAD) + _REDIS_RECORDS_BYTES)
    settings["DEEPFAKE_REDIS_URL"] = redis.url
    settings["DEEPFAKE_MAX_BYTES_IN_FLIGHT"] = str(in_flight)
    settings["DEEPFAKE_MAX_UPLOAD_BYTES"] = str(min(gateway.max_upload_bytes, in_flight))
    return redis


def _uploads_in_flight(gateway: GatewaySettings) -> int:
    """What the user set, or else what a quarter of the memory holds, up to the default."""
    memory = machine.memory_bytes()
    if memory is None or "max_bytes_in_flight" in gateway.model_fields_set:
        return gateway.max_bytes_in_flight
    return min(gateway.max_bytes_in_flight, memory // 4)


def _free_port(host: str, port: int) -> int:
    """The port, or a free one for 0; raises before anything is started when it is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except socket.gaierror as error:
        raise ConfigurationError(f"--host {host!r} is no address: {error.strerror}.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Port {port} on {host} is taken by another program. Stop it, or choose another "
                f"port: deepfake serve --port {port + 1 if port < 65535 else 8000} "
                "(0 takes any free one)."
            ) from error
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on: {error.strerror}. "
            "Choose another --host or --port."
        ) from error


def _check_access(host: str, api_keys_file: str | None) -> None:
    if api_keys_file is None and not is_loopback(host):
        raise ConfigurationError(
            f"{host} can be reached from other machines, so API keys are needed. Make one with "
            "deepfake keys new --file keys.txt --tenant NAME, then serve with --api-keys keys.txt."
        )


def _check_model(model: str | None) -> None:
    from core.model.bundle import find_bundle, load_bundle

    load_bundle(find_bundle(model))


def _as_given(model: str) -> str:
    """A path keeps its meaning in the children whatever folder they run in."""
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def _answers_ready(address: tuple[str, int]) -> bool:
    connection = http.client.HTTPConnection(_reachable(address[0]), address[1], timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """An address to knock at: 0.0.0.0 and :: are for listening only."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _announce(address: tuple[str, int], seconds: float) -> None:
    host = _reachable(address[0])
    url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"
    _say(f"Ready after {seconds:.1f} s: {url}\n")
    _say(f"  Judge a file:  curl -F file=@clip.mp4 {url}/v1/jobs")
    _say(f"  or:            deepfake submit clip.mp4 --server {url}")
    _say(f"  In a browser:  {url}/\n\nCtrl-C stops everything.")


def _say(message: str) -> None:
    click.echo(message)


@contextmanager
def _stop_requests() -> Iterator[Callable[[], int]]:
    """Count Ctrl-C and SIGTERM in place of being ended by them."""
    requests = 0

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        nonlocal requests
        requests += 1

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield lambda: requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
