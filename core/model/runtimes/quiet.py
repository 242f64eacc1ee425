"""Importing TensorFlow without the log lines of its C++ side.

``TF_CPP_MIN_LOG_LEVEL`` silences what is logged later, but not the lines that are written while
the libraries load, before their logger reads its settings: those are taken from stderr here.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_NVIDIA_DRIVER = Path("/proc/driver/nvidia")
# "I0000 00:00:1795882201.957141 32766 port.cc:153] …", the line before the first of them, and
# the second line of the one about instructions of the processor.
_NOISE = re.compile(rb"[IW]\d{4} |WARNING: All log messages before|To enable the following instr")


def import_tensorflow() -> None:
    """Import TensorFlow; other lines that reach stderr meanwhile are written when it is done.

    What the user set in ``TF_CPP_MIN_LOG_LEVEL`` stays. Raises :class:`ImportError` as the import
    does, and then every line is written.
    """
    if "tensorflow" in sys.modules:
        return
    # Without a driver TensorFlow logs an error about the GPU that it did not find.
    os.environ.setdefault(_LEVEL, "2" if _NVIDIA_DRIVER.exists() else "3")
    with _without_noise():
        import_module("tensorflow")


@contextmanager
def _without_noise() -> Iterator[None]:
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        noise: re.Pattern[bytes] | None = None
        try:
            yield
            noise = _NOISE
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            captured.seek(0)
            for line in captured:
                if noise is None or not noise.match(line):
                    os.write(2, line)
