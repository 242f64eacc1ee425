"""Liveness and readiness."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response

from api.gateway import CallerIfKnown, CurrentGateway, Gateway
from api.schemas import Alive, Check, Readiness
from core.errors import StoreError

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process up?")
async def healthz() -> Alive:
    """Asks nobody else: a restart would not bring Redis back."""
    return Alive()


@router.get(
    "/readyz",
    summary="Would a job be judged?",
    responses={503: {"model": Readiness, "description": "The parts that fail say why"}},
    response_model_exclude_none=True,
)
async def readyz(gateway: CurrentGateway, caller: CallerIfKnown, response: Response) -> Readiness:
    """Redis, the broker, at least one live worker, and the models that it holds.

    A gateway that stops is not ready either.

    Each of them is told to callers with a key only; others hear whether all are well.
    """
    redis, broker, (workers, model) = await asyncio.gather(
        _redis(gateway), _broker(gateway), _workers(gateway)
    )
    checks = {"redis": redis, "broker": broker, "workers": workers, "model": model}
    if gateway.draining.is_set():
        checks["gateway"] = Check(ok=False, detail="It is stopping; send requests to another one.")
    ready = all(check.ok for check in checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=None if caller is None else checks)


async def _redis(gateway: Gateway) -> Check:
    try:
        usage = await gateway.store(gateway.blobs.usage)
    except StoreError as error:
        return Check(ok=False, detail=error.message)
    return Check(ok=True, detail=f"{usage.used:,} of {usage.limit:,} bytes are in flight.")


async def _broker(gateway: Gateway) -> Check:
    try:
        await gateway.broker(gateway.doorbell.check)
    except StoreError as error:
        return Check(ok=False, detail=error.message)
    return Check(ok=True, detail="The broker takes messages.")


async def _workers(gateway: Gateway) -> tuple[Check, Check]:
    try:
        workers = await gateway.store(gateway.workers.live)
    except StoreError as error:
        unknown = Check(ok=False, detail=error.message)
        return unknown, unknown
    if not workers:
        none = "No worker has a heartbeat; start one with `deepfake worker`."
        return Check(ok=False, detail=none), Check(ok=False, detail="No worker holds a model.")
    held = {model for worker in workers for model in worker.models}
    models = sorted(f"{model.name} {model.version} ({model.runtime})" for model in held)
    return (
        Check(ok=True, detail=f"{len(workers)} live."),
        Check(ok=True, detail=", ".join(models)),
    )
