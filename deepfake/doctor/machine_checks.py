"""The doctor's look at the machine and at what is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata

from core.cores import usable_cores
from deepfake.doctor import machine
from deepfake.doctor.check import Check, Health

_GIB = 1024**3
_LOW_MEMORY = 2 * _GIB  # a worker takes about 0.6 GB, its decoders 0.2 GB each, Redis the rest
_SUPPORTED = ((3, 11), (3, 12))
_EXTRAS = {
    "gateway": ("fastapi", "uvicorn", "python-multipart", "celery", "redis"),
    "worker": ("av", "opencv-python-headless", "pillow", "pillow-heif", "openvino", "tensorflow"),
}


def check_machine() -> Iterator[Check]:
    """Python, CPU and memory."""
    version = ".".join(map(str, sys.version_info[:3]))
    known = sys.version_info[:2] in _SUPPORTED
    yield Check(
        "Python",
        Health.OK if known else Health.FAIL,
        version,
        "" if known else "Install Python 3.11 or 3.12.",
    )
    yield _check_cpu()
    yield _check_memory()


def check_packages() -> Iterator[Check]:
    """The packages of the two processes, by their metadata: nothing is imported."""
    for extra, packages in _EXTRAS.items():
        found = {name: _version(name) for name in packages}
        missing = [name for name, version in found.items() if version is None]
        if missing:
            hint = f"Run: pip install 'deepfake-detection[{extra}]'"
            yield Check(f"{extra} packages", Health.FAIL, f"missing: {', '.join(missing)}", hint)
        else:
            told = ", ".join(f"{name} {version}" for name, version in found.items())
            yield Check(f"{extra} packages", Health.OK, told)


def _check_cpu() -> Check:
    features = machine.cpu_features()
    detail = f"{usable_cores()} cores usable; {', '.join(features) or 'no AVX2'}"
    if "avx2" in features:
        return Check("CPU", Health.OK, detail)
    hint = "Without AVX2 inference is several times slower, and TensorFlow may not start."
    return Check("CPU", Health.WARN, detail, hint)


def _check_memory() -> Check:
    total, free = machine.memory_bytes(), machine.free_memory_bytes()
    if total is None or free is None:
        return Check("memory", Health.WARN, "this platform does not tell")
    free = min(free, total)
    detail = f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB free"
    if free >= _LOW_MEMORY:
        return Check("memory", Health.OK, detail)
    hint = "One worker, its decoders and Redis need about 2 GiB; stop something else first."
    return Check("memory", Health.WARN, detail, hint)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
