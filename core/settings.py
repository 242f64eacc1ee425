"""What every process reads from its environment, and how a wrong value is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
Bytes = Annotated[int, Field(gt=0)]
PREFIX = "DEEPFAKE_"


class Settings(BaseSettings):
    """Read from ``DEEPFAKE_…`` environment variables; arguments come before them.

    Holds what gateway and worker have to agree about; each has a subclass with the rest.
    A field with ``repr=False`` may hold a secret: its value appears in no message.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    redis_url: str = Field(default="redis://localhost:6379/0", repr=False)  # may hold a password
    max_upload_bytes: Bytes = 512 * 1024**2
    job_ttl_s: Seconds = 24 * 3600.0
    max_attempts: Annotated[int, Field(ge=1)] = 3  # lost workers until a file is quarantined
    # Of frames and heat maps that are kept after a verdict; 0 keeps none.
    max_evidence_bytes: Annotated[int, Field(ge=0)] = 256 * 1024**2
    evidence_ttl_s: Seconds = 3600.0
    tenant_share: Annotated[float, Field(gt=0, le=1)] = 0.5  # of what there is, for each tenant
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises ConfigurationError that names every bad variable."""
        try:
            return cls()
        except ValidationError as error:
            faults = "; ".join(cls._faults(error))
            raise ConfigurationError(f"Settings that are not valid: {faults}.") from error

    @classmethod
    def _faults(cls, error: ValidationError) -> Iterator[str]:
        for fault in error.errors():
            told = str(fault.get("ctx", {}).get("error", fault["msg"]))
            if not fault["loc"]:
                yield told  # of several settings together: the sentence names them
                continue
            name = str(fault["loc"][0])
            field = cls.model_fields.get(name)
            shown = field is None or field.repr
            variable = f"{PREFIX}{name.upper()}" if field is not None else name
            yield f"{variable}={fault['input']!r}: {told}" if shown else f"{variable}: {told}"
