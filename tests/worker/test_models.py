"""The models of a worker, with real, tiny bundles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import jpeg
from core.errors import BundleNotFound, RuntimeUnavailable
from core.media.sniff import Kind
from tests.core.bundle_factory import SIZE, write_bundle
from worker.batcher import BatchLimits
from worker.models import Batchers, ChosenModels
from worker.settings import WorkerSettings

WHITE = jpeg.encode(np.full((SIZE, SIZE, 3), 255, np.uint8))


@pytest.fixture
def stills(tmp_path: Path) -> str:
    return str(write_bundle(tmp_path / "stills", name="stills").path)


@pytest.fixture
def films(tmp_path: Path) -> str:
    return str(write_bundle(tmp_path / "films", name="films", positive_class="real").path)


def test_each_kind_of_file_is_scored_by_its_own_network(stills: str, films: str) -> None:
    settings = WorkerSettings(model=stills, video_model=films)
    models = ChosenModels.of(settings).load(settings, on_gpu=False)
    batchers = Batchers.before(models, BatchLimits(), jobs_at_work=lambda: 1)
    try:
        logits = [batchers.judges.of(kind).scorer.score([WHITE]).logit[0] for kind in Kind]
    finally:
        batchers.close()
    assert dict(zip(Kind, logits, strict=True)) == {
        Kind.IMAGE: pytest.approx(8), Kind.VIDEO: pytest.approx(-8),
    }  # fmt: skip
    images, videos = models.identities
    assert videos is not None
    assert (images.name, videos.name) == ("stills", "films")
    assert models.describe() == "stills 1 (openvino-fp32), for videos films 1 (openvino-fp32)"


@pytest.mark.parametrize("named", [None, "", "the same"])
def test_one_model_for_all_is_loaded_once(stills: str, named: str | None) -> None:
    video_model = stills if named == "the same" else named
    settings = WorkerSettings(model=stills, video_model=video_model)
    models = ChosenModels.of(settings).load(settings, on_gpu=False)
    assert len(list(models)) == 1
    assert models.identities[1] is None
    assert models.describe() == "stills 1 (openvino-fp32)"


def test_a_video_model_that_is_not_there_stops_the_start(stills: str) -> None:
    with pytest.raises(BundleNotFound, match="No model bundle 'nowhere'"):
        ChosenModels.of(WorkerSettings(model=stills, video_model="nowhere"))


def test_the_runtime_of_the_video_model_is_a_setting_of_its_own(stills: str, films: str) -> None:
    settings = WorkerSettings(model=stills, video_model=films, video_runtime="openvino-int8")
    with pytest.raises(RuntimeUnavailable, match="films has no artifact for openvino-int8"):
        ChosenModels.of(settings).load(settings, on_gpu=False)


@pytest.mark.parametrize(
    ("runtime", "useful"), [("auto", True), ("tensorflow", True), ("openvino-fp32", False)]
)
def test_a_gpu_is_asked_for_where_one_of_the_models_can_use_it(
    stills: str, runtime: str, useful: bool
) -> None:
    settings = WorkerSettings(model=stills, video_model="lite0-faces-v6", video_runtime=runtime)
    assert ChosenModels.of(settings).may_use_gpu is useful
