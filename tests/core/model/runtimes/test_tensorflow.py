from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from core.errors import BundleInvalid, RuntimeUnavailable
from core.model.runtimes import tensorflow
from core.model.runtimes.tensorflow import TensorFlowRuntime


def mean_of_red() -> tf.keras.Model:
    picture = tf.keras.Input((16, 16, 3))
    red = tf.keras.layers.GlobalAveragePooling2D()(picture)
    head = tf.keras.layers.Dense(1)
    model = tf.keras.Model(picture, head(red))
    head.set_weights([np.array([[1.0], [0.0], [0.0]]), np.array([0.5])])
    return model


def test_any_keras_file_runs_with_any_batch_size(tmp_path: Path) -> None:
    mean_of_red().save(tmp_path / "model.keras")
    runtime = TensorFlowRuntime(tmp_path / "model.keras", 16)
    for n in (1, 3):
        tensor = np.zeros((n, 16, 16, 3), np.float32)
        tensor[..., 0] = 2
        np.testing.assert_allclose(runtime.predict(tensor).raw, np.full(n, 2.5), atol=1e-6)


def with_novelty() -> tf.keras.Model:
    """The mean of red as the logit, and the square of it as the novelty, (n,)."""
    plain = mean_of_red()
    squares = tf.keras.layers.Multiply()([plain.output, plain.output])
    novelty = tf.keras.layers.Flatten(name="novelty")(squares)
    return tf.keras.Model(plain.input, {"logit": plain.output, "novelty": novelty})


def test_the_novelty_of_each_crop_is_read_beside_its_answer(tmp_path: Path) -> None:
    with_novelty().save(tmp_path / "model.keras")
    tensor = np.ones((3, 16, 16, 3), np.float32)
    answers = TensorFlowRuntime(tmp_path / "model.keras", 16, novelty=True).predict(tensor)
    assert answers.novelty is not None
    np.testing.assert_allclose(answers.raw, np.full(3, 1.5), atol=1e-6)
    np.testing.assert_allclose(answers.novelty, np.full(3, 2.25), atol=1e-6)
    assert TensorFlowRuntime(tmp_path / "model.keras", 16).predict(tensor).novelty is None


def test_a_promised_novelty_that_is_missing_is_an_invalid_bundle(tmp_path: Path) -> None:
    mean_of_red().save(tmp_path / "model.keras")
    with pytest.raises(BundleInvalid, match="no output 'logit'; it has one, unnamed"):
        TensorFlowRuntime(tmp_path / "model.keras", 16, novelty=True)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"no model")
    with pytest.raises(BundleInvalid, match=r"model\.keras is not a model"):
        TensorFlowRuntime(tmp_path / "model.keras", 16)


def test_a_model_that_carries_code_is_refused_and_the_code_is_not_run(tmp_path: Path) -> None:
    canary = str(tmp_path / "canary")
    picture = tf.keras.Input((16, 16, 3))
    answer = tf.keras.layers.Lambda(lambda x: (open(canary, "w"), tf.reduce_mean(x, (1, 2, 3)))[1])  # noqa: PTH123, SIM115 - it stands in a file by itself
    tf.keras.Model(picture, answer(picture)).save(tmp_path / "model.keras")
    Path(canary).unlink()  # Keras has called it once, to know its shape
    with pytest.raises(BundleInvalid, match="not a model that Keras can load"):
        TensorFlowRuntime(tmp_path / "model.keras", 16)
    assert not Path(canary).exists()


def test_a_tensorflow_that_runs_is_slowed_by_no_quota_and_refuses_only_an_explicit_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mean_of_red().save(tmp_path / "model.keras")  # which has started it
    monkeypatch.setattr(tensorflow, "quota_cores", lambda: 1)
    TensorFlowRuntime(tmp_path / "model.keras", 16)
    with pytest.raises(RuntimeUnavailable, match="running already and cannot be bound to 7"):
        TensorFlowRuntime(tmp_path / "model.keras", 16, threads=7)


def test_another_backend_of_keras_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tf.keras.backend, "backend", lambda: "torch")
    with pytest.raises(RuntimeUnavailable, match=r"computes with torch .*KERAS_BACKEND=tensorflow"):
        TensorFlowRuntime(tmp_path / "model.keras", 16)


def test_a_tensorflow_that_starts_keeps_to_the_cpu_quota() -> None:
    code = (
        "from core.model.runtimes import tensorflow as runtime\n"
        "import tensorflow as tf\n"
        "runtime.quota_cores = lambda: 1\n"
        "runtime._bound_threads(None)\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]
