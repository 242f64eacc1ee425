from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from core.model.bundle import RuntimeName, load_bundle
from core.model.detector import Detector
from tests.media_factory import make_video
from tests.training.evaluate.scored import made_scores
from tests.training.pictures import CentreFace
from training.data.cache import Sample
from training.data.clips import read_clips
from training.data.data_set import DataSet
from training.data.picture import Split
from training.evaluate import evaluation as evaluation_module
from training.evaluate.evaluation import Evaluation, Plan, evaluate
from training.evaluate.figures import figures_of
from training.evaluate.plots.gallery import draw_all
from training.evaluate.plots.style import inline, to_png, to_svg
from training.evaluate.report.page import write_report
from training.evaluate.verdicts import called


@pytest.fixture(scope="module")
def evaluation(
    bundle_dir: Path, bright_samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> Evaluation:
    data_dir = tmp_path_factory.mktemp("with clips")
    for label in ("real", "fake", "noface"):
        (data_dir / "videos" / label).mkdir(parents=True)
        (data_dir / "videos" / label / "<b>clip.mp4").write_bytes(make_video(frames=4))
    data = [DataSet(data_dir, "with clips")]
    plan = Plan(
        [RuntimeName.OPENVINO_FP32], robustness_per_cell=2, resamples=50,
        clips=read_clips(data, Split.TEST), cache_dir=tmp_path_factory.mktemp("films"),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation_module, "load_face_detector", lambda **_: CentreFace())
        return evaluate(
            load_bundle(bundle_dir),
            bright_samples,
            plan,
            data=data,
            split="test",
        )


@pytest.fixture(scope="module")
def folder(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(evaluation, folder, pictures=True)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text()


def test_metrics_json_says_what_was_measured_and_on_what(
    folder: Path, evaluation: Evaluation, detector: Detector
) -> None:
    document = json.loads((folder / "metrics.json").read_text())
    assert document == evaluation.document
    assert document["model"] == detector.bundle.reference
    assert document["data"]["pictures"] == 18
    assert document["thresholds"] == {"fake": 0.8, "real": 0.2, "video": None}
    assert document["runtimes"]["openvino-fp32"]["all"]["auc"] > 0.9
    assert document["robustness"]["pictures"] == 6
    assert [clip["label"] for clip in document["clips"]["files"]] == ["fake", "real"]
    assert document["clips"]["without_face"] == {"clips": 1, "no_face": 0}


def test_every_key_of_metrics_json_is_documented(evaluation: Evaluation) -> None:
    text = (Path(__file__).parents[3] / "docs" / "evaluation" / "README.md").read_text()
    documented = set(re.findall(r"`(\w+)`", text))
    group = evaluation.report["all"]
    point = evaluation.document["robustness"]["curves"]["jpeg"]["points"][0]
    clips = evaluation.document["clips"]
    keys = {*evaluation.document, *evaluation.report, *group, *point, *clips, *clips["files"][0]}
    assert keys <= documented, keys - documented


def test_the_page_is_one_file_that_asks_nothing_of_the_network(page: str) -> None:
    # Names of XML namespaces are no requests.
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<(script|link|iframe)\b|@import|url\((?!#)", page)
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]*)', page))


def test_the_page_states_model_data_thresholds_and_caveats(
    page: str, evaluation: Evaluation
) -> None:
    for told in (
        evaluation.bundle.sha256, "openvino-fp32", "fake from 0.8, real up to 0.2",
        "18 pictures", evaluation.document["created"], "never sole evidence",
        "not calibrated", "1 real and 1 fake clips of 1 persons",
    ):  # fmt: skip
        assert told in page, told


def test_names_from_the_data_cannot_become_markup(page: str) -> None:
    assert "&lt;b&gt;clip.mp4" in page
    assert "<b>clip.mp4" not in page


def test_the_worst_mistakes_are_shown_with_names_and_scores(
    page: str, evaluation: Evaluation
) -> None:
    scores = evaluation.scores
    wrong = (~scores.fake & (scores.probability >= 0.5)) | (
        scores.fake & (scores.probability < 0.5)
    )
    assert page.count("data:image/jpeg") == min(24, int(wrong.sum())) > 0
    for index in wrong.nonzero()[0].tolist():
        assert evaluation.samples[index].picture.key in page


def test_a_report_for_publishing_holds_no_picture_and_no_name_of_one(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_report(evaluation, tmp_path, pictures=False)
    for file in ("report.html", "metrics.json"):
        text = (tmp_path / file).read_text()
        assert "data:image" not in text
        assert not any(sample.picture.key in text for sample in evaluation.samples)


def test_every_plot_is_written_as_svg_and_png(folder: Path) -> None:
    names = {file.stem for file in (folder / "plots").glob("*.svg")}
    assert names == {file.stem for file in (folder / "plots").glob("*.png")}
    assert {
        "roc",
        "precision-recall",
        "coverage",
        "calibration",
        "scores",
        "confusion",
        "auc",
        "verdicts",
    } <= names
    assert {
        "robustness-jpeg",
        "robustness-downscale",
        "robustness-blur",
        "robustness-noise",
    } <= names
    for name in names:
        ET.parse(folder / "plots" / f"{name}.svg")
        assert (folder / "plots" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"


def test_no_two_elements_of_the_page_share_an_id(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def plots() -> dict[str, Any]:
    scores = made_scores()
    from core.model.rules import Thresholds

    thresholds = Thresholds(fake=0.8, real=0.2)
    report = figures_of(scores, called(scores.probability, thresholds), resamples=20)
    return draw_all(scores, report, thresholds, None)


def test_the_roc_has_a_curve_for_every_source_with_both_classes(plots: dict[str, Any]) -> None:
    labels = [text.get_text() for text in plots["roc"].axes[0].get_legend().get_texts()]
    assert [label.split()[0] for label in labels] == ["stylegan_ffhq", "swaps", "all"]


def test_the_coverage_plot_says_how_much_is_decided_at_the_thresholds(
    plots: dict[str, Any],
) -> None:
    lines = {line.get_label(): line for line in plots["coverage"].axes[0].get_lines()}
    assert set(lines) == {"stylegan_ffhq", "swaps", "all", "all, at the thresholds"}
    (share,), (right,) = lines["all, at the thresholds"].get_data()
    assert right == pytest.approx(np.interp(share, *lines["all"].get_data()), abs=0.02)


def test_the_confusion_plot_has_a_column_for_the_undecided(plots: dict[str, Any]) -> None:
    svg = to_svg(plots["confusion"])
    assert all(name in svg for name in ("called real", "inconclusive", "called fake", "is fake"))


def test_a_plot_is_the_same_file_every_time(plots: dict[str, Any]) -> None:
    assert to_svg(plots["scores"]) == to_svg(plots["scores"])
    assert to_png(plots["scores"]) == to_png(plots["scores"])


def test_an_inline_plot_takes_the_colours_of_the_page(plots: dict[str, Any]) -> None:
    element = inline(to_svg(plots["calibration"]), "calibration")
    assert element.startswith('<svg role="img" aria-label="calibration"')
    assert "var(--ink)" in element
    assert "#1f2328" not in element
    ET.fromstring(element)


def test_reals_alone_make_a_report_without_what_needs_fakes(
    bundle_dir: Path, bright_samples: list[Sample], tmp_path: Path
) -> None:
    reals = [sample for sample in bright_samples if sample.picture.source == "plain"]
    plan = Plan([RuntimeName.OPENVINO_FP32], robustness_per_cell=None, resamples=20)
    alone = evaluate(
        load_bundle(bundle_dir), reals, plan, data=[DataSet(tmp_path, "alone")], split="test"
    )
    assert alone.report["all"]["auc"] is None
    assert alone.report["mean_auc"] is None
    page = write_report(alone, tmp_path, pictures=False).read_text()
    assert "of real faces called fake" in page
    assert not (tmp_path / "plots" / "roc.svg").exists()
    assert "Whole clips" not in page
    assert "got worse on their way" not in page
