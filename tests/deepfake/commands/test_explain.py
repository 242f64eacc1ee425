from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.model.bundle import RuntimeName, write_manifest
from core.openvino_core import ov
from tests.core.bundle_factory import FIELDS, SIZE, write_bundle
from tests.deepfake.conftest import RunCommand

ops = ov.opset13


@pytest.fixture(scope="module")
def explaining_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Brightness again, but place by place: logit = mean of the map, the bias is 0."""
    folder = tmp_path_factory.mktemp("bundles") / "places"
    folder.mkdir()
    picture = ops.parameter([-1, SIZE, SIZE, 3], np.float32, name="picture")
    heat = ops.multiply(ops.reduce_mean(picture, ops.constant([3])), ops.constant(np.float32(8)))
    logit = ops.reduce_mean(heat, ops.constant([1, 2]))
    results = [ops.result(heat), ops.result(logit)]
    for result, name in zip(results, ("cam", "logit"), strict=True):
        result.output(0).get_tensor().set_names({name})
    ov.save_model(ov.Model(results, [picture]), folder / "fp32.xml", compress_to_fp16=False)
    fields = {**FIELDS, "name": "places", "explanation": {"method": "cam", "layer": "places"}}
    files = {RuntimeName.OPENVINO_FP32: ["fp32.xml", "fp32.bin"]}
    return write_manifest(folder, fields, files).path


@pytest.mark.parametrize("name", ["map.png", "map.jpg"])
def test_a_face_is_drawn_with_its_map(
    run: RunCommand, explaining_bundle: Path, portrait: Path, tmp_path: Path, name: str
) -> None:
    told = run("explain", portrait, "--out", tmp_path / name, "--model", explaining_bundle)
    assert told.exit_code == 0, told.output
    assert "P(fake) 0." in told.stdout
    drawn = cv2.imread(str(tmp_path / name))
    assert drawn is not None
    crop, overlay = np.split(drawn[:320].astype(int), 2, axis=1)
    change = overlay - crop  # BGR: bright places turn red, dark ones blue
    bright, dark = crop.min(2) > 160, crop.max(2) < 60
    assert bright.any()
    assert dark.any()
    assert (change[bright][:, 2] - change[bright][:, 0]).mean() > 10
    assert (change[dark][:, 2] - change[dark][:, 0]).mean() < -10


def test_the_score_is_that_of_a_scan(
    run: RunCommand, explaining_bundle: Path, portrait: Path, tmp_path: Path
) -> None:
    told = run("explain", portrait, "--out", tmp_path / "a.png", "--model", explaining_bundle)
    scanned = run("scan", portrait, "--json", "--model", explaining_bundle)
    p = float(told.stdout.split("P(fake) ")[1].split()[0])
    assert f'"fake_probability": {p:.3f}'[:-1] in scanned.stdout


def test_a_bundle_from_before_says_that_it_cannot_explain(
    run: RunCommand, tmp_path: Path, portrait: Path
) -> None:
    old = write_bundle(tmp_path / "old").path
    told = run("explain", portrait, "--out", tmp_path / "a.png", "--model", old)
    assert told.exit_code == 1
    assert "cannot explain itself" in told.stderr
    assert not (tmp_path / "a.png").exists()


def test_a_picture_without_a_face_is_not_drawn(
    run: RunCommand, explaining_bundle: Path, landscape: Path, tmp_path: Path
) -> None:
    told = run("explain", landscape, "--out", tmp_path / "a.png", "--model", explaining_bundle)
    assert told.exit_code == 1
    assert "No face was found" in told.stderr


def test_an_ending_that_is_no_picture_is_named(
    run: RunCommand, explaining_bundle: Path, portrait: Path, tmp_path: Path
) -> None:
    told = run("explain", portrait, "--out", tmp_path / "a.gif", "--model", explaining_bundle)
    assert told.exit_code == 2
    assert "'.gif'" in told.stderr
