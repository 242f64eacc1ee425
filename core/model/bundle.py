"""A model bundle: a folder with ``model.json``, the weights and their hashes.

``model.json`` says what a bare weights file cannot: what the output means, how bytes
become the input, where the thresholds lie, and what was measured. Nothing of it is ever
guessed: a missing or damaged part raises, it is never replaced by a default.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from core.errors import BundleInvalid, BundleNotFound
from core.model.origin import Origin
from core.model.preprocess import Scaling
from core.model.rules import (
    Calibration,
    ErrorCell,
    Novelty,
    Part,
    Rules,
    Thresholds,
    check_disjoint,
)
from core.options import DEFAULT_MARGIN

MANIFEST = "model.json"
NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"  # of a bundle
LOGIT_OUTPUT, MAP_OUTPUT, NOVELTY_OUTPUT = "logit", "cam", "novelty"  # of several outputs
_ROOT = Path(__file__).resolve().parents[2]
MODELS_DIR = _ROOT / "models"
_PACKED_DIR = _ROOT / "training" / "frozen" / "packed"  # heads that ship without their tower


class RuntimeName(StrEnum):
    """A way to run a bundle; also the key of the artifact that it needs."""

    TENSORFLOW = "tensorflow"
    OPENVINO_FP32 = "openvino-fp32"
    OPENVINO_INT8 = "openvino-int8"


class Artifact(Part):
    """The files of one runtime, the first being the one to open: name → SHA-256."""

    files: Annotated[
        dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]], Field(min_length=1)
    ]

    @property
    def entry(self) -> str:
        return next(iter(self.files))


class InputSpec(Part):
    """The tensor that the network takes, (n, size, size, 3) float32 RGB, and what it shows.

    ``margin`` is left around the box of a face on each end, as a fraction of its longer side; a
    picture that has less is used as far as it goes.
    """

    size: Annotated[int, Field(ge=32, le=1024)]
    scaling: Scaling
    margin: Annotated[float, Field(ge=0, le=1)] = DEFAULT_MARGIN


class Explanation(Part):
    """How the network tells which parts of a crop raised or lowered its answer.

    ``cam``: every artifact has a second output of that name, the exact class-activation map
    (Zhou et al. 2016); of several experts, weighted by their shares of the odds. ``grad-cam``:
    the TensorFlow runtime takes the gradient at ``layer`` (Selvaraju et al. 2017).
    """

    method: Literal["cam", "grad-cam"]
    layer: str  # the last feature map, (n, h, w, channels); of experts, in each of them


class Manifest(Part):
    """The content of ``model.json``."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    positive_class: Literal["fake", "real"]
    output: Literal["logit", "probability"]
    input: InputSpec
    artifacts: dict[RuntimeName, Artifact]
    calibration: Calibration | None
    thresholds: Thresholds
    novelty: Novelty | None = None  # None: the network has no output of that name
    expected_error: tuple[ErrorCell, ...] = ()
    explanation: Explanation | None = None  # None: the network cannot explain itself
    metrics: dict[str, Any] = Field(default_factory=dict)
    data: str
    licence: str
    origin: Origin | None = None  # None: trained by this project
    self_test: SelfTest | None = None

    @model_validator(mode="after")
    def _runnable(self) -> Self:
        if not self.artifacts:
            raise ValueError("artifacts is empty")
        return self

    @model_validator(mode="after")
    def _judging(self) -> Self:
        """Thresholds are those of one calibration: a video has both of its own or neither."""
        calibrated = self.calibration is not None and self.calibration.video is not None
        if calibrated != (self.thresholds.video is not None):
            raise ValueError(
                "calibration.video and thresholds.video come together: thresholds of videos are "
                "chosen on probabilities that were calibrated for videos"
            )
        check_disjoint(self.expected_error)
        return self

    @property
    def rules(self) -> Rules:
        """What a verdict needs of this document."""
        return Rules(self.calibration, self.thresholds, self.novelty)


class SelfTest(Part):
    """What the network must answer to a picture made of ``seed``; see core/model/detector.py."""

    seed: int
    raw_output: float
    tolerance: Annotated[float, Field(gt=0)]
    # of runtimes that answer otherwise: INT8
    answers: dict[RuntimeName, float] = Field(default_factory=dict)


