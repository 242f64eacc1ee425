"""What whoever imports a file states of it, as the file does not say it itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import BundleInvalid
from core.model.bundle import check_fields
from core.model.origin import Origin
from core.model.preprocess import Scaling
from core.model.rules import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Of a file of any kind; a None is read from the file, or asked for where it does not say."""

    file: Path
    name: str
    version: str
    positive_class: Literal["fake", "real"]  # what a high output, or the second of two, means
    thresholds: Thresholds
    classes: int | None = None  # how many outputs the user named; None where none was named
    input_size: int | None = None  # pixels a side
    output: Literal["probability", "logit"] | None = None
    data: str = "not stated"
    licence: str = "not stated"
    source: str = "not stated"  # where the file was published

    def agreed_size(self, read: int | None) -> int:
        """The side of a picture, px; ``read`` is that of the file, None where it takes any.

        Raises :class:`BundleInvalid` where file and user say nothing, or contradict each other.
        """
        wanted = self.input_size
        if read is None and wanted is None:
            raise BundleInvalid(
                "The model takes pictures of any size; state one with --input-size."
            )
        if read is not None and wanted is not None and read != wanted:
            raise BundleInvalid(
                f"--input-size {wanted} contradicts the model: it takes {read} x {read} pixels."
            )
        return read or wanted or 0

    def manifest_fields(
        self, output: str, size: int, scaling: Scaling, files: Mapping[str, str]
    ) -> dict[str, Any]:
        """The fields of ``model.json``, checked; ``files`` are names with their SHA-256."""
        fields = {
            "name": self.name,
            "version": self.version,
            "positive_class": self.positive_class,
            "output": output,
            "input": {"size": size, "scaling": scaling},
            "calibration": None,
            "thresholds": self.thresholds,
            "data": self.data,
            "licence": self.licence,
            "origin": Origin(files=dict(files), source=self.source),
        }
        check_fields(fields)
        return fields
