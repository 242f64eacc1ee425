"""Everything about a worker that can be set from outside, checked at start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from core.cores import usable_cores
from core.options import Queue
from core.settings import Seconds, Settings
from worker.decoder.trust import SHIPPED, anchors_of


class WorkerSettings(Settings):
    """What a worker alone reads, besides what it shares with the gateway."""

    redis_wait_s: Seconds = 30.0  # at start; then the worker gives up

    model: str | None = None  # a bundle's name or folder; None is the one that ships as default
    runtime: str = "auto"
    # The same for videos, where another model judges those; None is the model above for all.
    video_model: str | None = None
    video_runtime: str = "auto"
    model_threads: Annotated[int, Field(ge=1)] | None = None  # None leaves it to the runtime
    # CUDA's own variable: which GPUs this worker may choose from
    cuda_visible_devices: str | None = Field(default=None, validation_alias="CUDA_VISIBLE_DEVICES")

    queues: Annotated[tuple[Queue, ...], NoDecode] = tuple(Queue)  # by commas; in serving order
    # jobs at once, one decoder each
    concurrency: int = Field(default_factory=lambda: min(4, usable_cores()), ge=1, le=64)
    # Jobs of one tenant that run at one time, at all workers; None leaves it to their turns.
    tenant_running_jobs: Annotated[int, Field(ge=1)] | None = None
    lease_s: Seconds = 15.0
    grace_s: Annotated[float, Field(ge=0)] = 30.0  # what a SIGTERM leaves to running jobs

    max_duration_s: Seconds = 3600.0
    max_pixels: Annotated[int, Field(gt=0)] = 40_000_000
    decode_deadline_s: Seconds = 120.0
    decoder_memory_bytes: Annotated[int, Field(ge=256 * 1024**2)] = 3 * 1024**3
    decoder_threads: int = Field(default_factory=usable_cores, ge=1)
    decoder_max_jobs: Annotated[int, Field(ge=1)] = 200
    # Certificates (PEM) of the authorities whose content credentials are trusted; from outside
    # "none" is nobody.
    c2pa_trust_anchors: Path | None = SHIPPED

    # Frames and heat maps of one job; a job with fewer frames may have larger ones.
    evidence_job_bytes: Annotated[int, Field(ge=1024**2)] = 8 * 1024**2

    max_batch: Annotated[int, Field(ge=1, le=1024)] = 32  # crops
    max_wait_ms: Annotated[float, Field(ge=0)] = 5.0
    inference_limit_s: Seconds = 120.0

    @field_validator("queues", mode="before")
    @classmethod
    def _known_queues(cls, value: object) -> object:
        """Read names separated by commas; a name that is not known would serve nothing."""
        if not isinstance(value, str):
            return value
        names = {name.strip() for name in value.split(",")}
        if unknown := sorted(names - set(Queue)):
            raise ValueError(
                f"there is no queue {', '.join(map(repr, unknown))}; "
                f"write one or more of {','.join(Queue)}"
            )
        return tuple(queue for queue in Queue if queue in names)

    @field_validator("c2pa_trust_anchors", mode="before")
    @classmethod
    def _certificates(cls, choice: str | Path) -> Path | None:
        return anchors_of(choice)
