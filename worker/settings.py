"""Everything about a worker that can be set from outside, checked at start."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_CPUS = os.cpu_count() or 1

Seconds = Annotated[float, Field(gt=0)]
Bytes = Annotated[int, Field(gt=0)]


class WorkerSettings(BaseSettings):
    """Read from ``DEEPFAKE_…`` environment variables; arguments come before them."""

    model_config = SettingsConfigDict(env_prefix="DEEPFAKE_", extra="ignore", frozen=True)

    redis_url: str = "redis://localhost:6379/0"
    redis_wait_s: Seconds = 30.0  # at start; then the worker gives up

    model: str | None = None  # a bundle's name or folder; None is the one that ships as default
    runtime: str = "auto"
    model_threads: Annotated[int, Field(ge=1)] | None = None  # None leaves it to the runtime
    # CUDA's own variable: which GPUs this worker may choose from
    cuda_visible_devices: str | None = Field(default=None, validation_alias="CUDA_VISIBLE_DEVICES")

    queues: Annotated[str, Field(pattern=r"^[a-z]+(,[a-z]+)*$")] = "interactive,batch"
    concurrency: Annotated[int, Field(ge=1, le=64)] = min(4, _CPUS)  # jobs, one decoder each
    lease_s: Seconds = 15.0
    max_attempts: Annotated[int, Field(ge=1)] = 3
    job_ttl_s: Seconds = 24 * 3600.0
    grace_s: Annotated[float, Field(ge=0)] = 30.0  # what a SIGTERM leaves to running jobs

    max_upload_bytes: Bytes = 512 * 1024**2
    max_duration_s: Seconds = 3600.0
    max_pixels: Annotated[int, Field(gt=0)] = 40_000_000
    decode_deadline_s: Seconds = 120.0
    decoder_memory_bytes: Annotated[int, Field(ge=256 * 1024**2)] = 3 * 1024**3
    decoder_threads: Annotated[int, Field(ge=1)] = _CPUS
    decoder_max_jobs: Annotated[int, Field(ge=1)] = 200

    max_batch: Annotated[int, Field(ge=1, le=1024)] = 32  # crops
    max_wait_ms: Annotated[float, Field(ge=0)] = 5.0
    inference_limit_s: Seconds = 120.0

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
