"""Tower and head as one network that the service loads: pixels in, logit of fake out."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.errors import BundleInvalid, ConfigurationError
from core.model.bundle import LOGIT_OUTPUT, Explanation, InputSpec, RuntimeName
from core.openvino_core import openvino_core, ov
from training.data.progress import tracked
from training.export import openvino as export
from training.export.crops import PARITY_CROPS, TRAINED_CROPS, evenly, tensor_of
from training.export.novelty import FEWEST_CROPS, NOT_MEASURED
from training.frozen.head import Fitted, LinearHead
from training.frozen.novelty import NODES, ScaledSpace
from training.frozen.tower import BATCH, Tower

_PRODUCT, _SUM = "head_product", "head_sum"  # names of nodes
MAX_DIFFERENCE = 0.05  # of logits, between weights in float16 and float32


@dataclass(frozen=True, slots=True)
class HeadOnTower:
    """A fitted head and its tower: an :class:`training.export.exportable.Exportable`."""

    tower: Tower
    head: LinearHead

    @classmethod
    def of(cls, fitted: Fitted, tower: Tower) -> Self:
        """Of a run; :class:`ConfigurationError` where its head was fitted to another tower."""
        if tower.key != fitted.tower_key:
            raise ConfigurationError(
                f"The head was fitted to {fitted.network} with the weights {fitted.tower_key}; "
                f"those that are installed are {tower.key}. Train anew, or install the others."
            )
        return cls(tower, fitted.head)

    def shown(self, margin: float) -> tuple[InputSpec, Explanation | None]:
        """As the tower takes crops; nothing explains what OpenVINO alone computes."""
        return InputSpec(size=self.tower.size, scaling=self.tower.scaling, margin=margin), None

    def graph(self, tower: Any | None = None, space: ScaledSpace | None = None) -> Any:
        """An ``ov.Model``: (n, size, size, 3) float32 RGB → logits (n, 1) float32, n open.

        ``tower`` stands for the graph of the tower; the head is in float32 beside either. With
        a ``space`` there is a second output, ``novelty`` (n, 1) float32.
        """
        model = (tower or self.tower.graph).clone()
        ops, width = ov.opset13, len(self.head.kernel)
        features = model.output(0).get_node().input_value(0)
        rows = ops.reshape(features, np.array([-1, width], np.int64), special_zero=False)
        product = ops.matmul(rows, self.head.kernel[:, None], False, False, name=_PRODUCT)
        logit = ops.add(product, np.array([[self.head.bias]], np.float32), name=_SUM)
        logit.output(0).set_names({LOGIT_OUTPUT})
        outputs = [logit] if space is None else [logit, space.node(rows)]
        return ov.Model(outputs, model.get_parameters(), self.tower.name)

    def halved(self, space: ScaledSpace | None = None) -> Any:
        """The same with the tower's weights in float16: half the size, computed in float32."""
        return self.graph(_in_float16(self.tower.graph), space)

    def write_float(
        self, draft: Path, fields: dict[str, Any], crops: Sequence[bytes]
    ) -> tuple[dict[RuntimeName, list[str]], Any]:
        """Write the network with the tower's weights in float16: half the size.

        Where the crops are enough it has the output ``novelty``. Raises :class:`BundleInvalid`
        where float16 moves a logit by more than ``MAX_DIFFERENCE``.
        """
        space = self._space(crops)
        if space is not None:
            fields["novelty"] = NOT_MEASURED
        halved = self.halved(space)
        tensor = tensor_of(evenly(crops, PARITY_CROPS), fields)
        exact, rounded = (export.run_openvino(each, tensor) for each in (self.graph(), halved))
        difference = float(np.abs(exact - rounded).max())
        if not difference <= MAX_DIFFERENCE:
            raise BundleInvalid(
                f"Weights in float16 move a logit of {self.tower.name} by {difference:.4g}; the "
                f"limit is {MAX_DIFFERENCE:g}. Fit the head with a greater strength of its penalty."
            )
        fields["metrics"]["parity"] = {"float16_logit": round(difference, 7)}
        files = export.save_openvino(halved, draft, export.FP32)
        return {RuntimeName.OPENVINO_FP32: files}, halved

    def quantized(self, converted: Any, tensors: Sequence[NDArray[np.float32]]) -> Any:
        """INT8 of the tower; the head, which weighs small differences, stays in float32."""
        nodes = [_PRODUCT, _SUM, *(NODES if len(converted.outputs) > 1 else ())]
        return export.quantize(converted, tensors, float_nodes=nodes, transformer=True)

    def _space(self, crops: Sequence[bytes]) -> ScaledSpace | None:
        """Where the features of the crops lie; None for too few to tell."""
        if len(crops) < FEWEST_CROPS:
            return None
        chosen = evenly(crops, TRAINED_CROPS)
        batches = [chosen[at : at + BATCH] for at in range(0, len(chosen), BATCH)]
        parts = [
            self.tower.features(
                np.stack([jpeg.decode(crop, size=self.tower.size) for crop in some])
            )
            for some in tracked(batches, "what is like the training data")
        ]
        return ScaledSpace.fit(np.concatenate(parts).reshape(len(chosen), -1))


def _in_float16(graph: Any) -> Any:
    """The same network with its weights in float16, computed in float32."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tower.xml"
        ov.save_model(graph, file, compress_to_fp16=True)
        # From memory: the file goes with the folder.
        return openvino_core().read_model(file.read_bytes(), file.with_suffix(".bin").read_bytes())
