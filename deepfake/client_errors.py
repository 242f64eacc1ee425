"""What can go wrong between the client and a service.

::

    ClientError
    ├── ServerUnreachable      no answer at all
    ├── WaitTimeout            the job is not done in time; it goes on at the service
    └── ApiError               the service refused; carries the problem document (RFC 9457)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import DeepfakeError


class ClientError(DeepfakeError):
    """Root of what :class:`deepfake.Client` raises."""

    code = "client_error"


class ServerUnreachable(ClientError):
    code = "server_unreachable"
    retryable = True

    def __init__(self, server: str, reason: str) -> None:
        super().__init__(
            f"No deepfake service answers at {server} ({reason}). "
            "Start one with: deepfake serve, or name another with --server."
        )


class WaitTimeout(ClientError):
    code = "wait_timeout"
    retryable = True

    def __init__(self, job_id: str, status: str, *, timeout_s: float) -> None:
        super().__init__(
            f"Job {job_id} is {status} after {timeout_s:g} s; it goes on at the service."
        )


class ApiError(ClientError):
    """An HTTP status of 400 or above.

    Attributes
    ----------
    status
        The HTTP status.
    problem
        The problem document as it came; where the answer was none, only a title.
    problem_code
        The service's own code, like ``unsupported_media``, from the document's type.
    retry_after_s
        What the service asked for, if it did.
    """

    code = "refused"

    def __init__(
        self, status: int, problem: Mapping[str, Any], *, retry_after_s: float | None = None
    ) -> None:
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s
        kind = str(problem.get("type", ""))
        self.problem_code = kind.rpartition("/problems/")[2] if "/problems/" in kind else self.code
        told = problem.get("detail") or problem.get("title") or "no reason was given"
        super().__init__(f"The service answered {status}: {told}")
