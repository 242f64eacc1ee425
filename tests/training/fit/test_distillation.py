from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.fit.runs import fit, make_run
from tests.training.pictures import tiny_network
from tests.training.trained_networks import SIZE, striped
from training.data.cache import Sample
from training.fit.distillation import distilled, load_teachers
from training.networks import Head
from training.networks.experts import combine

keras = pytest.importorskip("keras")


@pytest.fixture(scope="module")
def contrary() -> Any:
    """A teacher that takes every picture with stripes, which is a fake, for real."""
    teacher = striped(tiny_network())
    kernel, bias = teacher.layers[-1].get_weights()
    teacher.layers[-1].set_weights([-4 * kernel, -4 * bias])
    return teacher


@pytest.mark.parametrize(("share", "learned"), [(1.0, False), (0.0, True)])
def test_a_student_learns_what_its_teacher_says_to_the_share_of_it(
    share: float, learned: bool, contrary: Any, samples: list[Sample], tmp_path: Path
) -> None:
    contrary.save(tmp_path / "teacher.keras")
    run = make_run(
        tmp_path / "run", steps=60, early_size=None, early_share=0.0,
        teachers=(f"{tmp_path}/teacher.keras",), teacher_share=share,
    )  # fmt: skip
    fit(run, samples, report_every=60)
    crops = np.stack([sample.crop(SIZE) for sample in samples]).astype(np.float32) / 127.5 - 1
    logits = run.trainee.averaged_model()(crops, training=False).numpy()[:, 0]
    right = np.mean((logits > 0) == [sample.picture.fake for sample in samples])
    assert right > 0.7 if learned else right < 0.3


def test_a_target_is_the_mean_of_the_teachers_logits_and_the_label(contrary: Any) -> None:
    teachers = [contrary, striped(tiny_network())]
    student = distilled(tiny_network().build(SIZE, Head()), teachers, 0.6)
    student.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    crops = np.random.default_rng(0).uniform(-1, 1, (4, SIZE, SIZE, 3)).astype(np.float32)
    labels = np.array([0, 1, 1, 0], np.float32)
    logits = np.mean([each(crops, training=False).numpy()[:, 0] for each in teachers], axis=0)
    target = 0.6 / (1 + np.exp(-logits)) + 0.4 * labels
    answer = student(crops, training=False).numpy()[:, 0]
    expected = np.mean(np.logaddexp(0, answer) - target * answer)
    assert student.evaluate(crops, labels, verbose=0) == pytest.approx(expected, rel=1e-4)
    assert len(student.weights) == len(contrary.weights)  # the teachers' are not among them


def test_an_expert_of_a_bundle_can_teach(contrary: Any, tmp_path: Path) -> None:
    combine([contrary, striped(tiny_network())], "features").save(tmp_path / "model.keras")
    (teacher,) = load_teachers([f"{tmp_path}/model.keras:expert_0"], SIZE)
    student = distilled(tiny_network().build(SIZE, Head()), [teacher], 1.0)
    student.compile(loss="mse")
    crops = np.zeros((2, SIZE, SIZE, 3), np.float32)
    assert np.isfinite(student.evaluate(crops, np.zeros(2, np.float32), verbose=0))


def test_a_teacher_of_other_crops_is_refused(contrary: Any, tmp_path: Path) -> None:
    contrary.save(tmp_path / "teacher.keras")
    with pytest.raises(ConfigurationError, match=r"takes crops of 48 px and the run has 64"):
        load_teachers([f"{tmp_path}/teacher.keras"], 64)


def test_a_teacher_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.keras cannot be read as a network"):
        load_teachers([f"{tmp_path}/absent.keras"], SIZE)
