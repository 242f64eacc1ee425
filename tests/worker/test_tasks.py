"""The Celery task and the settings around it, in this process."""

from __future__ import annotations

from core.store.doorbell import TASK_NAME
from worker.app import create_celery
from worker.settings import WorkerSettings
from worker.tasks import register_doorbell


def test_a_bell_is_heeded_and_what_it_carries_is_not() -> None:
    app = create_celery(WorkerSettings(redis_url="redis://127.0.0.1:1/0"))
    served: list[bool] = []
    register_doorbell(app, lambda: served.append(True))
    task = app.tasks[TASK_NAME]
    task()
    task("job_of_an_older_version")
    assert served == [True, True]
    assert task.ignore_result
    assert not task.acks_late


def test_only_json_is_accepted_and_nothing_listens_for_commands() -> None:
    conf = create_celery(WorkerSettings()).conf
    assert conf.accept_content == ["json"]
    assert conf.task_serializer == "json"
    assert conf.worker_enable_remote_control is False
    assert conf.worker_prefetch_multiplier == 1
    assert conf.worker_disable_prefetch is True
    assert conf.task_ignore_result is True
