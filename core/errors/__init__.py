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
    │   ├── RecordTooNew           record_too_new
    │   ├── QueueFull              queue_full
    │   └── BlobMissing            blob_missing
    ├── UrlError                   another server, which a client named by a URL
    │   ├── UrlNotAllowed          url_not_allowed
    │   ├── UrlFetchFailed         url_fetch_failed
    │   └── UrlUnavailable         url_unavailable
    └── ConfigurationError         configuration_invalid
"""

from core.errors.base import (
    ConfigurationError,
    DeepfakeError,
)
from core.errors.decoding import (
    DecoderCrashed,
    DecoderError,
    DecoderOutOfMemory,
    DecodeTimeout,
)
from core.errors.jobs import (
    BatchFinished,
    BatchNotFound,
    EvidenceNotFound,
    FileQuarantined,
    JobError,
    JobExpired,
    JobFinished,
    JobNotFinished,
    JobNotFound,
    WorkerLost,
)
from core.errors.keys import (
    ApiKeyEnded,
    ApiKeyError,
    ApiKeyNotFound,
)
from core.errors.media import (
    EmptyMedia,
    EncryptedMedia,
    MediaError,
    MediaTooLarge,
    TooManyFrames,
    TooManyPixels,
    TooManyStreams,
    UnreadableMedia,
    UnsupportedMedia,
    VideoTooLong,
)
from core.errors.models import (
    BundleInvalid,
    BundleNotFound,
    ExplanationUnavailable,
    InferenceFailed,
    ModelError,
    ModelUnavailable,
    RuntimeUnavailable,
)
from core.errors.quotas import (
    QuotaError,
    TooManyApiKeys,
    TooManyBatches,
    TooManyBytes,
    TooManyEventStreams,
    TooManyJobs,
    TooManyUploads,
    TooManyWebhooks,
    TooMuchFeedback,
)
from core.errors.reviving import (
    revive,
)
from core.errors.storage import (
    BlobMissing,
    QueueFull,
    RecordTooNew,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from core.errors.uploads import (
    UploadError,
    UploadIncomplete,
    UploadLengthMismatch,
    UploadNotFound,
    UploadOffsetMismatch,
    UploadSuperseded,
    UploadTaken,
)
from core.errors.urls import (
    UrlError,
    UrlFetchFailed,
    UrlNotAllowed,
    UrlUnavailable,
)
from core.errors.webhooks import (
    DeliveryNotFound,
    WebhookError,
    WebhookNotFound,
)

__all__ = [
    "ApiKeyEnded",
    "ApiKeyError",
    "ApiKeyNotFound",
    "BatchFinished",
    "BatchNotFound",
    "BlobMissing",
    "BundleInvalid",
    "BundleNotFound",
    "ConfigurationError",
    "DecodeTimeout",
    "DecoderCrashed",
    "DecoderError",
    "DecoderOutOfMemory",
    "DeepfakeError",
    "DeliveryNotFound",
    "EmptyMedia",
    "EncryptedMedia",
    "EvidenceNotFound",
    "ExplanationUnavailable",
    "FileQuarantined",
    "InferenceFailed",
    "JobError",
    "JobExpired",
    "JobFinished",
    "JobNotFinished",
    "JobNotFound",
    "MediaError",
    "MediaTooLarge",
    "ModelError",
    "ModelUnavailable",
    "QueueFull",
    "QuotaError",
    "RecordTooNew",
    "RuntimeUnavailable",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "TooManyApiKeys",
    "TooManyBatches",
    "TooManyBytes",
    "TooManyEventStreams",
    "TooManyFrames",
    "TooManyJobs",
    "TooManyPixels",
    "TooManyStreams",
    "TooManyUploads",
    "TooManyWebhooks",
    "TooMuchFeedback",
    "UnreadableMedia",
    "UnsupportedMedia",
    "UploadError",
    "UploadIncomplete",
    "UploadLengthMismatch",
    "UploadNotFound",
    "UploadOffsetMismatch",
    "UploadSuperseded",
    "UploadTaken",
    "UrlError",
    "UrlFetchFailed",
    "UrlNotAllowed",
    "UrlUnavailable",
    "VideoTooLong",
    "WebhookError",
    "WebhookNotFound",
    "WorkerLost",
    "revive",
]
