"""The detector cannot be loaded or run."""

from __future__ import annotations

from core.errors.base import DeepfakeError


class ModelError(DeepfakeError):
    """The detector cannot be loaded or run."""

    code = "model_error"
    retryable = True


class BundleNotFound(ModelError):
    code = "model_not_found"
    retryable = False


class BundleInvalid(ModelError):
    code = "model_invalid"
    retryable = False


class RuntimeUnavailable(ModelError):
    code = "runtime_unavailable"
    retryable = False


class ModelUnavailable(ModelError):
    code = "model_unavailable"


class ExplanationUnavailable(ModelError):
    code = "explanation_unavailable"
    retryable = False


class InferenceFailed(ModelError):
    code = "inference_failed"
