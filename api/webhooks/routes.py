"""The calls about webhooks: where a tenant wants to hear of events, and what became of that.

Messages hold results, so a key that changes where they go has to be one that may read.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request

from api.access.audited import note
from api.documents import json_body, problems
from api.gateway import CurrentGateway, CurrentTenant, Manager
from api.http.small_body import read_json
from api.jobs.answers import JobId
from api.webhooks.schemas import (
    CallbackSecret,
    Deliveries,
    DeliveryView,
    NewWebhook,
    PublicKey,
    WebhookChanges,
    Webhooks,
    WebhookView,
    WebhookWithSecret,
)
from core.signatures import public_key

router = APIRouter(prefix="/v1", tags=["webhooks"])

WebhookId = Annotated[str, Path(examples=["whe_01JD8ZK3V5T8M2Q9W4R7X6Y1AB"], max_length=64)]
DeliveryId = Annotated[str, Path(max_length=128)]


@router.get("/webhooks", summary="All webhooks", responses=problems(401, 403))
async def list_webhooks(gateway: CurrentGateway, tenant: CurrentTenant) -> Webhooks:
    """Without their secrets."""
    found = await gateway.store(gateway.endpoints.of, tenant)
    return Webhooks(webhooks=[WebhookView.of(endpoint) for endpoint in found])


@router.post(
    "/webhooks",
    status_code=201,
    summary="Make a webhook",
    responses=problems(400, 401, 403, 408, 422, 429),
    openapi_extra=json_body(NewWebhook),
)
async def create_webhook(
    request: Request, gateway: CurrentGateway, caller: Manager
) -> WebhookWithSecret:
    """Events of the caller's tenant are sent to its URL. The secret is shown here only."""
    wanted = await read_json(request, NewWebhook)
    url = str(gateway.guard.check_url(wanted.url))
    events = tuple(dict.fromkeys(wanted.events))
    made = await gateway.store(
        gateway.endpoints.create, caller.tenant, url, events, wanted.description
    )
    await note(request, gateway, caller, ("webhook.created", made.id), host=_host(url))
    return WebhookWithSecret.of(made)


@router.get(
    "/webhooks/public-key", summary="The key that verifies `v1a`", responses=problems(401, 403)
)
async def read_public_key(gateway: CurrentGateway, tenant: CurrentTenant) -> PublicKey:
    """It is the caller's tenant's own: a message that another tenant caused does not verify."""
    signing = await gateway.store(gateway.endpoints.signing, tenant)
    return PublicKey(public_key=public_key(signing.seed))


@router.post(
    "/webhooks/callback-secret",
    status_code=201,
    summary="Make a new secret for callbacks of single jobs",
    responses=problems(401, 403),
)
async def rotate_callback_secret(
    request: Request, gateway: CurrentGateway, caller: Manager
) -> CallbackSecret:
    """It is shown here only; the one before it signs too for 24 h."""
    signing = await gateway.store(gateway.endpoints.rotate_callbacks, caller.tenant)
    await note(request, gateway, caller, ("webhook.callback_secret_rotated", "callbacks"))
    valid = signing.secrets
    return CallbackSecret(
        secret=valid[0], old_secret_until=signing.old_until if len(valid) > 1 else None
    )


@router.get("/webhooks/{webhook_id}", summary="One webhook", responses=problems(401, 403, 404, 422))
async def read_webhook(
    gateway: CurrentGateway, tenant: CurrentTenant, webhook_id: WebhookId
) -> WebhookView:
    """Without its secret."""
    return WebhookView.of(await gateway.store(gateway.endpoints.get, webhook_id, tenant))


