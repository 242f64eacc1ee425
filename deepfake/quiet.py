"""TensorFlow talks to stderr from C++ before Python can stop it; an environment variable can."""

from __future__ import annotations

import os


def quieten_tensorflow() -> None:
    """Leave only errors of TensorFlow's C++ side; what the user set stays."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
