"""A trained network of Keras in the formats of a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.model.bundle import Explanation, InputSpec, RuntimeName
from training.export import openvino as export
from training.export.class_activation import with_map
from training.export.crops import PARITY_CROPS, TRAINED_CROPS, evenly, tensor_of
from training.export.novelty import (
    FEWEST_CROPS,
    NOT_MEASURED,
    FeatureSpace,
    pooled_features,
    with_novelty,
)
from training.networks import Network


@dataclass(frozen=True, slots=True)
class KerasNetwork:
    """A trained ``keras.Model`` and what its network says of itself: an ``Exportable``."""

    model: Any  # keras.Model; Keras ships no types
    network: Network

    def shown(self, margin: float) -> tuple[InputSpec, Explanation | None]:
        """As the network was trained; explained by its map, else by Grad-CAM."""
        method: Literal["cam", "grad-cam"] = "cam" if self.network.linear_head else "grad-cam"
        size, scaling = int(self.model.input_shape[1]), self.network.scaling
        explanation = Explanation(method=method, layer=self.network.features)
        return InputSpec(size=size, scaling=scaling, margin=margin), explanation

    def write_float(
        self, draft: Path, fields: dict[str, Any], crops: Sequence[bytes]
    ) -> tuple[dict[RuntimeName, list[str]], Any]:
        """Files of Keras and of OpenVINO in FP32, and OpenVINO's model; notes how they differ."""
        exported = self._with_outputs(fields, crops)
        converted = export.to_openvino(exported)
        few = tensor_of(evenly(crops, PARITY_CROPS), fields)
        parity = export.check_parity(exported, converted, few)
        fields["metrics"]["parity"] = {"openvino_fp32_logit": round(parity, 7)}
        return {
            RuntimeName.TENSORFLOW: export.save_keras(exported, draft),
            RuntimeName.OPENVINO_FP32: export.save_openvino(converted, draft, export.FP32),
        }, converted

    def quantized(self, converted: Any, tensors: Sequence[NDArray[np.float32]]) -> Any:
        """The same in INT8."""
        convolutions = self.network.float_convolutions
        return export.quantize(converted, tensors, float_convolutions=convolutions)

    def _with_outputs(self, fields: dict[str, Any], crops: Sequence[bytes]) -> Any:
        """The model with a map and novelty beside its logit, where it can have them."""
        if not self.network.linear_head:
            return self.model
        exported = with_map(self.model, self.network.features)
        if len(crops) < FEWEST_CROPS:
            return exported
        tensors = tensor_of(evenly(crops, TRAINED_CROPS), fields)
        space = FeatureSpace.fit(pooled_features(exported, self.network.features, tensors))
        fields["novelty"] = NOT_MEASURED
        return with_novelty(exported, self.network.features, space)
