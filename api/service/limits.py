"""What an upload may be, told before it is sent."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.documents import problems
from api.gateway import CurrentGateway
from api.schemas import SubmitOptions
from core.media import sniff
from core.options import MAX_FRAMES

router = APIRouter(tags=["limits"])

# Each name once: an animation has that of its still pictures.
_FORMATS: Final = list(
    dict.fromkeys(value.name for value in vars(sniff).values() if isinstance(value, sniff.Format))
)


class FrameLimits(BaseModel):
    """How many frames of a video are judged."""

    default: int = Field(description="Where the submission says nothing.")
    max: int = Field(description="As many as a submission may ask for.")


class BatchLimits(BaseModel):
    """How much may be sent as one."""

    max_files: int
    max_bytes: int = Field(description="As sent, and as unpacked.")


class Limits(BaseModel):
    """What the gateway takes. Workers have further limits, such as the length of a film."""

    max_upload_bytes: int = Field(description="Of one file.")
    formats: list[str] = Field(
        description="Names as in `media.container`; the format is detected from the content.",
        examples=[["mp4", "jpeg"]],
    )
    frames: FrameLimits
    options: list[str] = Field(
        description="Options that a submission may carry.", examples=[["frames", "tag"]]
    )
    key_needed: bool = Field(description="Whether calls need an API key.")
    fetches_urls: bool = Field(description="Whether a JSON body may name a URL instead of a file.")
    batch: BatchLimits
    job_ttl_s: float = Field(description="Seconds that a job is kept for after its last change.")


@router.get("/v1/limits", summary="What may be sent", responses=problems())
async def read_limits(gateway: CurrentGateway) -> Limits:
    """Needs no key, so that a page can show the limits before it asks for one."""
    settings = gateway.settings
    return Limits(
        max_upload_bytes=settings.max_upload_bytes,
        formats=_FORMATS,
        frames=FrameLimits(default=settings.frames, max=MAX_FRAMES),
        options=list(SubmitOptions.model_fields),
        key_needed=settings.keys_needed,
        fetches_urls=settings.fetches_urls,
        batch=BatchLimits(max_files=settings.max_batch_files, max_bytes=settings.max_batch_bytes),
        job_ttl_s=settings.job_ttl_s,
    )
