"""What a running gateway holds, and how a request gets at it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes

from api.access.auth import Authenticator, Principal
from api.access.key_cache import KeyCache
from api.access.rates import RateLimits
from api.doorbell import CeleryDoorbell, Doorbell
from api.http.problems import Forbidden, Unauthorized
from api.http.request_state import KEY
from api.offload import Offload
from api.service.load import Loads
from api.service.metrics import GatewayMetrics
from api.settings import GatewaySettings
from api.slots import EventSlots, UploadSlots
from api.upload.fetch import Fetcher
from api.waiting.watching import Watches
from core.errors import StoreError
from core.net.guard import Guard
from core.scopes import Scope
from core.store.api_keys import ApiKeyStore
from core.store.audit import AuditLog
from core.store.batches import BatchStore
from core.store.blobs import BlobStore, RedisBlobStore
from core.store.census import CensusTaker
from core.store.connection import connect, connect_async
from core.store.endpoints import EndpointStore
from core.store.evidence import EvidenceStore
from core.store.feedback import FeedbackStore
from core.store.jobs import JobStore
from core.store.listing import JobLists
from core.store.load import LoadStore
from core.store.looks import JobLooks
from core.store.objects import Objects
from core.store.outbox import Outbox
from core.store.rates import RateStore
from core.store.resumable import ResumableStore
from core.store.workers import WorkerRegistry
from core.telemetry.context import note
from core.telemetry.traces import Traces, open_traces

logger = logging.getLogger(__name__)

# Together with the connect timeout of 2 s this answers 503 within 3 s when Redis is a black
# hole; a healthy call takes about 1 ms.
CALL_LIMIT_S: Final = 2.5
SOCKET_TIMEOUT_S: Final = 2.0
STORE_THREADS: Final = 32
LOOKS_AT_ONCE: Final = 32
BATCH_GRACE_S: Final = 60.0  # and clocks that differ
PUBLISH_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that lives as long as the process."""

    settings: GatewaySettings
    jobs: JobStore
    looks: JobLooks
    lists: JobLists
    batches: BatchStore
    blobs: BlobStore
    uploads: ResumableStore
    evidence: EvidenceStore
    feedback: FeedbackStore
    endpoints: EndpointStore
    outbox: Outbox
    guard: Guard
    workers: WorkerRegistry
    loads: Loads
    api_keys: ApiKeyStore
    keys: KeyCache
    audit: AuditLog
    rates: RateLimits
    doorbell: Doorbell
    watches: Watches
    slots: UploadSlots
    event_slots: EventSlots
    fetcher: Fetcher
    store: Offload  # for calls of what is above: jobs, blobs and so on
    broker: Offload  # for calls of doorbell
    census: CensusTaker
    metrics: GatewayMetrics
    traces: Traces
    draining: Event = field(default_factory=Event)  # set once it asks to be sent nothing more

    async def ring_for_webhooks(self) -> None:
        """Wake a sender of webhooks. Whatever happens here, senders look by themselves."""
        try:
            await self.broker(self.doorbell.ring_for_webhooks, self.outbox)
        except StoreError as error:
            logger.warning("webhooks wait without a bell: %s", error.message)
        except Exception:
            logger.exception("webhooks wait without a bell")


