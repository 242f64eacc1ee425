"""What can go wrong between the client and a service.

::

    ClientError                client_error
    ├── ServerUnreachable      server_unreachable  no answer at all
    ├── WaitTimeout            wait_timeout        not done in time; it goes on at the service
    ├── WebhookRejected        webhook_rejected    a message that the service has not just signed
    └── ApiError               the service's code  it refused, with a problem document (RFC 9457)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Root of what :class:`deepfake_client.Client` raises.

    ``code`` is stable, for programs; ``message`` is for people; ``retryable`` says whether the
    same call may succeed later.
    """

    code = "client_error"
    retryable = False

    @property
    def message(self) -> str:
        return str(self)


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


class WebhookRejected(ClientError):
    code = "webhook_rejected"


class ApiError(ClientError):
    """An HTTP status of 300 or above, or an answer that is no job.

    Attributes
    ----------
    status
        The HTTP status.
    problem
        The problem document as it came; where the answer was none, only a title.
    code
        The service's own code, like ``unsupported_media``, from the document's type; else
        ``refused``.
    retry_after_s
        What the service asked for, in seconds, if it did.
    """

    code = "refused"

    def __init__(
        self, status: int, problem: Mapping[str, Any], *, retry_after_s: float | None = None
    ) -> None:
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s
        self.retryable = problem.get("retryable") is True
        _, slash, code = str(problem.get("type", "")).rpartition("/problems/")
        if slash:
            self.code = code
        told = problem.get("detail") or problem.get("title") or "no reason was given"
        super().__init__(f"The service answered {status}: {told}")
