"""Every error that this project raises on purpose, as one shallow tree.

Each class carries a stable ``code`` (part of the HTTP and CLI contract), whether a
retry can help, and a message that names the thing, the value and the limit::

    DeepfakeError
    ├── MediaError                 the upload is at fault; a retry cannot help
    │   ├── EmptyMedia             empty_media
    │   ├── UnsupportedMedia       unsupported_media
    │   ├── UnreadableMedia        unreadable_media
    │   ├── EncryptedMedia         encrypted_media
    │   ├── MediaTooLarge          too_large
    │   ├── VideoTooLong           too_long
    │   ├── TooManyPixels          too_many_pixels
    │   ├── TooManyFrames          too_many_frames
    │   └── TooManyStreams         too_many_streams
    ├── DecoderError               the sandboxed child is at fault
    │   ├── DecodeTimeout          decode_timeout
    │   ├── DecoderCrashed         decoder_crashed
    │   └── DecoderOutOfMemory     decoder_out_of_memory
    ├── ModelError                 the detector cannot be loaded or run
    │   ├── BundleNotFound         model_not_found
    │   ├── BundleInvalid          model_invalid
    │   ├── RuntimeUnavailable     runtime_unavailable
    │   ├── ModelUnavailable       model_unavailable
    │   ├── ExplanationUnavailable explanation_unavailable
    │   └── InferenceFailed        inference_failed
    ├── JobError                   the state of a job forbids what was asked
    │   ├── JobNotFound            job_not_found
    │   │   └── JobExpired         job_expired
    │   ├── JobFinished            job_finished
    │   ├── JobNotFinished         job_not_finished
    │   ├── EvidenceNotFound       evidence_not_found
    │   ├── BatchNotFound          batch_not_found
    │   ├── BatchFinished          batch_finished
    │   ├── WorkerLost             worker_lost
    │   └── FileQuarantined        file_quarantined
    ├── ApiKeyError                the state of an API key forbids what was asked
    │   ├── ApiKeyNotFound         api_key_not_found
    │   └── ApiKeyEnded            api_key_ended
    ├── UploadError                the state of a resumable upload forbids what was asked
    │   ├── UploadNotFound         upload_not_found
    │   ├── UploadOffsetMismatch   upload_offset_mismatch
    │   ├── UploadLengthMismatch   upload_length_mismatch
    │   ├── UploadSuperseded       upload_superseded
    │   ├── UploadIncomplete       upload_incomplete
    │   └── UploadTaken            upload_taken
    ├── WebhookError               what was asked of a webhook is not there
    │   ├── WebhookNotFound        webhook_not_found
    │   └── DeliveryNotFound       delivery_not_found
    ├── QuotaError                 the tenant has as much as it may; later there is room again
    │   ├── TooManyUploads         too_many_uploads
    │   ├── TooManyBytes           too_many_bytes
    │   ├── TooManyJobs            too_many_jobs
    │   ├── TooManyBatches         too_many_batches
    │   ├── TooManyEventStreams    too_many_event_streams
    │   ├── TooMuchFeedback        too_much_feedback
    │   ├── TooManyApiKeys         too_many_api_keys
    │   └── TooManyWebhooks        too_many_webhooks
    ├── StoreError                 Redis, or the bytes in it
    │   ├── StoreUnavailable       store_unavailable
    │   ├── StoreFull              store_full
    │   ├── QueueFull              queue_full
    │   └── BlobMissing            blob_missing
    ├── UrlError                   another server, which a client named by a URL
    │   ├── UrlNotAllowed          url_not_allowed
    │   ├── UrlFetchFailed         url_fetch_failed
    │   └── UrlUnavailable         url_unavailable
    └── ConfigurationError         configuration_invalid
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar


class DeepfakeError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    @property
    def message(self) -> str:
        """The sentence that people read."""
        return str(self)


class MediaError(DeepfakeError):
    """The uploaded bytes cannot be judged; sending them again cannot help."""

    code = "media_error"


class EmptyMedia(MediaError):
    code = "empty_media"

    def __init__(self) -> None:
        super().__init__("The file is empty (0 bytes); send an image or a video.")


class UnsupportedMedia(MediaError):
    code = "unsupported_media"


class UnreadableMedia(MediaError):
    code = "unreadable_media"


class EncryptedMedia(MediaError):
    code = "encrypted_media"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The video in the {name} file is encrypted, and there is no key to it here; "
            "send a file without copy protection."
        )


class MediaTooLarge(MediaError):
    code = "too_large"

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__(f"The file has at least {size:,} bytes; the limit is {limit:,} bytes.")


class VideoTooLong(MediaError):
    code = "too_long"

    def __init__(self, *, seconds: float, limit: float) -> None:
        super().__init__(f"The video is {seconds:,.1f} s long; the limit is {limit:,.0f} s.")


class TooManyPixels(MediaError):
    code = "too_many_pixels"

    def __init__(self, *, width: int, height: int, limit: int) -> None:
        super().__init__(
            f"The picture has {width} x {height} = {width * height:,} pixels; "
            f"the limit is {limit:,} pixels."
        )


class TooManyFrames(MediaError):
    code = "too_many_frames"

    def __init__(self, *, frames: int, limit: int) -> None:
        super().__init__(f"The video has at least {frames:,} frames; the limit is {limit:,}.")


class TooManyStreams(MediaError):
    code = "too_many_streams"

    def __init__(self, *, streams: int, limit: int, kind: str) -> None:
        super().__init__(f"The container has {streams} {kind}; the limit is {limit}.")


class DecoderError(DeepfakeError):
    """The sandboxed decoder did not survive the file."""

    code = "decoder_error"


class DecodeTimeout(DecoderError):
    code = "decode_timeout"

    def __init__(self, *, limit_s: float) -> None:
        super().__init__(f"Decoding took longer than {limit_s:g} s and was stopped.")


class DecoderCrashed(DecoderError):
    """The decoder ended, or failed in a way that is not the file's fault.

    ``reported`` is True when the decoder itself caught and told the fault: the same bytes would
    meet it again, so they are not tried once more.
    """

    code = "decoder_crashed"
    reported: bool = False


class DecoderOutOfMemory(DecoderError):
    code = "decoder_out_of_memory"


class ModelError(DeepfakeError):
    """The detector cannot be loaded or run."""

    code = "model_error"
    retryable = True


class BundleNotFound(ModelError):
    code = "model_not_found"
    retryable = False


class BundleInvalid(ModelError):
    code = "model_invalid"
    retryable = False


class RuntimeUnavailable(ModelError):
    code = "runtime_unavailable"
    retryable = False


class ModelUnavailable(ModelError):
    code = "model_unavailable"


class ExplanationUnavailable(ModelError):
    code = "explanation_unavailable"
    retryable = False


class InferenceFailed(ModelError):
    code = "inference_failed"


class JobError(DeepfakeError):
    """The state of a job forbids what was asked."""

    code = "job_error"


class JobNotFound(JobError):
    code = "job_not_found"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id}; it may have expired or been deleted.")


class JobExpired(JobNotFound):
    code = "job_expired"

    def __init__(self, job_id: str) -> None:
        Exception.__init__(
            self,
            f"Job {job_id} has expired with its result; send the file again to have it judged.",
        )


class JobFinished(JobError):
    code = "job_finished"

    def __init__(self, job_id: str, status: str) -> None:
        super().__init__(f"Job {job_id} is {status} already and cannot be canceled.")


class JobNotFinished(JobError):
    code = "job_not_finished"

    def __init__(self, job_id: str, status: str) -> None:
        super().__init__(f"Job {job_id} is {status}; wait until it has ended.")


class EvidenceNotFound(JobError):
    code = "evidence_not_found"

    def __init__(self, job_id: str, what: str) -> None:
        super().__init__(
            f"Job {job_id} has no {what}: it was not asked for with evidence=true, did not fit, "
            "has expired, or is not there yet."
        )


class BatchNotFound(JobError):
    code = "batch_not_found"

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"There is no batch {batch_id}; it may have expired or been deleted.")


class BatchFinished(JobError):
    code = "batch_finished"

    def __init__(self, batch_id: str) -> None:
        super().__init__(
            f"Batch {batch_id} has ended or was canceled: it takes no more files and cannot be "
            "canceled."
        )


class WorkerLost(JobError):
    code = "worker_lost"
    retryable = True

    def __init__(self, *, attempts: int) -> None:
        super().__init__(f"The worker was lost {attempts} times while it judged this file.")


class FileQuarantined(JobError):
    code = "file_quarantined"

    def __init__(self, *, sha256: str, crashes: int) -> None:
        super().__init__(
            f"The file with SHA-256 {sha256} has brought down {crashes} workers "
            "and is not judged again until its quarantine ends."
        )


class ApiKeyError(DeepfakeError):
    """The state of an API key forbids what was asked."""

    code = "api_key_error"


class ApiKeyNotFound(ApiKeyError):
    code = "api_key_not_found"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"There is no API key {key_id}; keys that ended a month ago are forgotten, and keys of "
            "a keys file have no id."
        )


class ApiKeyEnded(ApiKeyError):
    code = "api_key_ended"

    def __init__(self, key_id: str, how: str, since: datetime) -> None:
        super().__init__(
            f"API key {key_id} is {how} since {since:%Y-%m-%d %H:%M:%S} UTC; create a new key."
        )


class UploadError(DeepfakeError):
    """The state of a resumable upload forbids what was asked."""

    code = "upload_error"


class UploadNotFound(UploadError):
    code = "upload_not_found"

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            f"There is no upload {upload_id}; it may have expired or been deleted. Begin a new one."
        )


class UploadOffsetMismatch(UploadError):
    """``offset`` is where the upload goes on."""

    code = "upload_offset_mismatch"
    offset: int = 0

    def __init__(self, upload_id: str, *, offset: int) -> None:
        self.offset = offset
        super().__init__(
            f"Upload {upload_id} goes on at byte {offset:,}; send what comes from there on."
        )


class UploadLengthMismatch(UploadError):
    code = "upload_length_mismatch"

    def __init__(self, upload_id: str, *, length: int) -> None:
        super().__init__(
            f"Upload {upload_id} has {length:,} bytes by what was said or sent of it before, and "
            "this request says or sends otherwise."
        )


class UploadSuperseded(UploadError):
    code = "upload_superseded"

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            f"A later request has gone on with upload {upload_id}, so this one was stopped; ask "
            "with HEAD where it stands."
        )


class UploadIncomplete(UploadError):
    code = "upload_incomplete"

    def __init__(self, upload_id: str, *, offset: int, length: int | None) -> None:
        whole = "an unknown number of" if length is None else f"{length:,}"
        super().__init__(
            f"Of upload {upload_id}, {offset:,} of {whole} bytes have come; send the rest first."
        )


class UploadTaken(UploadError):
    code = "upload_taken"

    def __init__(self, upload_id: str, *, job_id: str) -> None:
        super().__init__(f"Upload {upload_id} has become job {job_id}, and takes no more bytes.")


class WebhookError(DeepfakeError):
    """What was asked of a webhook is not there."""

    code = "webhook_error"


class WebhookNotFound(WebhookError):
    code = "webhook_not_found"

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(
            f"There is no webhook {endpoint_id}; GET /v1/webhooks lists those there are."
        )


class DeliveryNotFound(WebhookError):
    code = "delivery_not_found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(
            f"There is no delivery {delivery_id} that can be sent again; "
            "the newest 100 of a webhook are kept, for 7 days."
        )


class QuotaError(DeepfakeError):
    """The tenant has as much as it may; a retry helps once some of its jobs have ended."""

    code = "quota_exceeded"
    retryable = True


class TooManyUploads(QuotaError):
    code = "too_many_uploads"

    def __init__(self, *, used: int, limit: int) -> None:
        super().__init__(
            f"{used:,} uploads of this tenant are under way, and the limit is {limit:,}; "
            "try again when one of them has ended."
        )


class TooManyBytes(QuotaError):
    code = "too_many_bytes"

    def __init__(self, *, used: int, limit: int, wanted: int = 0) -> None:
        super().__init__(
            f"Uploads of this tenant hold {used:,} of {limit:,} bytes, which leaves no room for "
            f"{wanted or 1:,} more; try again when some of them are judged."
        )


class TooManyJobs(QuotaError):
    code = "too_many_jobs"

    def __init__(self, *, used: int, limit: int) -> None:
        super().__init__(
            f"{used:,} jobs of this tenant wait, and the limit is {limit:,}; "
            "try again when some of them are judged."
        )


class TooManyBatches(QuotaError):
    code = "too_many_batches"

    def __init__(self, *, used: int, limit: int) -> None:
        super().__init__(
            f"{used:,} batches of this tenant are kept, and the limit is {limit:,}; "
            "delete one of them, or wait until it expires."
        )


class TooManyEventStreams(QuotaError):
    code = "too_many_event_streams"

    def __init__(self, *, used: int, limit: int) -> None:
        super().__init__(
            f"{used:,} event streams of this tenant are open here, and the limit is {limit:,}; "
            "close one of them, or use long polls (?wait=30)."
        )


class TooMuchFeedback(QuotaError):
    code = "too_much_feedback"

    def __init__(self, *, used: int, limit: int) -> None:
        super().__init__(
            f"Feedback on {used:,} jobs of this tenant is kept, and the limit is {limit:,}; "
            "export it, and take some of it back or wait until it expires."
        )


class TooManyApiKeys(QuotaError):
    code = "too_many_api_keys"

    def __init__(self, tenant: str, *, used: int, limit: int) -> None:
        super().__init__(
            f"Tenant {tenant} has {used:,} API keys that are in force, and the limit is {limit:,}; "
            "revoke one that is not needed."
        )


class TooManyWebhooks(QuotaError):
    code = "too_many_webhooks"
    retryable = False

    def __init__(self, *, used: int, limit: int) -> None:
        super().__init__(
            f"This tenant has {used:,} webhooks, and the limit is {limit:,}; delete one first."
        )


class StoreError(DeepfakeError):
    """Redis, or the bytes in it."""

    code = "store_error"
    retryable = True


class StoreUnavailable(StoreError):
    code = "store_unavailable"


class StoreFull(StoreError):
    code = "store_full"

    def __init__(self, *, used: int, limit: int, wanted: int = 0) -> None:
        super().__init__(
            f"Uploads in flight hold {used:,} of {limit:,} bytes, which leaves no room for "
            f"{wanted or 1:,} more; try again when some of them are judged."
        )


class QueueFull(StoreError):
    code = "queue_full"

    def __init__(self, *, queued: int, limit: int) -> None:
        super().__init__(f"{queued:,} jobs wait, and the limit is {limit:,}; try again later.")


class BlobMissing(StoreError):
    code = "blob_missing"
    retryable = False

    def __init__(self, blob_id: str) -> None:
        super().__init__(f"The uploaded bytes {blob_id} are gone; they expired or were deleted.")


class UrlError(DeepfakeError):
    """Another server, which a client named by a URL."""

    code = "url_error"


class UrlNotAllowed(UrlError):
    """Nothing was sent to the host.

    ``host`` and ``address`` say which one it was, ``rule`` why; ``address`` is None where the rule
    is about the URL itself. The message leaves the address out: it is for those who named the
    host, and they need not learn what addresses our own network has.
    """

    code = "url_not_allowed"
    host: str = ""
    address: str | None = None
    rule: str = ""

    def __init__(self, host: str, *, rule: str, address: str | None = None) -> None:
        self.host, self.address, self.rule = host, address, rule
        super().__init__(
            f"{host!r} may not be reached from here: {rule}. "
            "Name an http or https URL of a server on the public Internet."
        )


class UrlFetchFailed(UrlError):
    """The server answered, and what it said will not change by asking again."""

    code = "url_fetch_failed"


class UrlUnavailable(UrlError):
    """The server did not answer, or not now."""

    code = "url_unavailable"
    retryable = True


class ConfigurationError(DeepfakeError):
    """A setting is missing, malformed or contradicts another."""

    code = "configuration_invalid"


def revive(code: str, message: str) -> DeepfakeError:
    """Rebuild an error that crossed a process boundary as (code, message).

    An unknown code gives a plain :class:`DeepfakeError`, never a silent success.
    """
    for cls in _tree(DeepfakeError):
        if cls.code == code:
            error = cls.__new__(cls)
            Exception.__init__(error, message)
            return error
    return DeepfakeError(f"{code}: {message}")


def _tree(root: type[DeepfakeError]) -> Iterator[type[DeepfakeError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)