@contextmanager
def open_gateway(
    settings: GatewaySettings,
    metrics: GatewayMetrics,
    doorbell: Doorbell | None = None,
    traces: Traces | None = None,
) -> Iterator[Gateway]:
    """Build everything and let it go at the end; Redis need not be there yet."""
    traces = traces or open_traces(settings.otel_endpoint, "deepfake-gateway")
    redis = connect(settings.redis_url, socket_timeout_s=SOCKET_TIMEOUT_S)
    objects = Objects.at(settings.blob_url)
    jobs = JobStore(
        redis,
        ttl_s=settings.job_ttl_s,
        tombstone_s=settings.tombstone_ttl_s,
        max_attempts=settings.max_attempts,
        max_queued=settings.max_queued_jobs,
        tenant_limits=settings.tenant_limits,
        evidence_limits=settings.evidence_limits,
    )
    doorbell = doorbell or CeleryDoorbell(settings.redis_url, jobs)
    store = Offload(threads=STORE_THREADS, limit_s=CALL_LIMIT_S)
    looks = JobLooks(connect_async(settings.redis_url), limit_s=CALL_LIMIT_S, at_once=LOOKS_AT_ONCE)
    loads = Loads(LoadStore(redis), store)
    api_keys = ApiKeyStore(redis)
    try:
        yield Gateway(
            settings=settings,
            jobs=jobs,
            looks=looks,
            lists=JobLists(redis),
            batches=BatchStore(
                redis,
                ttl_s=settings.job_ttl_s,
                most=settings.max_batches,
                open_s=settings.batch_limit_s + BATCH_GRACE_S,
            ),
            blobs=RedisBlobStore(
                redis,
                upload_ttl_s=settings.upload_ttl_s,
                max_total_bytes=settings.max_bytes_in_flight,
                tenant_limits=settings.tenant_limits,
                objects=objects,
            ),
            uploads=ResumableStore(
                redis,
                ttl_s=settings.paused_upload_ttl_s,
                max_bytes=settings.max_upload_bytes,
                max_total_bytes=settings.max_bytes_in_flight,
                tenant_limits=settings.tenant_limits,
                objects=objects,
            ),
            evidence=EvidenceStore(redis),
            feedback=FeedbackStore(redis, settings.feedback_limits, settings.evidence_limits),
            endpoints=EndpointStore(redis),
            outbox=Outbox(redis),
            guard=Guard.of(settings),
            workers=WorkerRegistry(redis),
            loads=loads,
            api_keys=api_keys,
            keys=KeyCache(api_keys, store),
            audit=AuditLog(redis),
            rates=RateLimits(settings, RateStore(redis), store),
            doorbell=doorbell,
            watches=Watches(settings.redis_url, jobs.events_key, looks, loads),
            slots=UploadSlots(settings.max_uploads, for_each_tenant=settings.uploads_of_a_tenant),
            event_slots=EventSlots(
                settings.max_event_streams, for_each_tenant=settings.event_streams_of_a_tenant
            ),
            fetcher=Fetcher(
                Guard.of(settings),
                idle_s=settings.upload_idle_s,
                limit_s=settings.fetch_limit_s,
                most=settings.max_uploads,
            ),
            store=store,
            broker=Offload(threads=PUBLISH_THREADS, limit_s=CALL_LIMIT_S),
            census=CensusTaker(redis),
            metrics=metrics,
            traces=traces,
        )
    finally:
        doorbell.close()
        redis.close()


async def _gateway(request: Request) -> Gateway:  # not in a thread: it is asked for every call
    gateway: Gateway = request.state.gateway
    return gateway


CurrentGateway = Annotated[Gateway, Depends(_gateway)]


# Declared for the OpenAPI document; the authenticator itself reads the headers.
_bearer = HTTPBearer(auto_error=False, description="A key made by `deepfake keys`.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key.")


async def caller_of(request: Request, gateway: Gateway) -> Principal:
    """Who asks; raises Unauthorized, Forbidden or StoreError."""
    authenticator: Authenticator = request.app.state.authenticator
    principal = await authenticator.principal(request, gateway.keys)
    if principal.key_id is not None:
        request.scope["state"][KEY] = principal.key_id
    note(tenant=principal.tenant)
    return principal


async def _caller(
    request: Request,
    gateway: CurrentGateway,
    _by_bearer: Annotated[object, Security(_bearer)],
    _by_header: Annotated[object, Security(_header)],
) -> Principal:
    return await caller_of(request, gateway)


async def authorized(
    request: Request,
    gateway: CurrentGateway,
    needed: SecurityScopes,
    caller: Annotated[Principal, Depends(_caller)],
) -> Principal:
    """The caller, who may do this; raises Unauthorized, RateLimited, Forbidden or StoreError.

    A route that names no scope needs `read` to look (GET, HEAD) and `submit` for all else.
    """
    await gateway.rates.request(request, caller.tenant)
    for scope in needed.scopes or [usual_scope(request.method)]:
        caller.require(Scope(scope))
    return caller


async def _tenant(caller: Annotated[Principal, Depends(authorized)]) -> str:
    return caller.tenant


async def _tenant_if_known(
    request: Request,
    gateway: CurrentGateway,
    by_bearer: Annotated[object, Security(_bearer)],
    by_header: Annotated[object, Security(_header)],
) -> str | None:
    try:
        return (await _caller(request, gateway, by_bearer, by_header)).tenant
    except (Unauthorized, Forbidden, StoreError):
        return None


def usual_scope(method: str) -> Scope:
    """What a call needs whose route names no scope."""
    return Scope.READ if method in ("GET", "HEAD") else Scope.SUBMIT


# Every route of the API takes one of these. The first two go by the method, as `authorized` says;
# the others say that a call needs other scopes than its method suggests.
CurrentTenant = Annotated[str, Security(_tenant)]
CurrentPrincipal = Annotated[Principal, Security(authorized)]
SubmittingTenant = Annotated[str, Security(_tenant, scopes=[Scope.SUBMIT])]
ReadingTenant = Annotated[str, Security(_tenant, scopes=[Scope.READ])]
Manager = Annotated[Principal, Security(authorized, scopes=[Scope.SUBMIT, Scope.READ])]
Administrator = Annotated[Principal, Security(authorized, scopes=[Scope.ADMIN])]
CallerIfKnown = Annotated[str | None, Depends(_tenant_if_known)]
