"""Everything about the gateway that can be set from outside, checked at start."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
Bytes = Annotated[int, Field(gt=0)]


class GatewaySettings(BaseSettings):
    """Read from ``DEEPFAKE_…`` environment variables; arguments come before them."""

    model_config = SettingsConfigDict(env_prefix="DEEPFAKE_", extra="ignore", frozen=True)

    redis_url: str = "redis://localhost:6379/0"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    api_keys_file: Path | None = None  # lines of `deepfake keys new`; needed off loopback

    max_upload_bytes: Bytes = 512 * 1024**2
    max_bytes_in_flight: Bytes = 2 * 1024**3  # of all uploads that are not judged yet
    max_uploads: Annotated[int, Field(ge=1)] = 16  # at one time; each takes about 3 MiB here
    upload_idle_s: Seconds = 30.0  # without a byte, then 408
    upload_limit_s: Seconds = 3600.0  # for one whole upload, then 408

    job_ttl_s: Seconds = 24 * 3600.0
    max_attempts: Annotated[int, Field(ge=1)] = 3  # as the workers have it: quarantine
    frames: Annotated[int, Field(ge=1, le=50)] = 10
    sampling: Literal["keyframes", "exact"] = "keyframes"

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def on_loopback(self) -> bool:
        """True when only this machine can reach the gateway."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _one_upload_must_fit(self) -> Self:
        if self.max_upload_bytes > self.max_bytes_in_flight:
            raise ValueError(
                f"max_upload_bytes ({self.max_upload_bytes:,}) is above max_bytes_in_flight "
                f"({self.max_bytes_in_flight:,}): the largest upload could never be taken"
            )
        return self

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises ConfigurationError that names every bad variable."""
        try:
            return cls()
        except ValidationError as error:
            faults = "; ".join(
                f"DEEPFAKE_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
                if fault["loc"]
                else fault["msg"]
                for fault in error.errors()
            )
            raise ConfigurationError(f"The gateway cannot start: {faults}.") from error
