"""The Celery task, run in this process."""

from __future__ import annotations

import threading

import pytest
from celery.exceptions import Reject

from core.errors import StoreUnavailable
from core.store.broker import TASK_NAME
from worker.app import create_celery
from worker.settings import WorkerSettings
from worker.tasks import register_judge


class Judge:
    """The registered task, and what it ran."""

    def __init__(self, error: Exception | None = None) -> None:
        self.ran: list[str] = []
        self.error = error
        self.draining = threading.Event()
        app = create_celery(WorkerSettings(redis_url="redis://127.0.0.1:1/0"))
        register_judge(app, self.run, self.draining)
        self.task = app.tasks[TASK_NAME]

    def run(self, job_id: str) -> None:
        self.ran.append(job_id)
        if self.error is not None:
            raise self.error


def test_the_task_runs_the_job_of_its_message() -> None:
    judge = Judge()
    judge.task("job_1")
    assert judge.ran == ["job_1"]
    assert judge.task.acks_late
    assert judge.task.ignore_result


def test_a_message_for_a_worker_that_stops_goes_back() -> None:
    judge = Judge()
    judge.draining.set()
    with pytest.raises(Reject) as caught:
        judge.task("job_1")
    assert caught.value.args == ("this worker is stopping", True)
    assert judge.ran == []


def test_a_job_that_cannot_be_claimed_is_left_to_the_reaper(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Judge(StoreUnavailable("Redis cannot be reached.")).task("job_1")
    assert "job_1 could not be claimed" in caplog.text


def test_only_json_is_accepted_and_nothing_listens_for_commands() -> None:
    conf = create_celery(WorkerSettings()).conf
    assert conf.accept_content == ["json"]
    assert conf.task_serializer == "json"
    assert conf.worker_enable_remote_control is False
    assert conf.worker_prefetch_multiplier == 1
    assert conf.worker_disable_prefetch is True
    assert conf.task_acks_late is True
    assert conf.task_ignore_result is True
