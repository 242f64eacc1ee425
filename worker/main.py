"""``python -m worker.main``: one worker process, from its settings to its exit code."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from core.errors import ConfigurationError, DeepfakeError
from worker.decoder.config import DecoderConfig
from worker.decoder.pool import DecoderPool
from worker.decoder.trust import in_force, is_overdue, overdue_notice
from worker.settings import WorkerSettings

if TYPE_CHECKING:
    from worker.telemetry import Telemetry

EXIT_FAILURE = 1


def run(settings: WorkerSettings) -> int:
    """Serve jobs until a signal; the exit code of the process.

    What keeps the worker from starting is one line on stderr and a code that is not 0.
    """
    started = time.monotonic()
    decoders = DecoderPool(_decoder_config(settings), settings.concurrency)
    try:
        # Imported here, while a decoder starts; it logs nothing before it is ready.
        from core.telemetry.logs import configure_logs  # noqa: PLC0415

        configure_logs(settings.log_level, settings.log_format)
        return _serve(settings, decoders, started)
    except DeepfakeError as error:
        print(f"deepfake worker: {error.message}", file=sys.stderr, flush=True)
        return EXIT_FAILURE
    finally:
        decoders.close()


def _serve(settings: WorkerSettings, decoders: DecoderPool, started: float) -> int:
    # Imported here: Celery, OpenVINO and OpenCV take two seconds, in which a decoder starts.
    from core.telemetry.metrics_server import metrics_served  # noqa: PLC0415
    from worker.telemetry import Telemetry  # noqa: PLC0415

    telemetry = Telemetry.open(settings)
    registry = telemetry.metrics.registry
    with metrics_served(registry, settings.metrics_host, settings.metrics_port):
        return _serve_jobs(settings, decoders, telemetry, started)


def _serve_jobs(
    settings: WorkerSettings, decoders: DecoderPool, telemetry: Telemetry, started: float
) -> int:
    from worker.app import create_celery, create_controller  # noqa: PLC0415
    from worker.drain import Drain  # noqa: PLC0415
    from worker.resources import Resources  # noqa: PLC0415
    from worker.server import Server  # noqa: PLC0415
    from worker.tasks import register_doorbell  # noqa: PLC0415

    app = create_celery(settings)
    resources = Resources.load(settings, decoders, app, telemetry)
    drain = Drain(
        resources.leases,
        resources.doorbell.ring_for_others,
        resources.close,
        grace_s=settings.grace_s,
    )
    server = Server(resources.leases, resources.run)
    register_doorbell(app, server.serve)

    def on_ready(_consumer: object) -> None:
        resources.start()
        seconds = time.monotonic() - started
        print(
            f"deepfake worker ready in {seconds:.1f} s: {resources.models.describe()}, "
            f"{settings.concurrency} jobs at once",
            file=sys.stderr,
            flush=True,
        )

    controller = create_controller(app, settings, resources.worker_id, on_ready)
    drain.install()
    try:
        controller.start()
    finally:
        drain.close()  # Celery may have ended without waiting for the jobs
    return int(controller.exitcode or 0)


def _decoder_config(settings: WorkerSettings) -> DecoderConfig:
    return DecoderConfig(
        memory_bytes=settings.decoder_memory_bytes,
        threads=settings.decoder_threads,
        max_jobs=settings.decoder_max_jobs,
        trust_anchors=in_force(settings.c2pa_trust_anchors),
    )


def main() -> int:
    """Read the environment and run."""
    try:
        settings = WorkerSettings.load()
    except ConfigurationError as error:
        print(f"deepfake worker: {error.message}", file=sys.stderr)
        return EXIT_FAILURE
    if is_overdue(settings.c2pa_trust_anchors):
        print(f"deepfake worker: {overdue_notice()}", file=sys.stderr)
    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
