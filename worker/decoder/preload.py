"""What the child loads while it may still open files: later every import would fail.

Libraries import parts of themselves on the first file that needs them: PyAV the module of a
subtitle stream, Pillow the one that converts LAB colours, Python the codec of a text. No list
of such modules would stay complete, so whole packages are imported.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import pkgutil
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec
from types import ModuleType

import cv2
import numpy as np
import pillow_heif
from PIL import AvifImagePlugin

from core.faces.detector import SQUARE, TALL, WIDE, load_face_detector
from core.faces.face import FaceDetector

_PACKAGES = ("av", "PIL", "pillow_heif", "encodings", "core.media", "core.faces")
# fmt: off
_LEFT_OUT = frozenset((  # not for files: they would bring Tk, Qt or IPython, or print a report
    "ImageGrab", "ImageQt", "ImageShow", "ImageTk", "_imagingtk", "_tkinter_finder",
    "__main__", "report",
))
# fmt: on


def load(threads: int) -> FaceDetector:
    """Import and start all that decoding uses; every library stays within ``threads``."""
    for package in _PACKAGES:
        _import_whole(package)
    _bound_threads(threads)
    _fail_and_warn()
    faces = load_face_detector(threads=threads)
    faces.detect(np.zeros((*WIDE, 3), np.uint8))
    gc.freeze()
    return faces


def compile_networks(faces: FaceDetector) -> None:
    """Have OpenVINO write its machine code for every shape of picture; opens no file."""
    for height, width in (TALL, SQUARE):
        faces.detect(np.zeros((height, width, 3), np.uint8))


def refuse_late_imports() -> None:
    """Name a module on stderr that is imported from now on; it counts as not installed.

    The sandbox would refuse to open its file. This says which one it was, so that the cause of
    a failure is in the worker's log.
    """
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, _LateImports()]


class _LateImports(MetaPathFinder):
    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        print(f"decoder: {fullname} is imported too late", file=sys.stderr)
        return None


def _import_whole(package: str) -> None:
    for name in _modules(package):
        # Some need what is not installed (olefile) or another system (mbcs); no file does.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _modules(package: str) -> Iterator[str]:
    path = importlib.import_module(package).__path__
    for module in pkgutil.iter_modules(path, f"{package}."):
        if module.name.rpartition(".")[2] in _LEFT_OUT:
            continue
        yield module.name
        if module.ispkg:
            yield from _modules(module.name)


def _bound_threads(threads: int) -> None:
    """OpenBLAS and OpenMP are told in the environment, FFmpeg and OpenVINO with each call."""
    cv2.setNumThreads(threads)
    AvifImagePlugin.DEFAULT_MAX_THREADS = threads
    pillow_heif.options.DECODE_THREADS = threads


def _fail_and_warn() -> None:
    """Python imports what it tells of errors and warnings with when it tells of the first."""
    try:
        raise ValueError("é")
    except ValueError:
        traceback.print_exc(file=io.StringIO())
    warnings.formatwarning("é", UserWarning, __file__, 1)
