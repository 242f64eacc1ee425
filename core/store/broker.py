"""The agreement between gateway and worker about the broker, as plain values.

Every setting answers a row of the table in docs/decisions (Celery 5.7 on Redis); neither
side sets any of them a second time. Celery itself is not imported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

TASK_NAME: Final = "deepfake.judge"
INTERACTIVE: Final = "interactive"
BATCH: Final = "batch"
# Two queues, because priorities inside one are unreliable on Redis.
QUEUES: Final = (INTERACTIVE, BATCH)

# Far above the longest job: the lease brings a lost job back within 30 s, and this is only
# the second net. A shorter one would redeliver jobs while they still run.
VISIBILITY_TIMEOUT_S: Final = 6 * 3600
_JOB_ID: Final = re.compile(rb"job_[0-9A-Z]{26}")


def broker_url(redis_url: str) -> str:
    """Write redis-py's ``unix:///path?db=1`` the way kombu wants it; others pass unchanged."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{quote(unquote(parts.path))}?virtual_host={database}"


def broker_settings(redis_url: str) -> dict[str, object]:
    """Celery's configuration, the same for the producer and the consumer."""
    return {
        "broker_url": broker_url(redis_url),
        "broker_connection_timeout": 2.0,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 2.0,
            "socket_timeout": 3.0,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        "visibility_timeout": VISIBILITY_TIMEOUT_S,  # the shortest of all places wins
        "task_publish_retry": False,
        # The job record is the only truth; a result backend would leak one channel per call.
        "result_backend": None,
        "task_ignore_result": True,
        "task_default_queue": INTERACTIVE,
        "task_create_missing_queues": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,  # left on, it loops for ever
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "broker_connection_retry_on_startup": True,
    }


def published_job_ids(redis: Any, queue: str, *, page: int = 500) -> Iterator[bytes]:
    """Job ids in the messages that wait on a broker queue; the headers carry them in the clear."""
    start = 0
    # kombu pushes on the left and pops on the right: paging from the left misses none.
    while messages := redis.lrange(queue, start, start + page - 1):
        for message in messages:
            yield from set(_JOB_ID.findall(message))
        start += page
