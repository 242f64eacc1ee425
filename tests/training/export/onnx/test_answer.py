from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from core.errors import BundleInvalid
from tests.training.export.onnx.onnx_models import SIZE, Network, save
from tests.training.export.onnx.requests import import_it
from training.export.onnx.answer import Answer, check_answers, read_answer, single
from training.export.onnx.file import read_onnx


def _read(file: Path, stated: Any = None) -> Answer:
    return read_answer(read_onnx(file), stated)


@pytest.mark.parametrize("activation", ["Sigmoid", "Softmax", "LogSoftmax"])
def test_an_activation_at_the_end_is_taken_off(tmp_path: Path, activation: str) -> None:
    outputs = 1 if activation == "Sigmoid" else 2
    file = Network(outputs).save(tmp_path / "net.onnx", activation=activation)
    read = _read(file)
    assert (read.output, read.activation) == ("logit", activation)
    assert _read(file, "probability").output == "logit"
    with pytest.raises(BundleInvalid, match=f"--output logit contradicts .* ends in {activation}"):
        _read(file, "logit")


def test_an_activation_behind_a_change_of_shape_is_found(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Sigmoid", ["mean"], ["share"]),
        helper.make_node("Flatten", ["share"], ["flat"]),
        helper.make_node("Squeeze", ["flat", "axis"], ["answer"]),
    ]
    axis = {"axis": np.array([1], np.int64)}
    save(tmp_path / "net.onnx", nodes, axis, ("n", 3, SIZE, SIZE))
    assert _read(tmp_path / "net.onnx").activation == "Sigmoid"
    assert import_it(tmp_path / "net.onnx").bundle.manifest.output == "logit"


def test_an_end_that_does_not_tell_is_asked_for_with_its_choices(tmp_path: Path) -> None:
    file = Network().save(tmp_path / "net.onnx")
    with pytest.raises(BundleInvalid, match=r"--output: logit \(.*\) or probability \("):
        _read(file)
    assert _read(file, "logit").output == "logit"
    assert _read(file, "probability").output == "probability"


def test_a_softmax_over_the_pictures_is_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("Gemm", ["colour", "mix"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["answer"], axis=0),
    ]
    mix = {"mix": np.ones((3, 2), np.float32)}
    save(tmp_path / "net.onnx", nodes, mix, ("n", 3, SIZE, SIZE))
    with pytest.raises(BundleInvalid, match="Softmax over dimension 0"):
        _read(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("outputs", "activation", "told"),
    [
        (3, None, "answers with 3 numbers for each picture; one or two are needed"),
        (2, "Sigmoid", "two sigmoids, which need not add up to 1"),
        (1, "Softmax", "Softmax over one output answers the same to every picture"),
    ],
)
def test_ends_that_tell_no_two_classes_are_refused(
    tmp_path: Path, outputs: int, activation: str | None, told: str
) -> None:
    file = Network(outputs).save(tmp_path / "net.onnx", activation=activation)
    with pytest.raises(BundleInvalid, match=told):
        import_it(file, output=None if activation else "logit")


def _probabilities(*values: list[float]) -> None:
    check_answers(Answer(None, "probability", None), np.array(values, np.float32), None)


def test_probabilities_are_checked_by_what_the_model_answers() -> None:
    _probabilities([0.25, 0.75], [1, 0])
    _probabilities([0.0], [1.0])
    with pytest.raises(BundleInvalid, match=r"answers -2 to 0\.5.*--output logit"):
        _probabilities([0.5], [-2])
    with pytest.raises(BundleInvalid, match=r"add up to 1 to 1\.5 instead of 1"):
        _probabilities([0.25, 0.75], [0.75, 0.75])


def test_classes_name_as_many_outputs_as_there_are() -> None:
    logit = Answer(None, "logit", None)
    check_answers(logit, np.zeros((1, 2), np.float32), 2)
    with pytest.raises(BundleInvalid, match=r"--classes names 2 outputs.*--positive-class"):
        check_answers(logit, np.zeros((1, 1), np.float32), 2)


def test_weights_that_are_no_numbers_are_refused_as_such(tmp_path: Path) -> None:
    network = Network()
    network.bias[0] = np.nan
    with pytest.raises(BundleInvalid, match="its weights are damaged"):
        import_it(network.save(tmp_path / "net.onnx"), output="logit")


def test_two_logits_become_their_difference_and_two_probabilities_the_second() -> None:
    values = np.array([[1.0, 3.0], [0.25, 0.75]], np.float32)
    assert single(Answer(None, "logit", None), values).tolist() == [2.0, 0.5]
    assert single(Answer(None, "probability", None), values).tolist() == [3.0, 0.75]
    assert single(Answer(None, "logit", None), values[:, :1]).tolist() == [1.0, 0.25]
