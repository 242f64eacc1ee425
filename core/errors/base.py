"""The root of the tree, and what is wrong with settings."""

from __future__ import annotations

from typing import ClassVar


class DeepfakeError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    @property
    def message(self) -> str:
        """The sentence that people read."""
        return str(self)


class ConfigurationError(DeepfakeError):
    """A setting is missing, malformed or contradicts another."""

    code = "configuration_invalid"