Manifest.model_rebuild()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A manifest whose files were found and whose hashes were checked."""

    path: Path
    manifest: Manifest
    sha256: str  # of model.json, which holds the hashes of all the rest

    def file(self, runtime: RuntimeName) -> Path:
        """The file that a runtime opens."""
        return self.path / self.manifest.artifacts[runtime].entry

    @property
    def reference(self) -> dict[str, str]:
        """Name, version and hash, as results and health reports quote them."""
        return {
            "name": self.manifest.name,
            "version": self.manifest.version,
            "sha256": self.sha256,
        }


def default_name(models_dir: Path = MODELS_DIR) -> str:
    """The name of the bundle that ships as the default, from ``models/DEFAULT``."""
    try:
        return (models_dir / "DEFAULT").read_text().strip()
    except FileNotFoundError:
        raise BundleNotFound(
            f"No default model: {models_dir / 'DEFAULT'} is missing. "
            "Set DEEPFAKE_MODEL to the folder of a bundle."
        ) from None


def installed(models_dir: Path = MODELS_DIR) -> list[str]:
    """Names of the bundles in a folder, sorted."""
    return sorted(path.parent.name for path in models_dir.glob(f"*/{MANIFEST}"))


def find_bundle(name_or_path: str | None = None, models_dir: Path = MODELS_DIR) -> Path:
    """The folder of a bundle given by name, by path, or the default one for None."""
    wanted = name_or_path or default_name(models_dir)
    for folder in (models_dir / wanted, Path(wanted).expanduser()):
        if (folder / MANIFEST).is_file():
            return folder.resolve()
    there = ", ".join(installed(models_dir)) or "none"
    hint = ""
    if Path(wanted).suffix in {".keras", ".h5", ".onnx"}:
        hint = " A Keras or ONNX file becomes a bundle with: deepfake models import FILE."
    elif wanted == Path(wanted).name and (_PACKED_DIR / wanted / MANIFEST).is_file():
        hint = f" It is made once, with: deepfake models assemble {wanted}."
    raise BundleNotFound(
        f"No model bundle {wanted!r}: neither a name in {models_dir} (there: {there}) "
        f"nor a folder that holds {MANIFEST}.{hint}"
    )


def load_bundle(path: Path) -> Bundle:
    """Read ``model.json`` and check the SHA-256 of every file that it names.

    Raises :class:`BundleInvalid` naming the file and what is wrong with it.
    """
    document = path / MANIFEST
    try:
        text = document.read_bytes()
        manifest = Manifest.model_validate_json(text)
    except FileNotFoundError:
        raise BundleNotFound(f"{document} is missing.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise BundleInvalid(f"{document}: {where}: {first['msg']}.") from None
    for artifact in manifest.artifacts.values():
        for name, expected in artifact.files.items():
            _check_file(path, name, expected)
    return Bundle(path, manifest, hashlib.sha256(text).hexdigest())


def _check_file(folder: Path, name: str, expected: str) -> None:
    file = folder / name
    if Path(name).name != name:
        raise BundleInvalid(f"{folder / MANIFEST}: {name!r} is not a plain file name.")
    if not file.is_file():
        raise BundleInvalid(f"{file} is missing; {MANIFEST} names it.")
    actual = sha256_of(file)
    if actual != expected:
        raise BundleInvalid(
            f"{file} is damaged: its SHA-256 is {actual[:12]}…, {MANIFEST} says {expected[:12]}…."
        )


def sha256_of(file: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_fields(fields: Mapping[str, Any]) -> None:
    """Raise :class:`BundleInvalid` for a ``model.json`` that would be refused.

    Called before the weights are written, so that a bad name costs no minutes.
    """
    placeholder = {RuntimeName.TENSORFLOW: {"files": {"model.keras": "0" * 64}}}
    try:
        Manifest.model_validate({**fields, "artifacts": placeholder})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BundleInvalid(f"{where} {first['input']!r}: {first['msg']}.") from None


def write_manifest(
    folder: Path, fields: Mapping[str, Any], artifacts: Mapping[RuntimeName, list[str]]
) -> Bundle:
    """Hash the named files in ``folder``, write ``model.json`` and load it back."""
    hashed = {
        runtime: Artifact(files={name: sha256_of(folder / name) for name in names})
        for runtime, names in artifacts.items()
    }
    manifest = Manifest(artifacts=hashed, **fields)
    (folder / MANIFEST).write_text(json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n")
    return load_bundle(folder)
