"""python -m worker.health"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from redis import Redis

from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from worker.health import check

ROOT = Path(__file__).resolve().parent.parent.parent


def _beat(redis: Redis, host: str) -> None:
    model = ModelIdentity("m", "1", "0" * 64, "openvino-fp32")
    WorkerRegistry(redis).beat(
        Heartbeat(f"{host}-1", host, 1, model, 2, "2026-01-01T00:00:00.000Z")
    )


def _run(redis_url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker.health"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "DEEPFAKE_REDIS_URL": redis_url}, timeout=60, check=False,
    )  # fmt: skip


def test_a_host_whose_worker_has_a_heartbeat_is_healthy(redis: Redis, redis_url: str) -> None:
    _beat(redis, socket.gethostname())
    assert _run(redis_url).returncode == 0


def test_the_heartbeat_of_another_host_does_not_count(redis: Redis, redis_url: str) -> None:
    _beat(redis, "elsewhere")
    assert check(redis_url, "here") == (
        "No worker on host 'here' has a heartbeat; of other hosts, 1 have one."
    )
    assert check(redis_url, "elsewhere") is None


def test_no_redis_is_one_line_and_not_healthy(tmp_path: Path) -> None:
    done = _run(f"unix://{tmp_path}/none.sock")
    assert done.returncode == 1
    assert done.stderr.startswith("worker.health: Redis cannot be reached")
    assert done.stderr.count("\n") == 1


def test_the_check_imports_no_model_and_no_celery() -> None:
    heavy = "{'celery', 'numpy', 'openvino', 'tensorflow', 'cv2', 'av'}"
    code = f"import sys, worker.health; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
