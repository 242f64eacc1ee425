"""Which models judge now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fastapi import APIRouter

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant
from api.schemas import LiveModel, Models
from core.media.sniff import Kind
from core.store.workers import Heartbeat, ModelIdentity

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="Models of the live workers", responses=problems(401, 403))
async def list_models(gateway: CurrentGateway, _tenant: CurrentTenant) -> Models:
    """What the workers themselves say that they hold, by their heartbeats."""
    holders: dict[ModelIdentity, list[Heartbeat]] = defaultdict(list)
    for worker in await gateway.store(gateway.workers.live):
        for model in worker.models:
            holders[model].append(worker)
    return Models(models=[_live(model, workers) for model, workers in holders.items()])


def _live(model: ModelIdentity, workers: Iterable[Heartbeat]) -> LiveModel:
    holders = list(workers)
    return LiveModel(
        name=model.name,
        version=model.version,
        sha256=model.sha256,
        runtime=model.runtime,
        judges=[kind for kind in Kind if any(model == each.judge_of(kind) for each in holders)],
        workers=len(holders),
        concurrency=sum(each.concurrency for each in holders),
    )
