"""Everything about the gateway that can be set from outside, checked at start."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.loopback import is_loopback
from core.options import DEFAULT_FRAMES, MAX_FRAMES, Sampling
from core.settings import Bytes, Seconds, Settings
from core.store.accounts import TenantLimits
from core.store.blobs import KEEP_S
from core.store.evidence import EvidenceLimits
from core.store.feedback import FeedbackLimits


class GatewaySettings(Settings):
    """What the gateway alone reads, besides what it shares with the workers."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    # Off loopback one of the two is needed. Not shown in messages: somebody may write a key here.
    api_keys: Literal["redis"] | None = Field(default=None, repr=False)
    api_keys_file: Path | None = None  # lines of `deepfake keys new`

    max_bytes_in_flight: Bytes = 2 * 1024**3  # of all uploads that are not judged yet
    max_uploads: Annotated[int, Field(ge=1)] = 16  # at one time; each takes about 3 MiB here
    # Of one tenant at all gateways; None is its share of max_uploads.
    tenant_uploads: Annotated[int, Field(ge=1)] | None = None
    # Of one tenant within any 60 seconds, at all gateways; None is no limit.
    tenant_requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    tenant_submissions_per_minute: Annotated[int, Field(ge=1)] | None = None
    max_queued_jobs: Annotated[int, Field(ge=1)] = 20_000  # that wait at one time
    max_event_streams: Annotated[int, Field(ge=1)] = 1000  # at one time; about 110 KiB each
    upload_idle_s: Seconds = 30.0  # without a byte, then 408
    upload_least_bytes_s: Annotated[int, Field(ge=0)] = 4096  # over upload_idle_s, then 408
    upload_limit_s: Seconds = 3600.0  # for one whole upload, then 408

    paused_upload_ttl_s: Seconds = 3600.0  # of one that can be resumed, after its last bytes

    fetch_urls: bool | None = None  # None: only where keys are asked for
    fetch_limit_s: Seconds = 300.0  # for one file from a URL, and all that leads to it
    drain_s: Annotated[float, Field(ge=0)] = 2.0  # at a stop, with /readyz at 503, serving on
    stop_grace_s: Annotated[int, Field(ge=0)] = 10  # what a stop leaves to uploads after that

    max_batch_files: Annotated[int, Field(ge=1)] = 1000  # of one batch
    max_batch_bytes: Bytes = 5 * 1024**3  # of one batch, also when unpacked
    max_batches: Annotated[int, Field(ge=1)] = 1000  # of one tenant, that are kept
    batch_patience_s: Annotated[float, Field(ge=0)] = 45.0  # that a file of a batch waits for room
    batch_limit_s: Seconds = 6 * 3600.0  # for one whole batch, then 408

    request_head_s: Seconds = 10.0  # for the headers of a request, then 408
    # Before the paths of links, where a proxy serves the gateway under one.
    root_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*/?$")] = ""
    trusted_proxies: str = ""  # addresses or networks whose X-Forwarded-For and -Proto count

    reuse_results: bool = True  # of the same bytes, options and model
    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] = DEFAULT_FRAMES
    sampling: Sampling = Sampling.KEYFRAMES

    # For so long after its end a job that expired is told from one that never was; 0 tells nobody.
    tombstone_ttl_s: Annotated[float, Field(ge=0)] = 7 * 24 * 3600.0

    feedback_ttl_s: Seconds = 90 * 24 * 3600.0
    max_feedback: Annotated[int, Field(ge=0)] = 10_000  # jobs of a tenant on which there is some

    @property
    def evidence_limits(self) -> EvidenceLimits:
        """For frames that are kept with feedback or again, from the account of evidence."""
        return EvidenceLimits(
            ttl_s=min(self.evidence_ttl_s, self.job_ttl_s),
            max_bytes=self.max_evidence_bytes,
            tenant_share=self.tenant_share,
        )

    @property
    def feedback_limits(self) -> FeedbackLimits:
        """What each tenant may say, and for how long it is kept."""
        return FeedbackLimits(ttl_s=self.feedback_ttl_s, most=self.max_feedback)

    @property
    def on_loopback(self) -> bool:
        """True when only this machine can reach the gateway."""
        return is_loopback(self.host)

    @property
    def fetches_urls(self) -> bool:
        """Whether a client may name a URL in place of a file.

        Without keys every program of this machine could use the gateway to ask other servers.
        """
        return self.keys_needed if self.fetch_urls is None else self.fetch_urls

    @property
    def keys_needed(self) -> bool:
        """Whether callers need an API key."""
        return self.api_keys is not None or self.api_keys_file is not None

    @property
    def uploads_of_a_tenant(self) -> int:
        """How many uploads may be one tenant's, in this process and in all of them."""
        return self.tenant_uploads or self._share_of(self.max_uploads)

    @property
    def event_streams_of_a_tenant(self) -> int:
        """How many event streams of this process may be one tenant's."""
        return self._share_of(self.max_event_streams)

    @property
    def tenant_limits(self) -> TenantLimits:
        """What one tenant may have in the store, counted over all gateways.

        One upload always fits. Where keys are off there is one tenant, this machine, and it
        may have all: for uploads and bytes the bounds of the whole are enough.
        """
        if not self.keys_needed:
            return TenantLimits(queued_jobs=self.max_queued_jobs)
        return TenantLimits(
            uploads=self.uploads_of_a_tenant,
            bytes_in_flight=max(self._share_of(self.max_bytes_in_flight), self.max_upload_bytes),
            queued_jobs=self._share_of(self.max_queued_jobs),
        )

    @property
    def upload_ttl_s(self) -> float:
        """How long an upload lives in the store after its last bytes.

        Twice the longest pause between two of them; so long the account of a tenant holds what
        a gateway that died had reserved for it.
        """
        return min(self.upload_limit_s, 2 * (self.upload_idle_s + KEEP_S))

    @property
    def room_patience_s(self) -> float:
        """How long a file of a batch waits for room: never until its bytes in the store expire."""
        return min(self.batch_patience_s, self.upload_ttl_s - KEEP_S)

    def _share_of(self, whole: int) -> int:
        share = self.tenant_share if self.keys_needed else 1.0
        return max(1, int(whole * share))

    @field_validator("root_path")
    @classmethod
    def _without_last_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for proxy in value.split(",") if value not in ("", "*") else ():
            try:
                ip_network(proxy.strip(), strict=False)
            except ValueError as error:
                raise ValueError(
                    f"{proxy.strip()!r} is no address or network; write 10.0.0.1,10.1.0.0/16, or *"
                ) from error
        return value

    @model_validator(mode="after")
    def _one_upload_must_fit(self) -> Self:
        if self.max_upload_bytes > self.max_bytes_in_flight:
            raise ValueError(
                f"max_upload_bytes ({self.max_upload_bytes:,}) is above max_bytes_in_flight "
                f"({self.max_bytes_in_flight:,}): the largest upload could never be taken"
            )
        return self
