"""The state of a resumable upload forbids what was asked."""

from __future__ import annotations

from core.errors.base import DeepfakeError


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
