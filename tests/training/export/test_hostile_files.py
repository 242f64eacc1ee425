"""Files of models that were made to do harm: none runs code, reads elsewhere or fills the disk."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.errors import BundleInvalid
from training.export.foreign_model import read_model
from training.export.keras2 import file as keras_file

keras: Any = pytest.importorskip("keras")
SECRET = b"root:x:0:0:" * 4


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str], Path]:
    """A small model that is fine, in a file of that name."""

    def save(name: str) -> Path:
        layers = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, name="last")]
        keras.Sequential([keras.layers.Input((8, 8, 3)), *layers]).save(tmp_path / name)
        return tmp_path / name

    return save


def _rewritten(file: Path, change: Callable[[dict[str, Any]], Any], **more: bytes) -> Path:
    """The same archive with another configuration, and more members."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(change(json.loads(members["config.json"]))).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, **more}.items():
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize(
    ("module", "name", "config"),
    [
        ("os", "system", "touch {}"),
        ("builtins", "exec", "open({!r}, 'w')"),
        ("subprocess", "run", ["touch", "{}"]),
        ("builtins", "__lambda__", {"value": "{}"}),
        ("keras.src.utils.module_utils", "LazyModule", {"name": "{}"}),
        ("keras", "Functional", {"layers": "{}"}),
    ],
)
def test_what_is_no_layer_is_neither_imported_nor_called(
    saved: Callable[[str], Path], tmp_path: Path, module: str, name: str, config: object
) -> None:
    touched = tmp_path / "touched"
    text = json.dumps(config).replace("{}", str(touched)).replace("{!r}", f"'{touched}'")
    evil = {"module": module, "class_name": name, "config": json.loads(text)}
    file = _rewritten(saved("net.keras"), lambda _: {**evil, "registered_name": None})
    with pytest.raises(BundleInvalid, match="cannot be loaded by Keras"):
        read_model(file)
    assert not touched.exists()


def test_a_layer_of_a_module_that_is_no_part_of_keras_is_not_imported(
    saved: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_layers.py").write_text("open('touched', 'w')\nclass Layer: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    def foreign(config: dict[str, Any]) -> dict[str, Any]:
        last = config["config"]["layers"][-1]
        last.update(module="evil_layers", class_name="Layer", registered_name=None)
        return config

    with pytest.raises(BundleInvalid):
        read_model(_rewritten(saved("net.keras"), foreign))
    assert not (tmp_path / "touched").exists()


def test_a_member_that_leads_out_of_the_archive_is_written_nowhere(
    saved: Callable[[str], Path], tmp_path: Path
) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    names = {"../slipped": b"x", "assets/../../slipped": b"x", str(tmp_path / "slipped"): b"x"}
    file = _rewritten(saved("net.keras"), lambda config: config, **names)
    read_model(file.rename(inner / "net.h5"))  # whose name has it copied first
    assert list(tmp_path.rglob("*slipped*")) == []


def test_a_bomb_is_refused_before_it_is_unpacked(
    saved: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_file, "_FREE_BYTES", 10**5)
    file = _rewritten(saved("net.keras"), lambda config: config, **{"assets/big": bytes(10**6)})
    with pytest.raises(BundleInvalid, match=r"bytes would unpack to 1,0\d\d,\d\d\d"):
        read_model(file)


def test_an_endless_configuration_is_refused_before_it_is_read(
    saved: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_file, "_LARGEST_CONFIG", 1000)
    file = _rewritten(saved("net.keras"), lambda config: {**config, "notes": "x" * 2000})
    with pytest.raises(BundleInvalid, match=r"config\.json has [\d,]+ bytes; the limit is 1,000"):
        read_model(file)


@pytest.mark.parametrize("nested", ["[", '{"a":'])
def test_a_configuration_without_a_floor_is_refused_in_words(
    saved: Callable[[str], Path], nested: str
) -> None:
    file = saved("net.keras")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", nested * 100_000)
    with pytest.raises(BundleInvalid):
        read_model(file)


def _external(group: h5py.Group, name: str, elsewhere: Path) -> None:
    shape = group[name].shape
    del group[name]
    where = [(str(elsewhere), 0, 4 * int(np.prod(shape)))]
    group.create_dataset(name, shape, "<f4", external=where)


def _linked(group: h5py.Group, name: str, elsewhere: Path) -> None:
    shape = group[name].shape
    with h5py.File(elsewhere, "w") as other:
        other["w"] = np.ones(shape, "<f4")
    del group[name]
    group[name] = h5py.ExternalLink(str(elsewhere), "w")


@pytest.mark.parametrize("lead", [_external, _linked])
def test_weights_of_an_h5_file_that_lie_in_another_file_are_not_read(
    saved: Callable[[str], Path],
    tmp_path: Path,
    lead: Callable[[h5py.Group, str, Path], None],
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(SECRET)
    file = saved("net.h5")
    with h5py.File(file, "r+") as stored:
        found: list[str] = []
        weights = stored["model_weights"]
        weights.visit(lambda name: found.append(name) if "kernel" in name else None)
        at = found[-1]
        lead(weights[at.rpartition("/")[0]], at.rpartition("/")[2], elsewhere)
    with pytest.raises(BundleInvalid):
        read_model(file)
