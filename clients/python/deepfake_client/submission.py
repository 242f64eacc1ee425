"""Files and URLs on their way to a job: in one request, or resumable in several."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from deepfake_client.batch import Batch
from deepfake_client.effects import Flow, Sleep
from deepfake_client.errors import ApiError, ClientError, ServerUnreachable
from deepfake_client.job import Job
from deepfake_client.options import JobOptions, SubmitOptions, as_form, as_json, is_url
from deepfake_client.sending import Sender, document
from deepfake_client.upload import Media, Rest, Upload

RESUMABLE_BYTES = 8_000_000  # a larger file goes on where it stands when its connection breaks
_TUS = {"Tus-Resumable": "1.0.0"}
_STANDS_OTHERWISE = ("upload_offset_mismatch", "upload_superseded")


def submit(sender: Sender, media: Media, options: SubmitOptions) -> Flow[Job]:
    """See :meth:`deepfake_client.Client.submit`."""
    headers = {"Idempotency-Key": options.get("idempotency_key") or uuid.uuid4().hex}
    if is_url(media):
        return (yield from _named(sender, {"url": media}, options, headers))
    with ExitStack() as stack:
        upload = Upload.open(media, stack, options.get("on_progress"))
        if upload.size > RESUMABLE_BYTES:
            place = yield from _send_resumable(sender, upload)
            return (yield from _named(sender, {"upload": place}, options, headers))
        form = as_form(options)
        response = yield from sender.send(
            "POST",
            "/v1/jobs",
            headers=headers,
            safe=True,  # by its key
            body=lambda: {"data": form, "files": {"file": upload.restart()}},
        )
    return Job.from_json(document(response))


def send_upload(sender: Sender, media: Media, options: SubmitOptions) -> Flow[str]:
    """See :meth:`deepfake_client.Client.upload`."""
    with ExitStack() as stack:
        upload = Upload.open(media, stack, options.get("on_progress"))
        return (yield from _send_resumable(sender, upload))


def submit_batch(sender: Sender, files: Sequence[Media], options: JobOptions) -> Flow[Batch]:
    """See :meth:`deepfake_client.Client.batch`."""
    urls = [file for file in files if is_url(file)]
    if urls and len(urls) < len(files):
        raise ClientError("A batch is of files or of URLs; send the two as two batches.")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    if urls:
        json = {"urls": urls, **as_json(options)}
        response = yield from sender.send(
            "POST", "/v1/batches", json=json, headers=headers, safe=True, timeout=None
        )
        return Batch.from_json(document(response))
    with ExitStack() as stack:
        uploads = [Upload.open(file, stack, None) for file in files]
        form = as_form(options)
        response = yield from sender.send(
            "POST",
            "/v1/batches",
            headers=headers,
            safe=True,
            body=lambda: {"data": form, "files": [("file", each.restart()) for each in uploads]},
            # The service reads no faster than it has room.
            timeout=None,
        )
    return Batch.from_json(document(response))


def _named(
    sender: Sender, what: dict[str, Any], options: SubmitOptions, headers: dict[str, str]
) -> Flow[Job]:
    json = {**what, **as_json(options)}
    response = yield from sender.send(
        "POST", "/v1/jobs", json=json, headers=headers, safe=True, timeout=360.0
    )  # the service fetches for 300 s
    return Job.from_json(document(response))


def _send_resumable(sender: Sender, upload: Upload) -> Flow[str]:
    """Where it is, once all its bytes are there (tus 1.0)."""
    size, offset, failures = upload.size, 0, 0
    begun = yield from sender.send(
        "POST", "/v1/uploads", headers={**_TUS, "Upload-Length": str(size)}
    )
    place = str(begun.headers["Location"])
    path = f"/v1/uploads/{place.rpartition('/')[2]}"  # the address of the server may have a path
    while offset < size:
        before = offset
        try:
            offset = yield from _append(sender, path, upload, offset)
        except (ServerUnreachable, ApiError) as error:
            failures += 1
            lost = isinstance(error, ServerUnreachable) or error.code in _STANDS_OTHERWISE
            if not lost or failures > sender.max_retries:
                raise
            yield Sleep(min(2.0**failures / 4, 4.0))
            stands = yield from sender.send("HEAD", path, headers=_TUS)
            offset = int(stands.headers["Upload-Offset"])
        if offset > before:
            failures = 0
    return place


def _append(sender: Sender, path: str, upload: Upload, offset: int) -> Flow[int]:
    response = yield from sender.send(
        "PATCH",
        path,
        headers={
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(upload.size - offset),
        },
        body=lambda: {"content": Rest(upload, offset)},
    )
    return int(response.headers["Upload-Offset"])
