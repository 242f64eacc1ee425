"""The client of a deepfake detection service: a Python class and the command ``deepfake submit``.

>>> from deepfake_client import Client
>>> with Client("http://127.0.0.1:8000") as client:  # doctest: +SKIP
...     job = client.detect("clip.mp4")
...     print(job.verdict, job.fake_probability)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from deepfake_client.async_client import AsyncClient
    from deepfake_client.batch import Batch, BatchItem
    from deepfake_client.client import Client
    from deepfake_client.errors import (
        ApiError,
        ClientError,
        ServerUnreachable,
        WaitTimeout,
        WebhookRejected,
    )
    from deepfake_client.job import Job, ListedJob
    from deepfake_client.provenance import Provenance
    from deepfake_client.result import Result
    from deepfake_client.webhooks import verify_webhook

__all__ = [
    "DEFAULT_SERVER",
    "ApiError",
    "AsyncClient",
    "Batch",
    "BatchItem",
    "Client",
    "ClientError",
    "Job",
    "ListedJob",
    "Provenance",
    "Result",
    "ServerUnreachable",
    "WaitTimeout",
    "WebhookRejected",
    "verify_webhook",
]

DEFAULT_SERVER: Final = "http://127.0.0.1:8000"  # where `deepfake serve` listens
_HOMES = {
    "AsyncClient": "async_client",
    "Batch": "batch",
    "BatchItem": "batch",
    "Client": "client",
    "Job": "job",
    "ListedJob": "job",
    "Provenance": "provenance",
    "Result": "result",
    "verify_webhook": "webhooks",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command starts fast."""
    if name not in __all__:
        raise AttributeError(f"module 'deepfake_client' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"deepfake_client.{_HOMES.get(name, 'errors')}"), name)
