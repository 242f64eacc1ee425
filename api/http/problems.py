"""The gateway's own errors, and what every error of the tree means in HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core import errors


class GatewayError(errors.DeepfakeError):
    """The request, or the gateway's state, forbids what was asked."""


class Unauthorized(GatewayError):
    code = "unauthorized"


class Forbidden(GatewayError):
    code = "forbidden"


class MalformedRequest(GatewayError):
    code = "malformed_request"


class InvalidParameter(GatewayError):
    code = "invalid_parameter"


class UnsupportedTusVersion(GatewayError):
    code = "unsupported_tus_version"

    def __init__(self, *, asked: str, spoken: str) -> None:
        super().__init__(f"tus {asked[:20]!r} is not spoken here; send Tus-Resumable: {spoken}.")


class IdempotencyConflict(GatewayError):
    code = "idempotency_conflict"


class UploadTimeout(GatewayError):
    code = "upload_timeout"
    retryable = True


class RateLimited(GatewayError):
    code = "rate_limited"
    retryable = True

    def __init__(self, *, what: str, limit: int, window_s: int, retry_after_s: int) -> None:
        super().__init__(
            f"This tenant has sent its {limit:,} {what} of {window_s} s; "
            f"try again in {retry_after_s} s."
        )
        self.retry_after_s = retry_after_s


class GatewayBusy(GatewayError):
    code = "gateway_busy"
    retryable = True

    def __init__(self, *, limit: int, what: str = "uploads") -> None:
        super().__init__(f"{limit} {what} run already, which is the limit; try again soon.")


class BatchTooLarge(GatewayError):
    code = "batch_too_large"

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"The batch has more than {limit:,} bytes, which is the limit; send it in parts."
        )


class BatchUnderWay(GatewayError):
    code = "batch_under_way"
    retryable = True

    def __init__(self, batch_id: str) -> None:
        super().__init__(
            f"Another request with this Idempotency-Key still sends batch {batch_id}; "
            "send the same again when that has ended."
        )


class TooManyFiles(GatewayError):
    code = "too_many_files"

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"The batch has more than {limit:,} files, which is the limit; send it in parts."
        )


class ArchiveRefused(GatewayError):
    code = "archive_refused"


@dataclass(frozen=True, slots=True)
class Meaning:
    """How an error class answers; ``retry_after_s`` becomes the Retry-After header."""

    status: int
    title: str
    retry_after_s: int | None = None


# The nearest class in an error's inheritance counts.
MEANINGS: Final[dict[type[errors.DeepfakeError], Meaning]] = {
    MalformedRequest: Meaning(400, "The request is malformed"),
    Unauthorized: Meaning(401, "An API key is needed"),
    Forbidden: Meaning(403, "The request is not allowed"),
    errors.JobNotFound: Meaning(404, "No such job"),
    errors.EvidenceNotFound: Meaning(404, "No such evidence"),
    errors.ApiKeyNotFound: Meaning(404, "No such API key"),
    errors.WebhookNotFound: Meaning(404, "No such webhook"),
    errors.DeliveryNotFound: Meaning(404, "No such delivery"),
    errors.BatchNotFound: Meaning(404, "No such batch"),
    UploadTimeout: Meaning(408, "The upload took too long"),
    errors.JobFinished: Meaning(409, "The job has ended already"),
    errors.JobNotFinished: Meaning(409, "The job has not ended yet"),
    errors.ApiKeyEnded: Meaning(409, "The API key has ended"),
    errors.JobExpired: Meaning(410, "The job has expired"),
    errors.UploadNotFound: Meaning(404, "No such upload"),
    errors.UploadError: Meaning(409, "The upload stands otherwise"),
    errors.UploadLengthMismatch: Meaning(400, "The upload has another length"),
    UnsupportedTusVersion: Meaning(412, "This version of tus is not spoken"),
    errors.BatchFinished: Meaning(409, "The batch has ended already"),
    BatchUnderWay: Meaning(409, "The batch is still being sent", retry_after_s=5),
    BatchTooLarge: Meaning(413, "The batch is too large"),
    TooManyFiles: Meaning(413, "The batch has too many files"),
    ArchiveRefused: Meaning(422, "The archive cannot be read"),
    errors.MediaTooLarge: Meaning(413, "The file is too large"),
    errors.UnsupportedMedia: Meaning(415, "This kind of file is not judged"),
    errors.MediaError: Meaning(422, "The file cannot be judged"),
    errors.FileQuarantined: Meaning(422, "The file is in quarantine"),
    errors.UrlNotAllowed: Meaning(422, "The URL may not be reached from here"),
    errors.UrlError: Meaning(422, "The URL could not be read"),
    InvalidParameter: Meaning(422, "A parameter is invalid"),
    IdempotencyConflict: Meaning(422, "The idempotency key was used for another request"),
    RateLimited: Meaning(429, "Too many requests"),
    errors.TooManyUploads: Meaning(429, "Your share of the uploads is used up", retry_after_s=2),
    errors.TooManyApiKeys: Meaning(429, "Your share of the API keys is used up"),
    errors.TooManyWebhooks: Meaning(429, "Your share of the webhooks is used up"),
    errors.QuotaError: Meaning(429, "Your share is used up", retry_after_s=5),
    GatewayBusy: Meaning(503, "The gateway has no place left", retry_after_s=2),
    errors.QueueFull: Meaning(503, "Too many jobs wait", retry_after_s=5),
    errors.StoreFull: Meaning(503, "Too many bytes in flight", retry_after_s=5),
    errors.RecordTooNew: Meaning(503, "The record is of a newer version", retry_after_s=2),
    errors.StoreError: Meaning(503, "The store is not available", retry_after_s=2),
    errors.DeepfakeError: Meaning(500, "The gateway failed"),
}


def meaning_of(error: errors.DeepfakeError) -> Meaning:
    """The status and title of an error."""
    return next(MEANINGS[cls] for cls in type(error).__mro__ if cls in MEANINGS)
