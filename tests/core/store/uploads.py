"""Uploads for tests of jobs: without one, no job is created."""

from __future__ import annotations

import itertools
from dataclasses import replace

from redis import Redis

from core.options import Queue
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import Job, MediaRef

MEDIA = MediaRef("blob_1", sha256="ab" * 32, size=3, kind="video", container="mp4")
_numbers = itertools.count(1)


def upload(redis: Redis, tenant: str = "local") -> MediaRef:
    """Three bytes that are said to be a clip, always the same one, as a new upload."""
    media = replace(MEDIA, blob_id=f"blob_{next(_numbers)}")
    blobs = RedisBlobStore(redis)
    blobs.open(media.blob_id, tenant=tenant)
    blobs.append(media.blob_id, b"abc")
    return media


def enqueue(redis: Redis, queue: Queue = Queue.INTERACTIVE, tenant: str = "local") -> Job:
    """A job that waits, with its upload."""
    media = upload(redis, tenant)
    return JobStore(redis).create(Job.new(media=media, tenant=tenant, queue=queue))
