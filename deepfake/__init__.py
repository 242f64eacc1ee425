"""The front door: the ``deepfake`` command, and the client of the HTTP API.

``from deepfake import Client`` needs httpx alone; nothing heavy is imported by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepfake.client import Client
    from deepfake.client_errors import ApiError, ClientError, ServerUnreachable, WaitTimeout
    from deepfake.remote_job import RemoteJob

__all__ = ["ApiError", "Client", "ClientError", "RemoteJob", "ServerUnreachable", "WaitTimeout"]

_HOMES = {"Client": "deepfake.client", "RemoteJob": "deepfake.remote_job"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command starts fast."""
    if name not in __all__:
        raise AttributeError(f"module 'deepfake' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "deepfake.client_errors")), name)
