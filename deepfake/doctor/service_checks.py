"""The doctor's look at the parts of the service: model, runtimes, sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.errors import DeepfakeError
from core.model.bundle import RuntimeName, find_bundle, load_bundle
from deepfake.doctor import machine
from deepfake.doctor.check import Check, Health
from deepfake.doctor.probe import probe

_WORKER_EXTRA = "Run: pip install 'deepfake-detection[worker]'"


def check_model(model: str | None) -> Iterator[Check]:
    """The bundle's hashes, then every runtime that it has artifacts for."""
    try:
        bundle = load_bundle(find_bundle(model))
    except DeepfakeError as error:
        hint = "Run: deepfake models list; then name one with --model or DEEPFAKE_MODEL."
        yield Check("model", Health.FAIL, error.message, hint)
        yield from _check_runtime(RuntimeName.TENSORFLOW, None)
        return
    manifest = bundle.manifest
    yield Check("model", Health.OK, f"{manifest.name} {manifest.version}: all hashes match")
    tried = set(manifest.artifacts) | {RuntimeName.TENSORFLOW}  # it knows about GPUs
    for name in RuntimeName:
        if name in tried:
            held = bundle.path if name in manifest.artifacts else None
            yield from _check_runtime(name, held)


def check_video_model(model: str) -> Iterator[Check]:
    """The same of a model that judges videos alone; TensorFlow was tried with the other."""
    try:
        bundle = load_bundle(find_bundle(model))
    except DeepfakeError as error:
        hint = "Or unset DEEPFAKE_VIDEO_MODEL: then DEEPFAKE_MODEL judges videos too."
        yield Check("video model", Health.FAIL, error.message, hint)
        return
    manifest = bundle.manifest
    yield Check("video model", Health.OK, f"{manifest.name} {manifest.version}: all hashes match")
    for name in manifest.artifacts:
        for check in _check_runtime(name, bundle.path):
            if check.name == name:
                yield replace(check, name=f"video {name}")


def check_sandbox() -> Check:
    """Start a decoder, and see which of its fences the kernel lets it put up."""
    from worker.decoder.config import DecoderConfig
    from worker.decoder.decoder import Decoder
    from worker.decoder.sandbox import SECOND_FENCE

    try:
        decoder = Decoder.start(DecoderConfig(threads=1))
    except DeepfakeError as error:
        return Check("decoder", Health.FAIL, f"it does not start: {error}", _WORKER_EXTRA)
    decoder.close()
    behind = f"behind {', '.join(sorted(decoder.protections))}"
    if not decoder.missing:
        return Check("decoder", Health.OK, behind)
    without = f"{behind}; without {', '.join(decoder.missing)}"
    if SECOND_FENCE.issuperset(decoder.missing):
        return Check("decoder", Health.OK, f"{without}, which newer kernels have")
    hint = "Run the worker in a container of its own, without a network it does not need."
    return Check("decoder", Health.WARN, without, hint)


def _check_runtime(name: RuntimeName, bundle: Path | None) -> Iterator[Check]:
    answer = probe(name, bundle)
    if "error" in answer:
        missing = "No module named" in answer["error"] or bundle is None
        hint = _WORKER_EXTRA if missing else "Run: deepfake models verify; or export it again."
        yield Check(name, Health.FAIL if bundle else Health.WARN, answer["error"], hint)
    elif bundle is not None:
        detail = f"self-test differs by {answer['difference']:.1e} from what was stored"
        yield Check(name, Health.OK, detail)
    if "gpus" in answer:
        yield _check_gpus(answer["gpus"], answer["version"])


def _check_gpus(seen: list[str], version: str) -> Check:
    there = machine.gpu_uuids()
    if seen:
        return Check("GPU", Health.OK, f"TensorFlow {version} sees {', '.join(seen)}")
    if not there:
        return Check("GPU", Health.OK, "none; inference runs on the CPU")
    hint = "Run: pip install 'deepfake-detection[gpu]', and check the driver's version."
    return Check(
        "GPU", Health.WARN, f"{len(there)} there, but TensorFlow {version} sees none", hint
    )
