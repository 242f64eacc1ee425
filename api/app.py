"""Puts the gateway together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypedDict

from anyio import to_thread
from fastapi import FastAPI

from api.access import keys
from api.access.auth import create_authenticator
from api.batches import routes as batches
from api.docs import install_docs
from api.documents import add_problem_schema, add_scopes
from api.doorbell import Doorbell
from api.gateway import Gateway, open_gateway
from api.http.errors import install_error_handlers
from api.http.headers import StandardHeaders
from api.http.normal_form import NormalForm
from api.jobs import evidence, feedback, listing
from api.jobs import routes as jobs
from api.jobs.look import install_look
from api.page import install_page
from api.resumable import routes as uploads
from api.service import capacity, health, limits, models
from api.service.metrics import GatewayMetrics
from api.service.observed import Observed
from api.settings import GatewaySettings
from api.waiting import streams
from api.webhooks import routes as webhooks
from core.telemetry.traces import Traces

_DESCRIPTION = (
    "Send an image or a video, get a job, and look at it until it has ended. "
    "The job's `status` says how the work went; `result.verdict` says what was found."
)


class State(TypedDict):
    """What the lifespan hands to every request."""

    gateway: Gateway


def create_app(
    settings: GatewaySettings,
    *,
    doorbell: Doorbell | None = None,
    metrics: GatewayMetrics | None = None,
    traces: Traces | None = None,
) -> FastAPI:
    """Build the gateway; nothing is connected before it starts.

    ``doorbell`` stands in for Celery and ``traces`` for a collector; ``metrics`` is what requests
    are counted in. Raises ConfigurationError when it would be open to strangers, or when the keys
    file or the address of Redis is unusable.
    """
    metrics = metrics or GatewayMetrics()
    open_one = partial(open_gateway, settings, metrics, doorbell, traces)
    app = FastAPI(
        title="Deepfake detection",
        version=_version(),
        description=_DESCRIPTION,
        lifespan=_lifespan(open_one, metrics),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Observed tells of requests; FastAPI would look at each whether anybody wants to hear.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.authenticator = create_authenticator(settings)
    app.add_middleware(NormalForm, root_path=settings.root_path)
    app.add_middleware(StandardHeaders)  # it serves the answers of the others too
    app.add_middleware(Observed, metrics=metrics)
    install_error_handlers(app)
    install_look(app)
    install_docs(app)
    install_page(app, settings.root_path)
    for part in (
        jobs,
        uploads,
        listing,
        batches,
        streams,
        evidence,
        feedback,
        keys,
        limits,
        models,
        capacity,
        webhooks,
        health,
    ):
        # include_router would build each route a second time: 70 ms, at the first request.
        app.router.routes.extend(part.router.routes)
    _complete_openapi(app)
    return app


def _lifespan(
    open_one: Callable[[], AbstractContextManager[Gateway]], metrics: GatewayMetrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[State]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        with open_one() as gateway:
            with metrics.watching(gateway.census, gateway.slots):
                async with gateway.watches.running():
                    yield {"gateway": gateway}
            await gateway.fetcher.close()
            await gateway.looks.close()
            await gateway.store.close()
            await gateway.broker.close()
            await to_thread.run_sync(gateway.traces.close)

    return lifespan


def _complete_openapi(app: FastAPI) -> None:
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = add_scopes(add_problem_schema(plain()))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _version() -> str:
    try:
        return version("deepfake-detection")
    except PackageNotFoundError:  # run from a checkout
        return "0.0.0"
