"""The runtimes behind :class:`core.model.detector.Runtime`, and the choice between them."""

from __future__ import annotations

from core.errors import RuntimeUnavailable
from core.model.bundle import Bundle, RuntimeName
from core.model.detector import Detector, Runtime
from core.model.runtimes.quiet import import_tensorflow

AUTO = "auto"
_CPU_ORDER = (RuntimeName.OPENVINO_INT8, RuntimeName.OPENVINO_FP32, RuntimeName.TENSORFLOW)


def choose(bundle: Bundle, wanted: str = AUTO, *, gpu: bool = False) -> RuntimeName:
    """The runtime to use: the wanted one, or by ``auto`` the fastest that the bundle has.

    Raises :class:`RuntimeUnavailable` when the bundle holds no artifact for it.
    """
    held = bundle.manifest.artifacts
    if wanted != AUTO:
        if wanted not in {name.value for name in RuntimeName}:
            names = ", ".join([AUTO, *RuntimeName])
            raise RuntimeUnavailable(f"There is no runtime {wanted!r}; choose one of {names}.")
        name = RuntimeName(wanted)
        if name not in held:
            there = ", ".join(held)
            raise RuntimeUnavailable(
                f"The model {bundle.manifest.name} has no artifact for {name}; it has {there}."
            )
        return name
    order = (RuntimeName.TENSORFLOW, *_CPU_ORDER) if gpu else _CPU_ORDER
    return next(name for name in order if name in held)


def load_detector(
    bundle: Bundle, *, runtime: str = AUTO, threads: int | None = None, gpu: bool = False
) -> Detector:
    """Load the weights of a bundle; ``threads`` bounds the CPU threads of one inference.

    Without ``threads`` the runtime takes every core that it sees, or those of a CPU quota.
    """
    return Detector(bundle, _load(bundle, choose(bundle, runtime, gpu=gpu), threads))


def _load(bundle: Bundle, name: RuntimeName, threads: int | None) -> Runtime:
    file, manifest = bundle.file(name), bundle.manifest
    novelty = manifest.novelty is not None
    # Imported here because each costs up to seconds and hundreds of megabytes.
    try:
        if name is RuntimeName.TENSORFLOW:
            import_tensorflow()
            from core.model.runtimes.tensorflow import TensorFlowRuntime

            return TensorFlowRuntime(
                file,
                manifest.input.size,
                threads=threads,
                explanation=manifest.explanation,
                novelty=novelty,
            )
        from core.model.runtimes.openvino import OpenVinoRuntime

        return OpenVinoRuntime(file, name, threads=threads, novelty=novelty)
    except ImportError as error:
        raise RuntimeUnavailable(
            f"The runtime {name} needs a package that is not installed ({error}). "
            "Install the extra: pip install 'deepfake-detection[worker]'."
        ) from error
