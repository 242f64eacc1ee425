"""The state of a job or a batch forbids what was asked."""

from __future__ import annotations

from core.errors.base import DeepfakeError


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
