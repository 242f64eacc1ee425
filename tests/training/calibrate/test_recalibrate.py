from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.model.bundle import load_bundle
from tests.core.bundle_factory import write_bundle
from training.calibrate.calibration import Wanted
from training.calibrate.recalibrate import dropped_metrics, recalibrate
from training.data.cache import Sample

WANTED = Wanted(0.3, 0.3)  # of twelve pictures of each class


@pytest.fixture
def bundle_dir(tmp_path: Path) -> Path:
    """Judges brightness, and striped fakes are brighter; two figures of its old calibration."""
    metrics: dict[str, Any] = {
        "valid": {"auc": 0.9},
        "test_looks": 3,
        "int8": {"accuracy_drop_points": 0.1, "auc_int8": 0.9},
    }
    metrics["experts"] = [{"slope": 1.5, "offset": 0.6}]
    return write_bundle(tmp_path / "bright", metrics=metrics).path


def test_a_bundle_is_fitted_to_other_data_and_no_weight_changes(
    bundle_dir: Path, samples: list[Sample]
) -> None:
    before = load_bundle(bundle_dir)
    files = {file.name: file.read_bytes() for file in bundle_dir.glob("fp32.*")}
    published = recalibrate(before, samples, WANTED, where="train of stripes")
    manifest = load_bundle(bundle_dir).manifest
    assert manifest.calibration is not None
    assert manifest.calibration.slope > 0
    assert "12 real and 12 fake pictures of 2 sources, train of stripes" in (
        manifest.calibration.fitted_on
    )
    assert manifest.thresholds != before.manifest.thresholds
    assert manifest.metrics["calibration"] == published.judged.to_json()
    assert manifest.artifacts == before.manifest.artifacts
    assert {file.name: file.read_bytes() for file in bundle_dir.glob("fp32.*")} == files


def test_figures_of_the_old_calibration_go_and_those_that_none_changes_stay(
    bundle_dir: Path, samples: list[Sample]
) -> None:
    old = load_bundle(bundle_dir)
    recalibrate(old, samples, WANTED, where="here")
    assert dropped_metrics(old) == ["valid"]
    metrics = load_bundle(bundle_dir).manifest.metrics
    assert set(metrics) == {"experts", "int8", "test_looks", "calibration"}
    assert metrics["test_looks"] == 3
    assert metrics["experts"] == old.manifest.metrics["experts"]
    assert metrics["int8"] == {"auc_int8": 0.9}


def test_the_part_for_videos_stays_and_their_errors_which_it_would_change_go(
    tmp_path: Path, samples: list[Sample]
) -> None:
    fit = {"slope": 2.0, "intercept": 0.5, "fitted_on": "clips"}
    old = write_bundle(
        tmp_path / "both",
        calibration={"slope": 1.0, "intercept": 0.0, "fitted_on": "old", "video": fit},
        thresholds={"fake": 0.8, "real": 0.2, "video": {"fake": 0.7, "real": 0.3}},
        expected_error=[
            {"kind": "video", "face_width_px": [40, None], "files": 9, "decided": 9, "wrong": 1}
        ],
    )
    after = recalibrate(old, samples, WANTED, where="here").bundle.manifest
    assert after.calibration is not None
    assert old.manifest.calibration is not None
    assert after.calibration.video == old.manifest.calibration.video
    assert after.calibration.fitted_on != "old"
    assert after.thresholds.video == old.manifest.thresholds.video
    assert after.thresholds.fake != 0.8
    assert after.expected_error == ()  # the 24 faces are 32 px wide


def test_a_copy_leaves_the_bundle_as_it_was(
    bundle_dir: Path, samples: list[Sample], tmp_path: Path
) -> None:
    old = load_bundle(bundle_dir)
    recalibrate(old, samples, WANTED, where="here", out=tmp_path / "mine")
    assert load_bundle(bundle_dir) == old
    copy = load_bundle(tmp_path / "mine").manifest
    assert (copy.name, copy.artifacts) == ("mine", old.manifest.artifacts)


def test_a_copy_with_a_name_that_no_bundle_may_have_is_not_begun(
    bundle_dir: Path, samples: list[Sample], tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="name 'My Bundle' is not one of a bundle"):
        recalibrate(
            load_bundle(bundle_dir), samples, WANTED, where="here", out=tmp_path / "My Bundle"
        )
    assert not (tmp_path / "My Bundle").exists()


def test_a_bundle_that_answers_with_p_real_is_calibrated_the_right_way_round(
    bundle_dir: Path, samples: list[Sample], tmp_path: Path
) -> None:
    """Brightness as evidence of "real" ranks these fakes below the reals: it is noticed."""
    turned = tmp_path / "turned"
    shutil.copytree(bundle_dir, turned)
    bundle = write_bundle(turned, positive_class="real")
    with pytest.raises(ConfigurationError, match="ranks real above fake"):
        recalibrate(bundle, samples, WANTED, where="here")
