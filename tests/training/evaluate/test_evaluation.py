from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

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
from training.evaluate.plots.gallery import draw_all, save_all
from training.evaluate.plots.mistakes import mistakes, worst
from training.evaluate.plots.style import to_png, to_svg
from training.evaluate.verdicts import called


@pytest.fixture(scope="module")
def evaluation(
    bundle_dir: Path, bright_samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> Evaluation:
    data_dir = tmp_path_factory.mktemp("with clips")
    for label in ("real", "fake", "noface"):
        (data_dir / "videos" / label).mkdir(parents=True)
        (data_dir / "videos" / label / "<b>clip.mp4").write_bytes(make_video(frames=4))
    data = [DataSet(data_dir)]
    plan = Plan(
        [RuntimeName.OPENVINO_FP32], robustness=True, resamples=50,
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


def test_metrics_json_says_what_was_measured_and_on_what(
    evaluation: Evaluation, detector: Detector
) -> None:
    document = evaluation.document
    assert json.loads(json.dumps(document)) == document
    assert document["model"] == detector.bundle.reference
    assert document["data"]["pictures"] == 18
    assert document["thresholds"] == {"fake": 0.8, "real": 0.2, "video": None}
    assert document["runtimes"]["openvino-fp32"]["all"]["auc"] > 0.9
    assert document["robustness"]["pictures"] == 18
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


def test_every_plot_is_written_as_svg_and_png(evaluation: Evaluation, tmp_path: Path) -> None:
    thresholds = evaluation.bundle.manifest.thresholds
    robustness = evaluation.document["robustness"]
    save_all(draw_all(evaluation.scores, evaluation.report, thresholds, robustness), tmp_path)
    names = {file.stem for file in tmp_path.glob("*.svg")}
    assert names == {file.stem for file in tmp_path.glob("*.png")}
    assert names == {
        "roc", "precision-recall", "calibration", "scores", "confusion", "auc", "coverage",
        "robustness-jpeg", "robustness-downscale", "robustness-blur", "robustness-noise",
    }  # fmt: skip
    for name in names:
        ET.parse(tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.png").read_bytes()[:4] == b"\x89PNG"


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


def test_the_confusion_plot_has_a_column_for_the_undecided(plots: dict[str, Any]) -> None:
    svg = to_svg(plots["confusion"])
    assert all(name in svg for name in ("called real", "inconclusive", "called fake", "is fake"))


def test_a_plot_is_the_same_file_every_time(plots: dict[str, Any]) -> None:
    assert to_svg(plots["scores"]) == to_svg(plots["scores"])
    assert to_png(plots["scores"]) == to_png(plots["scores"])


def test_the_worst_mistakes_come_first_and_what_is_right_is_none() -> None:
    scores = made_scores()
    found = worst(scores, shown=5)
    accused, missed = (scores.probability[found[label]] for label in ("real", "fake"))
    assert accused.tolist() == sorted(scores.probability[~scores.fake], reverse=True)[:5]
    assert missed.tolist() == sorted(scores.probability[scores.fake])[:5]
    assert accused.min() >= 0.5 > missed.max()
    assert worst(made_scores(separation=40)) == {"real": [], "fake": []}


def test_each_mistake_is_drawn_with_what_made_it_and_its_score(evaluation: Evaluation) -> None:
    figure = mistakes(evaluation.scores, evaluation.samples, 1 / 3)
    titles = [title for axes in figure.axes if (title := axes.get_title("left"))]
    wrong = evaluation.scores.fake != (evaluation.scores.probability >= 0.5)
    shown = sorted(f"{p:.2f}" for p in evaluation.scores.probability[wrong])
    assert sorted(title.split("\n")[1] for title in titles) == shown != []


def test_reals_alone_have_no_figure_that_needs_fakes(
    bundle_dir: Path, bright_samples: list[Sample], tmp_path: Path
) -> None:
    reals = [sample for sample in bright_samples if sample.picture.source == "plain"]
    plan = Plan([RuntimeName.OPENVINO_FP32], resamples=20)
    bundle = load_bundle(bundle_dir)
    alone = evaluate(bundle, reals, plan, data=[DataSet(tmp_path)], split="test")
    assert alone.report["all"]["auc"] is None
    assert alone.report["mean_auc"] is None
    plots = draw_all(alone.scores, alone.report, bundle.manifest.thresholds, None)
    assert set(plots) == {"scores", "confusion", "calibration"}