@router.patch(
    "/webhooks/{webhook_id}",
    summary="Change a webhook",
    responses=problems(400, 401, 403, 404, 408, 422),
    openapi_extra=json_body(WebhookChanges),
)
async def change_webhook(
    request: Request, gateway: CurrentGateway, caller: Manager, webhook_id: WebhookId
) -> WebhookView:
    """What waits goes to the new URL. One that was disabled is enabled with `{"enabled": true}`."""
    changes = await read_json(request, WebhookChanges)
    changed = await gateway.store(
        gateway.endpoints.update,
        webhook_id,
        caller.tenant,
        url=None if changes.url is None else str(gateway.guard.check_url(changes.url)),
        events=None if changes.events is None else tuple(dict.fromkeys(changes.events)),
        description=changes.description,
        enabled=changes.enabled,
    )
    told = changes.model_dump(include={"events", "enabled"}, exclude_unset=True)
    if changes.url is not None:
        told["host"] = _host(changes.url)
    await note(request, gateway, caller, ("webhook.changed", webhook_id), **told)
    return WebhookView.of(changed)


@router.delete(
    "/webhooks/{webhook_id}",
    status_code=204,
    summary="Delete a webhook",
    responses=problems(401, 403, 404, 422),
)
async def delete_webhook(
    request: Request, gateway: CurrentGateway, caller: Manager, webhook_id: WebhookId
) -> None:
    """With its secret and its log; what waits for it is not sent any more."""
    await gateway.store(gateway.endpoints.delete, webhook_id, caller.tenant)
    await note(request, gateway, caller, ("webhook.deleted", webhook_id))


@router.post(
    "/webhooks/{webhook_id}/rotate-secret",
    summary="Give a webhook a new secret",
    responses=problems(401, 403, 404, 422),
)
async def rotate_secret(
    request: Request, gateway: CurrentGateway, caller: Manager, webhook_id: WebhookId
) -> WebhookWithSecret:
    """For 24 h every message carries a signature by the old secret too."""
    rotated = await gateway.store(gateway.endpoints.rotate, webhook_id, caller.tenant)
    await note(request, gateway, caller, ("webhook.secret_rotated", webhook_id))
    return WebhookWithSecret.of(rotated)


@router.post(
    "/webhooks/{webhook_id}/test",
    status_code=202,
    summary="Send a test message",
    responses=problems(401, 403, 404, 422),
)
async def test_webhook(
    gateway: CurrentGateway, tenant: CurrentTenant, webhook_id: WebhookId
) -> DeliveryView:
    """One try of an event `webhook.test`; the deliveries of the webhook tell how it went."""
    data = {"webhook": webhook_id}
    made = await gateway.store(gateway.outbox.test, webhook_id, tenant, data)
    await gateway.ring_for_webhooks()
    return DeliveryView.of(made)


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    summary="What was sent to a webhook",
    responses=problems(401, 403, 404, 422),
)
async def list_deliveries(
    gateway: CurrentGateway, tenant: CurrentTenant, webhook_id: WebhookId
) -> Deliveries:
    """The newest 100 of 7 days."""
    await gateway.store(gateway.endpoints.get, webhook_id, tenant)
    found = await gateway.store(gateway.outbox.deliveries, webhook_id)
    return Deliveries(deliveries=[DeliveryView.of(delivery) for delivery in found])


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Send a message once more",
    responses=problems(401, 403, 404, 422),
)
async def redeliver(
    gateway: CurrentGateway, tenant: CurrentTenant, webhook_id: WebhookId, delivery_id: DeliveryId
) -> DeliveryView:
    """A new delivery of the same message, with the same `webhook-id`."""
    made = await gateway.store(gateway.outbox.redeliver, delivery_id, webhook_id, tenant)
    await gateway.ring_for_webhooks()
    return DeliveryView.of(made)


@router.get(
    "/jobs/{job_id}/deliveries",
    summary="What was sent about a job",
    responses=problems(401, 403, 404, 422),
)
async def list_deliveries_of_job(
    gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId
) -> Deliveries:
    """To all webhooks, and to the job's own `callback_url`."""
    await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
    found = await gateway.store(gateway.outbox.deliveries, job_id)
    return Deliveries(deliveries=[DeliveryView.of(delivery) for delivery in found])


def _host(url: str) -> str:
    """What of a URL the log may hold: its path and query can carry a secret."""
    return urlsplit(url).hostname or ""
