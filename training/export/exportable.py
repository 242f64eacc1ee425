"""What a trained network must be able to do to become a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.model.bundle import Explanation, InputSpec, RuntimeName


class Exportable(Protocol):
    """A trained network in some framework."""

    def shown(self, margin: float) -> tuple[InputSpec, Explanation | None]:
        """The crops that it takes, with a margin around the face, and how its scores are told."""
        ...

    def write_float(
        self, draft: Path, fields: dict[str, Any], crops: Sequence[bytes]
    ) -> tuple[dict[RuntimeName, list[str]], Any]:
        """Write the files of the float runtimes; returns their names and the ``ov.Model``.

        The first runtime gives the self-test its answer; ``openvino-fp32`` must be among them.
        ``crops`` are JPEG of training pictures; ``fields["metrics"]`` gets what is measured.
        """
        ...

    def quantized(self, converted: Any, tensors: Sequence[NDArray[np.float32]]) -> Any:
        """The same ``ov.Model`` in INT8; ``tensors`` (size, size, 3) set the ranges."""
        ...
