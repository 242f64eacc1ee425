from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.fit.checkpoint import FILE, State, load, restore, save

STATE = State(
    7,
    '{"seed": 1}',
    {"model": [np.arange(3.0), np.ones((2, 2), np.int64)], "best": []},
    '{"stopped": false}',
)


def test_a_state_comes_back(tmp_path: Path) -> None:
    save(tmp_path, STATE)
    state = load(tmp_path)
    assert state is not None
    assert (state.step, state.recipe, state.counters) == (7, STATE.recipe, STATE.counters)
    assert list(state.arrays) == ["model"]
    for one, two in zip(state.arrays["model"], STATE.arrays["model"], strict=True):
        assert one.dtype == two.dtype
        assert np.array_equal(one, two)


def test_more_than_ten_arrays_keep_their_order(tmp_path: Path) -> None:
    save(tmp_path, State(0, "{}", {"model": [np.array(index) for index in range(12)]}))
    state = load(tmp_path)
    assert state is not None
    assert [int(value) for value in state.arrays["model"]] == list(range(12))


def test_a_kill_while_writing_leaves_the_state_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, STATE)

    def die(_number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.fit.checkpoint.os.fsync", die)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path, State(8, "{}", {}))
    state = load(tmp_path)
    assert state is not None
    assert state.step == 7


def test_an_empty_folder_holds_none(tmp_path: Path) -> None:
    assert load(tmp_path) is None


@pytest.mark.parametrize("keep", [0, 40, 400])
def test_a_torn_file_is_named(tmp_path: Path, keep: int) -> None:
    save(tmp_path, STATE)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:keep])
    with pytest.raises(ConfigurationError, match=r"checkpoint\.npz is no readable checkpoint"):
        load(tmp_path)


def test_arrays_that_do_not_fit_are_refused() -> None:
    keras = pytest.importorskip("keras")
    variable = keras.Variable(np.zeros(3, np.float32))
    with pytest.raises(ConfigurationError, match="holds 2 arrays of the network; the run has 1"):
        restore([variable], [np.zeros(3), np.zeros(3)], "network")
    with pytest.raises(ConfigurationError, match=r"shape \(4,\) where the run has \(3,\)"):
        restore([variable], [np.zeros(4)], "network")
