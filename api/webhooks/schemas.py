"""Webhooks as the HTTP API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from core.store.webhook_records import Delivery, DeliveryState, Endpoint, Event, Try

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2048,
        description="http or https, of a server on the public Internet; no redirect is followed.",
        examples=["https://example.org/deepfake"],
    ),
]
Events = Annotated[list[Event], Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=200)]


class NewWebhook(BaseModel):
    """An endpoint to be made."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    events: Events = Field(default_factory=lambda: list(Event), description="The default is all.")
    description: Description = ""


class WebhookChanges(BaseModel):
    """What to change of an endpoint; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(None, description="False gives up what waits for it.")


class WebhookView(BaseModel):
    """One endpoint."""

    id: str
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_because: str | None = Field(description="`gone` after it answered 410.")
    created_at: datetime
    old_secret_until: datetime | None = Field(
        description="Until then the secret before the last rotation signs too."
    )

    @classmethod
    def of(cls, endpoint: Endpoint) -> WebhookView:
        return cls(**_fields(endpoint))


class WebhookWithSecret(WebhookView):
    """The same with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])

    @classmethod
    def of(cls, endpoint: Endpoint) -> WebhookWithSecret:
        return cls(**_fields(endpoint), secret=endpoint.secret)


class Webhooks(BaseModel):
    """All endpoints of the caller's tenant, the oldest first."""

    webhooks: list[WebhookView]


class CallbackSecret(BaseModel):
    """What signs the callbacks of single jobs; shown this once."""

    secret: str
    old_secret_until: datetime | None


class PublicKey(BaseModel):
    """What verifies the `v1a` signature of everything that is sent to the caller's tenant."""

    public_key: str = Field(examples=["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="])


class TryView(BaseModel):
    """One request."""

    at: datetime
    ms: int = Field(description="Until its answer, or until it was given up.")
    status: int | None
    error: str | None = Field(
        description="`timeout`, `connect_failed`, `connection_broken` or `url_not_allowed: …`, "
        "where no status came."
    )

    @classmethod
    def of(cls, done: Try) -> TryView:
        return cls(at=done.at, ms=done.ms, status=done.status, error=done.error)


class DeliveryView(BaseModel):
    """One message on its way to one receiver."""

    id: str
    message_id: str = Field(description="The header `webhook-id`.")
    type: str
    subject: str = Field(description="What it is about, such as a job.")
    webhook: str | None = Field(description="Null for the callback of a job.")
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_try_at: datetime | None
    over_at: datetime | None
    reason: str | None = Field(
        description="Why it failed: `given_up`, `endpoint_disabled`, `too_many_undelivered` or "
        "`sender_lost`."
    )
    tries: list[TryView]

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        waits = delivery.state is DeliveryState.WAITING
        return cls(
            id=delivery.id,
            message_id=delivery.message,
            type=delivery.type,
            subject=delivery.subject,
            webhook=delivery.endpoint,
            state=delivery.state,
            attempts=delivery.attempts,
            created_at=delivery.created_at,
            next_try_at=delivery.due_at if waits else None,
            over_at=delivery.over_at,
            reason=delivery.reason,
            tries=[TryView.of(done) for done in delivery.tries],
        )


class Deliveries(BaseModel):
    """The newest first."""

    deliveries: list[DeliveryView]


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "disabled_because": endpoint.disabled_because,
        "created_at": endpoint.created_at,
        "old_secret_until": endpoint.old_until if len(endpoint.secrets) > 1 else None,
    }
