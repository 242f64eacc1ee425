"""The networks that ``deepfake export`` is told to put into a bundle: of runs, and of files."""

# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from training.networks import Network

Counts = Mapping[str, Mapping[str, int]]  # source → real or fake → pictures
_SAVED = re.compile(r"(?P<network>\w+)=(?P<saved>(?P<file>.+\.keras)(:\w+)?)(@(?P<side>\d+))?")
FORMAT = "NETWORK=FILE.keras[:EXPERT][@SIDE]"


@dataclass(frozen=True, slots=True)
class Expert:
    """A network with its head, and what it was trained on: counted by its run, or as told."""

    network: Network
    model: Any
    pictures: Counts | None = None
    told: str = ""


def of_run(run_dir: Path) -> Expert:
    """The averaged weights of a run, and the pictures that its ``run.json`` counts."""
    import keras

    from training.fit import AVERAGED
    from training.networks import find_network

    name, pictures = _read_run(run_dir)
    model = keras.saving.load_model(run_dir / AVERAGED, compile=False)
    return Expert(find_network(name), model, pictures, "" if pictures else _unknown(run_dir))


def of_file(source: str) -> Expert:
    """A saved network as ``FORMAT`` names it, which may enlarge to another side than it did.

    ``efficientnet_lite0=models/a/model.keras:expert_0@384`` is the first expert of a bundle,
    with crops brought to 384² px first; without ``@``, crops stay as they are. Raises
    :class:`ConfigurationError` when it is absent or does not fit, and as
    :func:`core.model.bundle.load_bundle` does when a ``model.json`` beside it is not true.
    """
    from training.networks import Head, find_network
    from training.networks.weights import load_network, load_weights

    parts = _SAVED.fullmatch(source)
    if parts is None:
        raise ConfigurationError(f"The expert {source!r} is not of the form {FORMAT}.")
    network, saved, side = find_network(parts["network"]), parts["saved"], parts["side"]
    size = load_network(saved).input_shape[1]
    model = network.build(size, Head(), int(side) if side else None)
    load_weights(network, model, saved)
    return Expert(network, model, told=_told_beside(Path(parts["file"])))


def _told_beside(file: Path) -> str:
    """What the ``model.json`` of the file's bundle says of its training data."""
    from core.model.bundle import MANIFEST, load_bundle

    if not (file.parent / MANIFEST).is_file():
        return _unknown(file)
    return load_bundle(file.parent).manifest.data


def _unknown(path: Path) -> str:
    return f"what {path.name} was trained on is not stated"


def _read_run(run_dir: Path) -> tuple[str, Counts | None]:
    from training.fit import checkpoint, record

    file = run_dir / record.FILE
    if file.is_file():
        content = json.loads(file.read_text())
        return content["recipe"]["network"], content["pictures"]["train"]
    state = checkpoint.load(run_dir)  # a run from before that file
    if state is None:
        raise ConfigurationError(f"{run_dir} holds no run; train one with: deepfake train.")
    return json.loads(state.recipe)["network"], None
