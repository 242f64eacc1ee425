"""INT8 of a tower by ranges that were measured before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.openvino_core import openvino_core
from tests.training.networks.clip.tiny_tower import SIZE, TinyTower
from training.frozen.int8 import in_int8
from training.frozen.ranges import Ranges, shared_products
from training.frozen.tower import Tower
from training.networks.clip.tower import load_tower


@pytest.fixture(scope="module")
def crops() -> NDArray[np.float32]:
    """Twelve crops as the tower takes them."""
    return np.random.default_rng(1).random((12, 32, 32, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def ranges(tower: Tower, crops: NDArray[np.float32]) -> Ranges:
    return Ranges.measure(tower, crops)


def answers(graph: Any, crops: NDArray[np.float32]) -> NDArray[np.float32]:
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return np.asarray(openvino_core().compile_model(graph, "CPU", options)([crops])[0])


def test_the_answers_are_nearly_those_of_float32(
    tower: Tower, ranges: Ranges, crops: NDArray[np.float32]
) -> None:
    exact, rounded = (answers(each, crops) for each in (tower.graph, in_int8(tower.graph, ranges)))
    assert 0 < np.abs(exact - rounded).max() < 0.1 * exact.std()


def test_every_product_is_of_integers_of_seven_bits(tower: Tower, ranges: Ranges) -> None:
    graph = in_int8(tower.graph, ranges)
    integers = [
        node.data
        for node in graph.get_ops()
        if node.get_type_name() == "Constant" and node.get_element_type().to_string() == "i8"
    ]
    assert len(integers) == sum(len(each.products) for each in shared_products(tower.graph)) == 2
    assert max(int(np.abs(each.astype(int)).max()) for each in integers) == 63


def test_the_float_graph_stays_as_it_was(
    tower: Tower, ranges: Ranges, crops: NDArray[np.float32]
) -> None:
    before = answers(tower.graph, crops)
    in_int8(tower.graph, ranges)
    np.testing.assert_array_equal(answers(tower.graph, crops), before)


def test_ranges_hold_what_was_measured_and_survive_their_file(
    tower: Tower, ranges: Ranges, tmp_path: Path
) -> None:
    ranges.save(tmp_path / "ranges.npz")
    again = Ranges.load(tmp_path / "ranges.npz")
    names = [each.name for each in shared_products(tower.graph)]
    assert sorted(again.exponents) == sorted(names)
    for name in names:
        assert again.low[name] == pytest.approx(ranges.low[name])
        assert again.high[name] == pytest.approx(ranges.high[name])
        np.testing.assert_array_equal(again.factors(name), ranges.factors(name))
        assert ranges.low[name] < 0 < ranges.high[name]


def test_a_channel_that_is_wider_than_the_others_is_divided_by_more(
    tower: Tower, crops: NDArray[np.float32], tmp_path: Path
) -> None:
    tiny = TinyTower()
    tiny.patches[3] *= 100
    wide = load_tower(tiny.save(tmp_path / "wide.onnx"), size=SIZE)
    name = next(iter(shared_products(tower.graph))).name
    before = Ranges.measure(tower, crops).factors(name)
    grown = Ranges.measure(wide, crops).factors(name) / before
    assert grown[3] > 20
    assert np.delete(grown, 3) == pytest.approx(1)


def test_ranges_of_another_tower_are_refused(tower: Tower, ranges: Ranges) -> None:
    name = next(iter(ranges.exponents))
    others = {key: value for key, value in ranges.exponents.items() if key != name}
    with pytest.raises(ConfigurationError, match=f"hold none for {name} with 8 channels"):
        in_int8(tower.graph, replace(ranges, exponents=others))
