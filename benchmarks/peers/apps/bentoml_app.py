"""BentoML: ``bentoml serve benchmarks.peers.apps.bentoml_app:Films --port PORT``."""

from __future__ import annotations

from pathlib import Path

import bentoml

from benchmarks.peers.apps.sequential import SequentialDetector

PATIENCE_S = 600


@bentoml.service(traffic={"timeout": PATIENCE_S})
class Films:
    """One process, as BentoML starts it by itself."""

    def __init__(self) -> None:
        self._detector = SequentialDetector()

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(self, file: Path) -> dict[str, float]:
        return self._detector.judge(file)
