"""Uploads for tests of jobs: without one, no job is created."""

from __future__ import annotations

from redis import Redis

from core.store.blobs import RedisBlobStore
from core.store.jobs import MediaRef

MEDIA = MediaRef("blob_1", sha256="ab" * 32, size=3, kind="video", container="mp4")


def upload(redis: Redis) -> MediaRef:
    """Three bytes that are said to be a clip; called again it adds three more."""
    blobs = RedisBlobStore(redis)
    blobs.open(MEDIA.blob_id)
    blobs.append(MEDIA.blob_id, b"abc")
    return MEDIA
