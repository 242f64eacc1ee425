"""``python -m worker.main``: one worker process, from its settings to its exit code."""

from __future__ import annotations

import logging
import sys
import time

from core.errors import ConfigurationError, DeepfakeError
from worker.decoder.config import DecoderConfig
from worker.decoder.pool import DecoderPool
from worker.settings import WorkerSettings

logger = logging.getLogger(__name__)

EXIT_FAILURE = 1


def run(settings: WorkerSettings) -> int:
    """Serve jobs until a signal; the exit code of the process.

    What keeps the worker from starting is one line on stderr and a code that is not 0.
    """
    started = time.monotonic()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    decoders = DecoderPool(_decoder_config(settings), settings.concurrency)
    try:
        return _serve(settings, decoders, started)
    except DeepfakeError as error:
        print(f"deepfake worker: {error.message}", file=sys.stderr, flush=True)
        return EXIT_FAILURE
    finally:
        decoders.close()


def _serve(settings: WorkerSettings, decoders: DecoderPool, started: float) -> int:
    # Imported here: Celery, OpenVINO and OpenCV take two seconds, in which a decoder starts.
    from celery.app.trace import setup_worker_optimizations  # noqa: PLC0415

    from worker.app import create_celery, publish  # noqa: PLC0415
    from worker.drain import Drain  # noqa: PLC0415
    from worker.resources import WorkerRuntime  # noqa: PLC0415
    from worker.tasks import register_judge  # noqa: PLC0415

    app = create_celery(settings)
    runtime = WorkerRuntime.load(settings, decoders, lambda job, queue: publish(app, job, queue))
    drain = Drain(
        runtime.leases,
        lambda job: publish(app, job.id, job.queue),
        runtime.close,
        grace_s=settings.grace_s,
    )
    register_judge(app, runtime.runner.run, drain.draining)

    def on_ready(_consumer: object) -> None:
        runtime.start()
        model, seconds = runtime.detector, time.monotonic() - started
        print(
            f"deepfake worker ready in {seconds:.1f} s: {model.bundle.manifest.name} "
            f"{model.bundle.manifest.version} ({model.runtime.name}), "
            f"{settings.concurrency} jobs at once",
            file=sys.stderr,
            flush=True,
        )

    hostname = f"deepfake@{runtime.worker_id}"
    # Pool threads look tasks up in the current app. The `celery worker` command makes this
    # call too; without it a message is received, and the job silently never runs.
    setup_worker_optimizations(app, hostname)
    controller = app.WorkController(
        hostname=hostname,
        pool_cls="threads",
        concurrency=settings.concurrency,
        queues=settings.queues.split(","),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        ready_callback=on_ready,
    )
    drain.install()
    controller.start()
    runtime.close()
    return int(controller.exitcode or 0)


def _decoder_config(settings: WorkerSettings) -> DecoderConfig:
    return DecoderConfig(
        memory_bytes=settings.decoder_memory_bytes,
        threads=settings.decoder_threads,
        max_jobs=settings.decoder_max_jobs,
    )


def main() -> int:
    """Read the environment and run."""
    try:
        settings = WorkerSettings.load()
    except ConfigurationError as error:
        print(f"deepfake worker: {error.message}", file=sys.stderr)
        return EXIT_FAILURE
    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
