"""The detector that all serve, and the bundle that this service makes of its file.

    python -m benchmarks.peers.weights FILE.keras

Inception-ResNet-v2 with a sigmoid, as many deepfake detectors are. Its weights are random: a
network takes as long whatever its weights are.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.peers.pictures import pictures

SEED = 1
SIZE = 299  # pixels
BUNDLE = "peers"
PICTURES = 80  # to take the ranges of INT8 from
ANY_LOSS = 1e9  # random weights have no judgement that could be lost


def keras_file(folder: Path) -> Path:
    """The .keras file in this folder, made by a process of its own where it is missing."""
    file = folder / "weights.keras"
    if not file.exists():
        _run("benchmarks.peers.weights", file)
    return file


def bundle(folder: Path) -> Path:
    """The same weights as a bundle for all runtimes, INT8 too, by ``deepfake models import``."""
    made = folder / BUNDLE
    if not (made / "model.json").exists():
        options = {
            "name": BUNDLE,
            "positive-class": "fake",
            "scaling": "unit",
            "into": folder,
            "calibration-data": pictures(folder, PICTURES),
            "int8-loss": ANY_LOSS,
            "cache": folder / "faces",
        }
        given = [part for name, value in options.items() for part in (f"--{name}", value)]
        _run("deepfake", "models", "import", keras_file(folder), "--int8", *given)
    return made


def _run(module: str, *arguments: object) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def save(file: Path) -> None:
    """Write the model with random weights; the same ones each time."""
    import keras

    keras.utils.set_random_seed(SEED)
    shape = (SIZE, SIZE, 3)
    base = keras.applications.InceptionResNetV2(
        weights=None, include_top=False, pooling="avg", input_shape=shape
    )
    unfinished = file.with_name(f"unfinished-{file.name}")
    keras.Sequential([base, keras.layers.Dense(1, activation="sigmoid")]).save(unfinished)
    unfinished.rename(file)


if __name__ == "__main__":
    save(Path(sys.argv[1]))
