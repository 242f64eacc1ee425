"""Whatever a classifier is built of, its bundle gives the answers that its file gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BundleInvalid
from core.model.preprocess import Scaling
from core.model.rules import Thresholds
from core.model.runtimes import load_detector
from tests.training.export.foreign_models import (
    SIZE,
    STRUCTURES,
    WITHOUT_A_MAP,
    Structure,
    sequential,
)
from training.export.importing import ImportRequest, import_model
from training.export.new_bundle import Imported

_TOLERANCE = 5e-3  # what Keras itself rounds by in bfloat16
keras: Any = pytest.importorskip("keras")


def _import(file: Path, **about: Any) -> Imported:
    request = ImportRequest(
        file=file, name="foreign", version="1", positive_class="fake", scaling=Scaling.UNIT,
        thresholds=Thresholds(fake=0.8, real=0.2), **about,
    )  # fmt: skip
    return import_model(request, file.parent / "models")


def _answer(model: Any, pictures: Any) -> Any:
    """(n,) of a model that may have its input and its output in a dictionary."""
    if not isinstance(model, keras.Sequential):
        pictures = keras.tree.map_structure(lambda _: pictures, model.input)
    (answer,) = keras.tree.flatten(model(pictures, training=False))
    return np.asarray(answer, np.float32)[:, -1]


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda each: each.__name__)
def test_every_structure_is_imported_and_serves_the_scores_of_its_file(
    structure: Structure, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(3)
    model = structure(keras)
    pictures = np.random.default_rng(0).random((4, SIZE, SIZE, 3), np.float32)
    expected = _answer(model, pictures)
    model.save(tmp_path / "net.keras")
    imported = _import(tmp_path / "net.keras")
    manifest = imported.bundle.manifest
    assert set(manifest.artifacts) == {"tensorflow", "openvino-fp32"}
    for name in manifest.artifacts:
        runtime = load_detector(imported.bundle, runtime=name).runtime
        np.testing.assert_allclose(runtime.predict(pictures).raw, expected, atol=_TOLERANCE)
        np.testing.assert_allclose(runtime.predict(pictures[:3]).raw, expected[:3], atol=_TOLERANCE)
    if structure in WITHOUT_A_MAP:
        assert manifest.explanation is None
        assert any("cannot show where in a face it looks" in each for each in imported.warnings)
    else:
        heat = load_detector(imported.bundle, runtime="tensorflow").runtime.explain(pictures)
        assert heat.ndim == 3
        assert np.isfinite(heat).all()


def test_a_model_that_openvino_cannot_convert_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_model: object) -> None:
        raise RuntimeError("No conversion rule found for operations: StatelessRandomUniformV2")

    sequential(keras).save(tmp_path / "net.keras")
    monkeypatch.setattr("training.export.importing.to_openvino", fail)
    with pytest.raises(BundleInvalid, match=r"StatelessRandomUniformV2.*--no-openvino"):
        _import(tmp_path / "net.keras")
    assert set(_import(tmp_path / "net.keras", openvino=False).bundle.manifest.artifacts) == {
        "tensorflow"
    }


def test_weights_that_are_no_numbers_are_refused_as_such(tmp_path: Path) -> None:
    model = sequential(keras)
    model.set_weights([np.full_like(each, np.nan) for each in model.get_weights()])
    model.save(tmp_path / "net.keras")
    with pytest.raises(BundleInvalid, match="its weights are damaged, or its training diverged"):
        _import(tmp_path / "net.keras")
