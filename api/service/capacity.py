"""How much there is to do, and to do it with: what an autoscaler reads."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant
from core.options import Queue
from core.store.load import Load

router = APIRouter(tags=["capacity"])


class QueueCapacity(BaseModel):
    """One queue."""

    queued: int = Field(description="Jobs that wait.")
    work_s: float | None = Field(
        description="Seconds of slots that they will take, by measured times; null while no job "
        "of the queue has ended yet."
    )
    oldest_wait_s: float | None = Field(description="Of the job that came first; null for none.")

    @classmethod
    def of(cls, load: Load, queue: Queue) -> QueueCapacity:
        """What waits there."""
        work_s, oldest_s = load.work_s(queue), load.oldest_wait_s.get(queue)
        return cls(
            queued=load.waiting[queue],
            work_s=None if work_s is None else round(work_s, 1),
            oldest_wait_s=None if oldest_s is None else round(oldest_s, 1),
        )


class Capacity(BaseModel):
    """The whole service: all tenants together, over all gateways and workers."""

    workers: int = Field(description="That are alive.")
    slots: int = Field(description="Jobs that they can run at one time.")
    free_slots: int
    running: int = Field(description="Jobs that run.")
    queued: int = Field(description="Jobs that wait.")
    demand: int = Field(description="`running` and `queued`: as many slots would all be at work.")
    work_s: float | None = Field(description="Of the queues together; null where one is null.")
    oldest_wait_s: float | None = Field(description="Null when nothing waits.")
    queues: dict[Queue, QueueCapacity]

    @classmethod
    def of(cls, load: Load) -> Capacity:
        """What the load comes to."""
        queues = {queue: QueueCapacity.of(load, queue) for queue in Queue}
        work_s = [queue.work_s for queue in queues.values() if queue.work_s is not None]
        waits_s = [
            queue.oldest_wait_s for queue in queues.values() if queue.oldest_wait_s is not None
        ]
        queued, running = sum(load.waiting.values()), len(load.running)
        return cls(
            workers=len(load.workers),
            slots=load.slots,
            free_slots=load.free_slots,
            running=running,
            queued=queued,
            demand=running + queued,
            work_s=round(sum(work_s), 1) if len(work_s) == len(queues) else None,
            oldest_wait_s=max(waits_s, default=None),
            queues=queues,
        )


@router.get("/v1/capacity", summary="How much there is to do", responses=problems(401, 403))
async def read_capacity(gateway: CurrentGateway, _tenant: CurrentTenant) -> Capacity:
    """Sums over all tenants, a second old at most. Tells nothing of any one of them."""
    return Capacity.of(await gateway.loads.now())
