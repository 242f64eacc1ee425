"""OpenVINO for the whole process: imported without its telemetry, with one Core."""

from __future__ import annotations

import sys
from functools import cache

# OpenVINO and NNCF report every import to Google Analytics, from a process that they fork. They
# go on without it where this package cannot be imported. So nothing imports OpenVINO before this.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # None: importing it fails

import openvino as ov  # noqa: E402, TID251 - after the line above

__all__ = ["openvino_core", "ov"]


@cache
def openvino_core() -> ov.Core:
    """The one Core of this process, which is never destroyed.

    On processors with AMX its CPU plugin gives the thread an alternative signal stack, and frees
    that with the Core. With two Cores that end in the order of their creation the thread keeps
    the address of the freed one, and the next signal, such as Ctrl-C, ends the process.
    """
    return ov.Core()
