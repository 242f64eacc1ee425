"""``deepfake serve``: the whole service with one command."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cores import usable_cores
from core.errors import ConfigurationError
from core.loopback import is_loopback
from deepfake.commands.model_options import WantedModels, model_options
from deepfake.doctor import machine
from deepfake.stack.address import Address
from deepfake.stack.stop_requests import stop_requests

if TYPE_CHECKING:
    from api.settings import GatewaySettings
    from deepfake.stack.embedded_redis import EmbeddedRedis

_REDIS_OVERHEAD = 1.25  # Redis' memory for each byte of an upload: allocator and buffers
_REDIS_RECORDS_BYTES = 256 * 1024**2  # job records, results and the queue


@click.command()
@click.option("--host", envvar="DEEPFAKE_HOST", show_envvar=True, default="127.0.0.1",
              show_default=True, help="Other than loopback needs API keys.")  # fmt: skip
@click.option("--port", envvar="DEEPFAKE_PORT", show_envvar=True, default=8000, show_default=True,
              type=click.IntRange(0, 65535), help="0 takes a free one.")  # fmt: skip
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64),
              help="Processes, each with the model in its memory.")  # fmt: skip
@model_options
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
    models: WantedModels,
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
      deepfake serve --video-model clip-faces
      deepfake serve --host 0.0.0.0 --api-keys keys.txt --workers 2
      deepfake serve --redis-url redis://localhost:6379/0
    """
    started = time.monotonic()
    address = Address.reserve(host, port)
    _check_access(host, api_keys_file, redis_url)
    _check_models(models)
    settings = {
        "DEEPFAKE_HOST": host,
        "DEEPFAKE_PORT": str(address.port),
        "DEEPFAKE_MODEL": models.model and _as_given(models.model),
        "DEEPFAKE_RUNTIME": models.runtime,
        "DEEPFAKE_VIDEO_MODEL": models.video_model and _as_given(models.video_model),
        "DEEPFAKE_VIDEO_RUNTIME": models.video_runtime,
        "DEEPFAKE_API_KEYS_FILE": api_keys_file,
        "DEEPFAKE_DRAIN_S": "0",  # there is no balancer that would have to hear of a stop
        "DEEPFAKE_LOG_LEVEL": "INFO" if verbose else "WARNING",
    }
    with stop_requests() as stopping:
        _run(settings, workers, redis_url, address, started, stopping)


def _run(
    settings: dict[str, str | None],
    workers: int,
    redis_url: str | None,
    address: Address,
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
        is_ready=address.is_ready,
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
        from core.store.connection import check_server, connect

        with connect(redis_url) as client:
            check_server(client)
        settings["DEEPFAKE_REDIS_URL"] = redis_url
        return None
    from api.settings import GatewaySettings
    from deepfake.stack.embedded_redis import EmbeddedRedis

    gateway = GatewaySettings.load()
    in_flight = _uploads_in_flight(gateway)
    held = in_flight + gateway.max_evidence_bytes
    redis = EmbeddedRedis(round(held * _REDIS_OVERHEAD) + _REDIS_RECORDS_BYTES)
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


def _check_access(host: str, api_keys_file: str | None, redis_url: str | None) -> None:
    from api.settings import GatewaySettings

    if GatewaySettings.load().api_keys is not None:
        if redis_url is None and api_keys_file is None:
            raise ConfigurationError(
                "DEEPFAKE_API_KEYS=redis needs a Redis that keeps keys, and the embedded one "
                "forgets everything. Name one with --redis-url, or a file with --api-keys."
            )
    elif api_keys_file is None and not is_loopback(host):
        raise ConfigurationError(
            f"{host} can be reached from other machines, so API keys are needed. Make one with "
            "deepfake keys new --file keys.txt --tenant NAME, then serve with --api-keys keys.txt; "
            "or keep keys in Redis: DEEPFAKE_API_KEYS=redis and --redis-url."
        )


def _check_models(models: WantedModels) -> None:
    from core.model.bundle import find_bundle, load_bundle

    load_bundle(find_bundle(models.model))
    if models.video_model is not None:
        load_bundle(find_bundle(models.video_model))


def _as_given(model: str) -> str:
    """A path keeps its meaning in the children whatever folder they run in."""
    path = Path(model).expanduser()
    return str(path.resolve()) if path.is_dir() else model


def _announce(address: Address, seconds: float) -> None:
    _say(f"Ready after {seconds:.1f} s: {address.url}\n")
    _say(f"  Judge a file:  curl -F file=@clip.mp4 {address.url}/v1/jobs")
    _say(f"  or:            deepfake submit clip.mp4 --server {address.url}")
    _say(f"  In a browser:  {address.url}/\n\nCtrl-C stops everything.")


def _say(message: str) -> None:
    click.echo(message)
