from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("openvino")

from tests.training.export.blocks import answers, maps, node, residual_network
from training.export.segment import Segment


def test_two_parts_one_behind_the_other_are_the_whole() -> None:
    model, batch = residual_network(), maps(0)
    (half,) = Segment(model, "input", ["first"]).run(batch)
    last = node(model, "bias_5").get_friendly_name()
    (rest,) = Segment(model, "first", [last]).run(half)
    np.testing.assert_allclose(rest, answers(model, batch), atol=1e-5)


def test_ends_come_in_their_order_and_the_start_may_be_one() -> None:
    model = residual_network()
    (half,) = Segment(model, "input", ["first"]).run(maps(0))
    wide, first = Segment(model, "first", ["wide", "first"]).run(half)
    assert wide.shape[1] == 48
    np.testing.assert_array_equal(first, half)


def test_the_model_stays_as_it_is() -> None:
    model, batch = residual_network(), maps(0)
    before = answers(model, batch)
    Segment(model, "first", ["whole"])
    np.testing.assert_array_equal(answers(model, batch), before)


def test_a_start_that_does_not_dominate_is_refused() -> None:
    with pytest.raises(RuntimeError, match="input"):
        Segment(residual_network(), "deep", ["whole"])
