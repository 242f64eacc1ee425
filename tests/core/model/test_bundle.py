from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import BundleInvalid, BundleNotFound
from core.model.bundle import MANIFEST, Bundle, find_bundle, installed, load_bundle
from tests.core.bundle_factory import write_bundle

PLATT = {"slope": 0.7, "intercept": 0.1, "fitted_on": "nothing"}
BAND = {"fake": 0.8, "real": 0.2}
CELL = {"kind": "video", "face_width_px": [40, 90], "files": 9, "decided": 8, "wrong": 1}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return write_bundle(tmp_path / "brightness")


def edit(bundle: Bundle, **changes: Any) -> None:
    document = json.loads((bundle.path / MANIFEST).read_text())
    (bundle.path / MANIFEST).write_text(json.dumps({**document, **changes}))


def test_a_bundle_is_found_by_name_and_by_path(bundle: Bundle) -> None:
    models = bundle.path.parent
    assert find_bundle("brightness", models) == bundle.path
    assert find_bundle(str(bundle.path), models) == bundle.path
    assert installed(models) == ["brightness"]


def test_the_default_is_named_by_a_file(bundle: Bundle) -> None:
    (bundle.path.parent / "DEFAULT").write_text("brightness\n")
    assert find_bundle(None, bundle.path.parent) == bundle.path


def test_without_a_default_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound, match="DEEPFAKE_MODEL"):
        find_bundle(None, tmp_path)


def test_a_wrong_name_lists_what_is_there(bundle: Bundle) -> None:
    with pytest.raises(BundleNotFound, match=r"'lite9'.*there: brightness"):
        find_bundle("lite9", bundle.path.parent)


def test_a_keras_file_is_pointed_to_the_import(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFound, match="deepfake models import"):
        find_bundle("final_model.keras", tmp_path)


def test_one_flipped_bit_in_the_weights_is_noticed(bundle: Bundle) -> None:
    weights = bundle.path / "fp32.bin"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(BundleInvalid, match=r"fp32\.bin is damaged"):
        load_bundle(bundle.path)


def test_a_missing_file_is_named(bundle: Bundle) -> None:
    (bundle.path / "fp32.bin").unlink()
    with pytest.raises(BundleInvalid, match=r"fp32\.bin is missing"):
        load_bundle(bundle.path)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"positive_class": "maybe"}, "positive_class"),
        ({"thresholds": {"fake": 0.2, "real": 0.8}}, "not below"),
        ({"surprise": 1}, "surprise"),
        ({"input": {"size": 8, "scaling": "unit"}}, r"input\.size"),
        ({"input": {"size": 64, "scaling": "unit", "margin": 1.5}}, r"input\.margin"),
        ({"input": {"size": 64, "scaling": "unit", "margin": -0.1}}, r"input\.margin"),
        ({"artifacts": {}}, "artifacts is empty"),
        ({"calibration": {**PLATT, "video": PLATT}}, "come together"),
        ({"thresholds": {**BAND, "video": BAND}}, "come together"),
        ({"expected_error": [CELL, CELL]}, "two cells of videos"),
        ({"artifacts": {"openvino-fp32": {"files": {"../x": "0" * 64}}}}, "plain file name"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(
    bundle: Bundle, changes: dict[str, Any], what: str
) -> None:
    edit(bundle, **changes)
    with pytest.raises(BundleInvalid, match=what):
        load_bundle(bundle.path)


def test_the_margin_is_a_third_where_a_bundle_states_none(bundle: Bundle) -> None:
    edit(bundle, input={"size": 64, "scaling": "unit"})
    assert load_bundle(bundle.path).manifest.input.margin == 1 / 3
    edit(bundle, input={"size": 64, "scaling": "unit", "margin": 0.5})
    assert load_bundle(bundle.path).manifest.input.margin == 0.5


def test_a_bundle_may_judge_videos_by_numbers_of_their_own(bundle: Bundle) -> None:
    edit(
        bundle,
        calibration={**PLATT, "video": {**PLATT, "slope": 3.0}},
        thresholds={**BAND, "video": {"fake": 0.9, "real": 0.1}},
        novelty={"limit": 11.5, "rate": 0.02, "fitted_on": "nothing"},
        expected_error=[CELL],
    )
    manifest = load_bundle(bundle.path).manifest
    assert manifest.calibration is not None
    assert manifest.calibration.video is not None
    assert manifest.calibration.video.slope == 3.0
    assert manifest.thresholds.video is not None
    assert manifest.thresholds.video.fake == 0.9
    assert manifest.novelty is not None
    assert manifest.novelty.limit == 11.5
    assert manifest.expected_error[0].face_width_px == (40, 90)


def test_a_bundle_older_than_these_fields_has_none_of_them(bundle: Bundle) -> None:
    assert bundle.manifest.novelty is None
    assert bundle.manifest.thresholds.video is None
    assert bundle.manifest.expected_error == ()


def test_a_head_that_ships_without_its_tower_is_told_how_it_becomes_a_bundle(
    tmp_path: Path,
) -> None:
    with pytest.raises(BundleNotFound, match="deepfake models assemble clip-faces"):
        find_bundle("clip-faces", tmp_path)


def test_a_manifest_that_is_no_json_is_refused(bundle: Bundle) -> None:
    (bundle.path / MANIFEST).write_text("{")
    with pytest.raises(BundleInvalid, match="Invalid JSON"):
        load_bundle(bundle.path)
