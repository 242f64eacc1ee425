"""Every runtime of a bundle answers the self-test that was stored with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import DeepfakeError
from core.model.bundle import Bundle, RuntimeName
from core.model.detector import self_test
from core.model.runtimes import load_detector


@dataclass(frozen=True, slots=True)
class Answer:
    """How one runtime did."""

    runtime: RuntimeName
    ok: bool
    detail: str


def run_self_tests(bundle: Bundle) -> Iterator[Answer]:
    """Load one runtime after another; TensorFlow alone takes seconds to import."""
    for name in bundle.manifest.artifacts:
        try:
            difference = self_test(load_detector(bundle, runtime=name))
        except DeepfakeError as error:
            yield Answer(name, ok=False, detail=error.message)
        else:
            yield Answer(name, ok=True, detail=f"differs by {difference:.1e} from what was stored")
