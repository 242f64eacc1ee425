"""The one Celery task: somebody rang."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from core.store.doorbell import TASK_NAME


def register_doorbell(app: Celery, serve: Callable[[], None]) -> None:
    """Define the task on ``app``; ``serve`` runs jobs in the task's thread until none waits.

    The task takes whatever arguments come and heeds none: a bell says nothing but its queue.
    """

    @app.task(name=TASK_NAME, ignore_result=True, shared=False)
    def ring(*_args: object, **_options: object) -> None:
        serve()
