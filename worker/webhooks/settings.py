"""Everything about the sender of webhooks that can be set from outside, checked at start."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from core.settings import Seconds, Settings

_MINUTE, _HOUR = 60.0, 3600.0
SETTLE_S = 15.0  # to note how a try went, also while Redis is away for some seconds
# Those of Standard Webhooks: 75 h 35 min from the first try to the last.
RETRIES_S = (
    5.0, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR,
    24 * _HOUR,
)  # fmt: skip


class WebhookSettings(Settings):
    """What the sender alone reads, besides what it shares with gateway and workers."""

    redis_wait_s: Seconds = 30.0  # at start; then the sender gives up
    # Before the paths of links, as the gateway has it.
    root_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*/?$")] = ""
    webhook_timeout_s: Annotated[float, Field(gt=0, le=30)] = 15.0  # of one try, in all
    # Pauses between the tries of one delivery, by commas; after the last one it is given up.
    webhook_retries_s: Annotated[tuple[Annotated[float, Field(ge=0)], ...], NoDecode] = RETRIES_S
    webhook_concurrency: Annotated[int, Field(ge=1, le=1024)] = 128  # tries at once
    webhook_receiver_concurrency: Annotated[int, Field(ge=1)] = 4  # of one tenant to one receiver

    @property
    def lease_s(self) -> float:
        """How long a try belongs to its sender; after a sender that died it is made again then."""
        return self.webhook_timeout_s + SETTLE_S

    @property
    def tenant_concurrency(self) -> int:
        """Tries of one tenant at once; the others always find places."""
        return max(1, int(self.webhook_concurrency * self.tenant_share))

    @field_validator("root_path")
    @classmethod
    def _without_last_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("webhook_retries_s", mode="before")
    @classmethod
    def _pauses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())
