"""What every process reads from its environment, and how a wrong value is told."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
Bytes = Annotated[int, Field(gt=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
PREFIX = "DEEPFAKE_"


class Settings(BaseSettings):
    """Read from ``DEEPFAKE_…`` environment variables; arguments come before them.

    Holds what gateway and worker have to agree about; each has a subclass with the rest.
    A field with ``repr=False`` may hold a secret: its value appears in no message.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    redis_url: str = Field(default="redis://localhost:6379/0", repr=False)  # may hold a password
    # s3://bucket/prefix for the bytes of uploads; None keeps them in Redis.
    blob_url: str | None = Field(default=None, repr=False)
    max_upload_bytes: Bytes = 512 * 1024**2
    job_ttl_s: Seconds = 24 * 3600.0
    max_attempts: Annotated[int, Field(ge=1)] = 3  # lost workers until a file is quarantined
    # Of frames and heat maps that are kept after a verdict; 0 keeps none.
    max_evidence_bytes: Annotated[int, Field(ge=0)] = 256 * 1024**2
    evidence_ttl_s: Seconds = 3600.0
    tenant_share: Annotated[float, Field(gt=0, le=1)] = 0.5  # of what there is, for each tenant
    # Where the service connects to because a client named it: URLs to fetch, and webhooks.
    outgoing_ports: Annotated[tuple[Port, ...], NoDecode] = (80, 443)  # by commas
    # Networks beside the public Internet that it may reach; 10.1.0.0/16,fd00::/8
    outgoing_private_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0  # 0 serves none
    metrics_host: str = "127.0.0.1"
    # OpenTelemetry's own variable; None makes no traces. Its other variables are read by its SDK.
    otel_endpoint: str | None = Field(
        default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", repr=False
    )

    @field_validator("outgoing_ports", "outgoing_private_networks", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

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
