from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.multiply_adds import MultiplyAdds
from core.openvino_core import ov

ops = ov.opset13


def test_products_of_a_convolution_and_of_a_matrix_are_counted_by_their_weights(
    tmp_path: Path,
) -> None:
    picture = ops.parameter([-1, 8, 8, 3], np.float32)
    first = ops.transpose(picture, np.array([0, 3, 1, 2]))
    kernel = ops.multiply(
        ops.convert(ops.constant(np.ones((5, 3, 3, 3), np.int8)), "f32"), np.float32(0.1)
    )
    maps = ops.convolution(first, kernel, [1, 1], [0, 0], [0, 0], [1, 1])  # (n, 5, 6, 6)
    pooled = ops.reduce_mean(maps, np.array([2, 3]), keep_dims=False)
    answer = ops.matmul(pooled, np.ones((1, 5), np.float32), False, True)
    ov.save_model(ov.Model([answer], [picture]), tmp_path / "net.xml", compress_to_fp16=False)
    counted = MultiplyAdds.of(tmp_path / "net.xml")
    assert counted == MultiplyAdds(int8=5 * 6 * 6 * 27, floating=5)
