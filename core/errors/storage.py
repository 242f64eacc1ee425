"""Redis, or the bytes in it."""

from __future__ import annotations

from core.errors.base import DeepfakeError


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


class RecordTooNew(StoreError):
    code = "record_too_new"

    def __init__(self, record: str, *, stored: int, limit: int) -> None:
        super().__init__(
            f"The record of {record} is of format {stored}, and this version reads up to {limit}: "
            "ask a gateway of the newer version, or upgrade this one."
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
