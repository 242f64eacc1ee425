"""When a job is expected to end, from the load and the measured times; see decision 43."""

from __future__ import annotations

from core.options import Queue
from core.store.load import Load
from core.store.records import Job, JobStatus
from core.store.workers import Heartbeat


def jobs_ahead(load: Load, job: Job, position: int | None) -> int | None:
    """How many jobs run, or wait to be served before this one; None when it does not wait."""
    if position is None:
        return None
    earlier = sum(load.waiting[queue] for queue in _before(job.queue))
    return len(load.running) + earlier + position - 1


def eta_s(load: Load, job: Job, position: int | None) -> float | None:
    """Seconds until the end of the job is expected, 0 when that is overdue.

    None when it cannot be told: the job has ended, no worker that serves its queue is alive, or
    no job like those that matter has ended yet.
    """
    mean_s = load.mean_s(job.queue, job.media.kind)
    if mean_s is None:
        return None
    if job.status is JobStatus.PROCESSING and job.started_at is not None:
        return max(0.0, mean_s - (load.time_s() - job.started_at.timestamp()))
    if job.status is not JobStatus.QUEUED or position is None:
        return None
    start_s = _start_s(load, job.queue, position - 1)
    return None if start_s is None else start_s + mean_s


def _start_s(load: Load, queue: Queue, ahead: int) -> float | None:
    """Seconds until a slot takes a job that has ``ahead`` others of its queue before it."""
    mean_s = load.mean_s(queue)
    earlier_s = [load.work_s(other) for other in _before(queue)]
    serving = [worker for worker in load.workers if queue in worker.queues]
    if mean_s is None or None in earlier_s or not serving:
        return None
    # Jobs of the queues that are served first count as so many of this one as last equally long.
    others = sum(filter(None, earlier_s)) / mean_s if mean_s > 0 else 0.0
    starts = [_nth_start_s(_free_in_s(load, serving), ahead + int(others), mean_s)]
    dedicated = [worker for worker in serving if not set(worker.queues) & set(_before(queue))]
    if dedicated:
        starts.append(_nth_start_s(_free_in_s(load, dedicated), ahead, mean_s))
    return min(starts)


def _nth_start_s(free_in_s: list[float], ahead: int, mean_s: float) -> float:
    """When so many others have begun before, each of which takes its slot for the mean time."""
    rounds, slot = divmod(ahead, len(free_in_s))
    return rounds * mean_s + free_in_s[slot]


def _free_in_s(load: Load, workers: list[Heartbeat]) -> list[float]:
    """Seconds until each slot of these workers is free, the first one first."""
    free: list[float] = []
    for worker in workers:
        left = [
            max(0.0, (load.mean_s(job.queue, job.kind) or 0.0) - job.elapsed_s)
            for job in load.running
            if job.worker_id == worker.worker_id
        ]
        free += sorted(left + [0.0] * (worker.concurrency - len(left)))[: worker.concurrency]
    return sorted(free)


def _before(queue: Queue) -> list[Queue]:
    """The queues that are served before this one."""
    return list(Queue)[: list(Queue).index(queue)]
