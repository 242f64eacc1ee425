"""The agreement between gateway and worker about the broker, as plain values.

The queue of jobs is in Redis (:mod:`core.store.keys`). A message of the broker is a bell: it
carries nothing, and wakes a worker that then takes what is next. Celery is not imported here.
Decision 24 says why. Neither side sets any of these settings a second time.
"""

from __future__ import annotations

from typing import Final

from core.options import Queue
from core.store.address import RedisAddress

TASK_NAME: Final = "deepfake.doorbell"
# The senders of webhooks have a queue of their own; its bell is as empty as the others.
WEBHOOK_TASK: Final = "deepfake.webhooks"
WEBHOOK_QUEUE: Final = "webhooks"
# On one queue at one time. Each wakes an idle slot of a worker, which then serves until nothing
# waits; for slots that stay idle all the same, their worker rings at its next look.
MAX_BELLS: Final = 64


def broker_settings(redis_url: str) -> dict[str, object]:
    """Celery's configuration, the same for the producer and the consumer.

    Raises ConfigurationError when ``redis_url`` is not an address of Redis that is understood.
    """
    return {
        **RedisAddress.parse(redis_url).broker_settings(),
        "task_publish_retry": False,
        # The job record is the only truth; a result backend would leak one channel per call.
        "result_backend": None,
        "task_ignore_result": True,
        "task_default_queue": Queue.INTERACTIVE.value,
        "task_create_missing_queues": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        # A bell is used up when it is heard. Were it kept until the slot is idle again, Celery
        # would ring it once more after its visibility timeout.
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        # A Redis that cannot be used for a while, whatever it says (its disk is full, a failover is
        # under way), is waited for without end: a worker that gave up would lose its jobs.
        "broker_connection_retry_on_startup": True,
        "broker_channel_error_retry": True,
        "broker_connection_max_retries": None,
    }
