"""What a bundle says of itself in ``model.json``: figures by source, and looks at ``test``.

A bundle that was chosen by its figures of ``test`` has figures that are too good. The number of
looks is kept with it, so that a reader can tell one look from twenty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.model.bundle import Bundle
from training.export.publish import record, rewrite

if TYPE_CHECKING:
    from training.evaluate.evaluation import Evaluation

CLAIMED = (
    "auc",
    "eer",
    "ece",
    "accuracy_at_half",
    "real_called_fake",
    "fake_called_fake",
    "fake_called_real",
    "inconclusive",
    "accuracy_decided",
)
_MEANS = ("mean_auc", "mean_auc_all_reals")
_LOOKS = "test_looks"  # in the bundle's metrics


def claims_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a report that is kept with the weights."""
    by_source = {name: _group(values) for name, values in report["by_source"].items()}
    means = {name: report[name] for name in _MEANS}
    intervals = {name: report["intervals"][name] for name in _MEANS}
    everything = _group(report["all"])
    return {"all": everything, **means, "intervals": intervals, "by_source": by_source}


def save_claims(evaluation: Evaluation, split: str) -> Bundle:
    """Write the figures of every runtime, and of clips, into ``metrics.<split>`` of model.json."""
    document, bundle = evaluation.document, evaluation.bundle
    claims = {name: claims_of(report) for name, report in document["runtimes"].items()}
    if document["clips"] is not None:
        claims["clips"] = claims_of(document["clips"])
    return record(bundle, split, {**bundle.manifest.metrics.get(split, {}), **claims})


def _group(values: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: values[name] for name in ("real", "fake", *CLAIMED)}
    intervals = {name: values["intervals"][name] for name in CLAIMED}
    return {**told, "intervals": intervals}


def looks(bundle: Bundle) -> int:
    """The looks that were counted; 0 where none was."""
    return int(bundle.manifest.metrics.get(_LOOKS, 0))


def count_look(bundle: Bundle) -> Bundle:
    """The bundle with one look more in its ``model.json``; no weight changes.

    To be called before measuring, so that a look that is interrupted counts too, and the report
    names the ``model.json`` that ships.
    """
    metrics = {**bundle.manifest.metrics, _LOOKS: looks(bundle) + 1}
    return rewrite(bundle.path, bundle.manifest, metrics=metrics)
