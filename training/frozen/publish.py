"""From a run to a bundle that OpenVINO serves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import ConfigurationError
from core.model.bundle import InputSpec
from training.calibrate.calibration import Wanted
from training.data.sample import Sample
from training.export.publish import (
    Int8,
    Origin,
    Published,
    check_new,
    new_fields,
    write_bundle,
)
from training.frozen.detector import HeadOnTower
from training.frozen.head import Fitted
from training.frozen.tower import Tower


def publish_head(
    fitted: Fitted,
    tower: Tower,
    folder: Path,
    samples: Sequence[Sample],
    *,
    origin: Origin,
    trained_on: Sequence[Sample],
    wanted: Wanted | None = None,
    int8: Int8 = "bounded",
) -> Published:
    """As :func:`training.export.publish.publish`, for OpenVINO alone and without explanations.

    Raises :class:`ConfigurationError` where the run's head was fitted to another tower.
    """
    check_new(folder)
    if tower.key != fitted.tower_key:
        raise ConfigurationError(
            f"The head was fitted to {fitted.network} with the weights {fitted.tower_key}; "
            f"those that are installed are {tower.key}. Train anew, or install the others."
        )
    shown = InputSpec(size=tower.size, scaling=tower.scaling, margin=origin.margin)
    fields = new_fields(folder.name, origin, shown, None)
    return write_bundle(
        HeadOnTower(tower, fitted.head), folder, fields, samples,
        trained_on=trained_on, wanted=wanted, int8=int8,
    )  # fmt: skip
