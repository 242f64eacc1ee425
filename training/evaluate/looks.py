"""How often the pictures and clips of ``test`` were looked at for a bundle.

A bundle that was chosen by its figures of ``test`` has figures that are too good. The number is
kept with the bundle, so that a reader can tell one look from twenty.
"""

from __future__ import annotations

from core.model.bundle import Bundle
from training.export.publish import rewrite

KEY = "test_looks"  # in the bundle's metrics


def looks(bundle: Bundle) -> int:
    """The looks that were counted; 0 where none was."""
    return int(bundle.manifest.metrics.get(KEY, 0))


def count_look(bundle: Bundle) -> Bundle:
    """The bundle with one look more in its ``model.json``; no weight changes.

    To be called before measuring, so that a look that is interrupted counts too, and the report
    names the ``model.json`` that ships.
    """
    metrics = {**bundle.manifest.metrics, KEY: looks(bundle) + 1}
    return rewrite(bundle.path, bundle.manifest, metrics=metrics)
