"""The state of an API key forbids what was asked."""

from __future__ import annotations

from datetime import datetime

from core.errors.base import DeepfakeError


class ApiKeyError(DeepfakeError):
    """The state of an API key forbids what was asked."""

    code = "api_key_error"


class ApiKeyNotFound(ApiKeyError):
    code = "api_key_not_found"

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"There is no API key {key_id}; keys that ended a month ago are forgotten, and keys of "
            "a keys file have no id."
        )


class ApiKeyEnded(ApiKeyError):
    code = "api_key_ended"

    def __init__(self, key_id: str, how: str, since: datetime) -> None:
        super().__init__(
            f"API key {key_id} is {how} since {since:%Y-%m-%d %H:%M:%S} UTC; create a new key."
        )
