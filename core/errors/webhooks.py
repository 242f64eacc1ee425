"""What was asked of a webhook is not there."""

from __future__ import annotations

from core.errors.base import DeepfakeError


class WebhookError(DeepfakeError):
    """What was asked of a webhook is not there."""

    code = "webhook_error"


class WebhookNotFound(WebhookError):
    code = "webhook_not_found"

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(
            f"There is no webhook {endpoint_id}; GET /v1/webhooks lists those there are."
        )


class DeliveryNotFound(WebhookError):
    code = "delivery_not_found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(
            f"There is no delivery {delivery_id} that can be sent again; "
            "the newest 100 of a webhook are kept, for 7 days."
        )
