"""A request whose idempotency key has made a job already: the same request, or another one."""

from __future__ import annotations

from hashlib import sha256

from api.http.problems import IdempotencyConflict
from api.schemas import SubmitOptions
from api.settings import GatewaySettings
from api.upload.body import UploadBody
from core.store.records import Job


async def read_again(body: UploadBody, known: Job) -> bool:
    """Read and hash the body, which is not stored; False when it is empty.

    Raises IdempotencyConflict when it holds another file than ``known``: before a byte is
    read where the declared length tells.
    """
    if body.exact and body.most_bytes not in (0, known.media.size):
        raise _conflict(known)
    digest, size = sha256(), 0
    async for chunk in body:
        digest.update(chunk)
        size += len(chunk)
    if size:
        check_same_file(known, digest.hexdigest())
    return size > 0


def check_same_file(known: Job, file_sha256: str) -> None:
    """Raises IdempotencyConflict when the job is about another file."""
    if known.media.sha256 != file_sha256:
        raise _conflict(known)


def check_same_url(known: Job, url_sha256: str) -> None:
    """Raises IdempotencyConflict when the job's file was not fetched from this URL."""
    if known.url_sha256 != url_sha256:
        raise _conflict(known)


def check_same_upload(known: Job, upload_id: str) -> None:
    """Raises IdempotencyConflict when the job was not made of this resumable upload."""
    if known.media.blob_id != upload_id:
        raise _conflict(known)


def check_same_options(
    known: Job, options: SubmitOptions, settings: GatewaySettings, *, all_of_them: bool = True
) -> None:
    """Raises IdempotencyConflict when the job has other options, as :func:`differs` says."""
    if differs(known, options, settings, all_of_them=all_of_them):
        raise _conflict(known)


def differs(
    known: Job, options: SubmitOptions, settings: GatewaySettings, *, all_of_them: bool = True
) -> bool:
    """Whether the job has other options.

    With ``all_of_them`` an option that is not given means its default; without, only those
    that are given are compared.
    """
    asked = {
        "frames": options.frames or settings.frames,
        "sampling": options.sampling or settings.sampling,
        "queue": options.queue,
        "evidence": options.evidence,
        "tag": tuple(options.tag),
        "callback_url": options.callback_url,
    }
    chosen = {
        "frames": known.options.frames,
        "sampling": known.options.sampling,
        "queue": known.queue,
        "evidence": known.options.evidence,
        "tag": known.tags,
        "callback_url": known.callback_url,
    }
    names = asked if all_of_them else options.model_fields_set
    return any(asked[name] != chosen[name] for name in names)


def _conflict(known: Job) -> IdempotencyConflict:
    return IdempotencyConflict(
        f"The Idempotency-Key was used within 24 h for job {known.id}, which is about another "
        "file or has other options; use a new key."
    )
