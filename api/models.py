"""Which models judge now."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant
from api.schemas import LiveModel, Models
from core.store.workers import ModelIdentity

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="Models of the live workers", responses=problems(401, 403))
async def list_models(gateway: CurrentGateway, _tenant: CurrentTenant) -> Models:
    """What the workers themselves say that they hold, by their heartbeats."""
    capacities: dict[ModelIdentity, list[int]] = defaultdict(list)
    for worker in await gateway.store(gateway.workers.live):
        capacities[worker.model].append(worker.concurrency)
    return Models(
        models=[
            LiveModel(
                name=model.name,
                version=model.version,
                sha256=model.sha256,
                runtime=model.runtime,
                workers=len(each),
                concurrency=sum(each),
            )
            for model, each in capacities.items()
        ]
    )
