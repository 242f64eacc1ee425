from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from deepfake.cli import cli
from training.evaluate.plots.predictions import prediction_grid
from training.evaluate.plots.style import to_svg
from training.evaluate.prediction import Prediction, shown_frame


@pytest.fixture(scope="module")
def no_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("media") / "grey.png"
    cv2.imwrite(str(file), np.full((120, 160, 3), 90, np.uint8))
    return file


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("media") / "broken.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0 cut short")
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def results(told: Result) -> list[dict[str, Any]]:
    lines = [json.loads(line)["result"] for line in told.stdout.splitlines()]
    for line in lines:
        del line["timings_ms"]
    return lines


def test_predict_gives_the_result_of_scan(bundle_dir: Path, portrait: Path, no_face: Path) -> None:
    predicted = run("predict", portrait, no_face, "--model", bundle_dir, "--json")
    scanned = run("scan", portrait, no_face, "--model", bundle_dir, "--json")
    assert predicted.exit_code == scanned.exit_code == 0
    assert results(predicted) == results(scanned)


def test_the_table_shows_verdict_and_confidence(
    bundle_dir: Path, portrait: Path, no_face: Path
) -> None:
    told = run("predict", portrait, no_face, "--model", bundle_dir)
    first, second = told.stdout.splitlines()
    assert "confidence 0." in first
    assert first.split()[1] in ("real", "fake", "inconclusive")
    assert second.split()[1:] == ["inconclusive", "no_face"]


def test_a_broken_file_is_named_and_the_others_are_judged(
    bundle_dir: Path, portrait: Path, broken: Path, tmp_path: Path
) -> None:
    plot = tmp_path / "verdicts.png"
    told = run("predict", broken, portrait, "--model", bundle_dir, "--plot", plot)
    assert told.exit_code == 2
    assert f"{broken}: " in told.stderr
    assert len(told.stdout.splitlines()) == 2
    with Image.open(plot) as image:
        assert image.width > image.height > 200


def test_a_broken_file_is_an_error_object_in_json(bundle_dir: Path, broken: Path) -> None:
    told = run("predict", broken, "--model", bundle_dir, "--json")
    assert told.exit_code == 2
    assert json.loads(told.stdout)["error"]["code"] == "unreadable_media"


def test_the_plot_names_files_verdicts_and_reasons(
    bundle_dir: Path, no_face: Path, portrait: Path
) -> None:
    told = run("predict", portrait, no_face, "--model", bundle_dir, "--json")
    predictions = [
        Prediction(Path(line["file"]), result=line["result"])
        for line in map(json.loads, told.stdout.splitlines())
    ]
    svg = to_svg(prediction_grid(predictions))
    assert "grey.png" in svg
    assert "no face" in svg
    pixels, faces = shown_frame(predictions[0])
    assert pixels.shape == (512, 512, 3)
    assert len(faces) == 1


def test_what_was_not_judged_has_nothing_to_show(broken: Path) -> None:
    with pytest.raises(ValueError, match="was not judged"):
        shown_frame(Prediction(broken))


@pytest.mark.parametrize("size", [(512, 512), (300, 100), (100, 300)])
@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_no_title_is_cut_whatever_the_shape_of_the_pictures(
    tmp_path: Path, size: tuple[int, int], number: int
) -> None:
    file = tmp_path / "a_name_that_is_longer_than_a_title.png"
    Image.new("RGB", size).save(file)
    result = {
        "verdict": "inconclusive", "confidence": 0.5, "fake_probability": 0.5,
        "thresholds": {"fake": 0.8, "real": 0.2}, "reasons": ["few_faces", "small_faces"],
        "frames": [{"fake_probability": 0.5, "faces": []}],
    }  # fmt: skip
    figure = prediction_grid([Prediction(file, result=result)] * number)
    figure.draw_without_rendering()
    for axes in figure.axes[:number]:
        title = axes.title.get_window_extent()
        assert title.y1 < figure.bbox.height - 1
        assert title.x0 > 0
        assert title.x1 < figure.bbox.width
