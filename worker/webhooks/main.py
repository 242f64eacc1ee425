"""``python -m worker.webhooks.main``: one sender process, from its settings to its exit code."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Final

from celery.worker import state as celery_state

from core.errors import ConfigurationError, DeepfakeError
from core.net.guard import Guard
from core.store.connection import connect
from core.store.endpoints import EndpointStore
from core.store.outbox import Bounds, Outbox
from core.telemetry.logs import configure_logs
from core.telemetry.metrics_server import metrics_served
from core.telemetry.traces import open_traces
from worker.patience import await_redis
from worker.webhooks.bells import create_listener
from worker.webhooks.observer import SenderMetrics, SenderObserver
from worker.webhooks.post import Post
from worker.webhooks.sender import Sender
from worker.webhooks.settings import WebhookSettings

EXIT_FAILURE: Final = 1
GRACE_S: Final = 5.0  # what SIGTERM leaves to tries under way; the others are made again
LAST_WORDS_S: Final = 5.0  # for the main thread's own, orderly end


class SenderThread:
    """An event loop in a thread of its own, beside Celery's consumer in the main one."""

    def __init__(self, settings: WebhookSettings, metrics: SenderMetrics) -> None:
        self._traces = open_traces(settings.otel_endpoint, "deepfake-sender")
        redis = connect(settings.redis_url)
        await_redis(redis, settings.redis_wait_s)
        bounds = Bounds(
            of_a_receiver=settings.webhook_receiver_concurrency,
            of_a_tenant=settings.tenant_concurrency,
            tries=len(settings.webhook_retries_s) + 1,
        )
        self._post = Post(
            Guard.of(settings),
            limit_s=settings.webhook_timeout_s,
            connections=settings.webhook_concurrency,
            root_path=settings.root_path,
        )
        outbox = Outbox(redis, bounds, lease_s=settings.lease_s)
        metrics.watch(outbox.overdue_s)
        self.sender = Sender(
            outbox,
            EndpointStore(redis),
            self._post,
            retries_s=settings.webhook_retries_s,
            places=settings.webhook_concurrency,
            on_try=SenderObserver(metrics, self._traces).tried,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the tries under way, within ``GRACE_S``."""
        self.sender.stop(GRACE_S)
        self._thread.join(GRACE_S + 1)
        self._traces.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self.sender.run())
        self._loop.run_until_complete(self._post.close())


def run(settings: WebhookSettings) -> int:
    """Send webhooks until a signal; the exit code of the process."""
    configure_logs(settings.log_level, settings.log_format)
    metrics = SenderMetrics()
    try:
        with metrics_served(metrics.registry, settings.metrics_host, settings.metrics_port):
            thread = SenderThread(settings, metrics)
            listener = create_listener(settings.redis_url, thread.sender.wake, _say_ready)
            _stop_on_signals(thread)
            thread.start()
            listener.start()
    except DeepfakeError as error:
        print(f"deepfake sender: {error.message}", file=sys.stderr, flush=True)
        return EXIT_FAILURE
    return int(listener.exitcode or 0)


def _say_ready(_consumer: object) -> None:
    print("deepfake sender ready", file=sys.stderr, flush=True)


def _stop_on_signals(thread: SenderThread) -> None:
    # A handler interrupts the main thread wherever it is; put() takes no lock.
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        signals.put(number)

    def drain() -> None:
        signals.get()
        thread.stop()
        celery_state.should_stop = 0  # type: ignore[assignment]  # the consumer looks once a second
        with suppress(queue.Empty):
            signals.get(timeout=LAST_WORDS_S)
        os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    threading.Thread(target=drain, name="drain", daemon=True).start()


def main() -> int:
    """Read the environment and run."""
    try:
        settings = WebhookSettings.load()
    except ConfigurationError as error:
        print(f"deepfake sender: {error.message}", file=sys.stderr)
        return EXIT_FAILURE
    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
