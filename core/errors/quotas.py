"""The tenant has as much as it may; later there is room again."""

from __future__ import annotations

from core.errors.base import DeepfakeError


class QuotaError(DeepfakeError):
    """The tenant has as much as it may; mostly a retry helps once some of its jobs have ended."""

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
    retryable = False

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
