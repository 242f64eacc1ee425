"""The sender as a process: it hears bells, it stops, and it says what is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from core.store.doorbell import broker_settings
from core.store.outbox import Outbox
from tests.core.store.webhooks import ended, endpoint
from tests.worker.webhooks.receiver import Receiver
from worker.webhook_bell import WebhookBell
from worker.webhooks import health
from worker.webhooks.settings import WebhookSettings

ROOT = Path(__file__).parents[3]


def start(redis_url: str, **settings: str) -> subprocess.Popen[str]:
    own = {f"DEEPFAKE_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "worker.webhooks.main"],
        env={**os.environ, "DEEPFAKE_REDIS_URL": redis_url, **own},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_sender_hears_the_bell_sends_and_stops(
    redis: Redis, redis_url: str, receiver: Receiver
) -> None:
    app = Celery("test", set_as_current=False)
    app.conf.update(broker_settings(redis_url))
    endpoint(redis, receiver.url())
    ended(redis)
    WebhookBell(app, Outbox(redis)).ring()
    assert redis.llen("webhooks") == 1
    settings = {
        "outgoing_ports": str(receiver.port), "outgoing_private_networks": "127.0.0.0/8",
    }  # fmt: skip
    with start(redis_url, **settings) as sender:
        try:
            receiver.wait_for(1, limit_s=60)
            deadline = time.monotonic() + 60
            while redis.llen("webhooks"):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            sender.send_signal(signal.SIGTERM)
            stderr = sender.communicate(timeout=60)[1]
        finally:
            sender.kill()
    assert sender.returncode == 0
    assert "deepfake sender ready" in stderr
    assert "Traceback" not in stderr
    app.close()


def test_a_redis_that_is_not_there_is_waited_for_and_then_named() -> None:
    sender = start("redis://127.0.0.1:1/0", redis_wait_s="0.1")
    stderr = sender.communicate(timeout=60)[1]
    assert "deepfake sender: Redis cannot be reached" in stderr
    assert sender.returncode == 1


def test_the_try_of_a_sender_that_died_is_made_again_within_half_a_minute() -> None:
    settings = WebhookSettings()
    assert settings.webhook_timeout_s < settings.lease_s <= 30


def test_the_sender_loads_no_model_and_no_decoder() -> None:
    code = "import sys, worker.webhooks.main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"openvino", "cv2", "av", "keras", "numpy", "PIL"}
    assert not heavy & set(done.stdout.split())


def test_the_health_check_tells_when_nobody_sends(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert health.check(redis_url) is None
    endpoint(redis)
    ended(redis)
    monkeypatch.setattr(health, "MOST_OVERDUE_S", 0.01)
    time.sleep(0.05)
    told = health.check(redis_url)
    assert told is not None
    assert "no sender has looked at it" in told
    assert health.check("redis://127.0.0.1:1/0") is not None
