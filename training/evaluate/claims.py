"""What a bundle says of itself in ``model.json``: figures and their intervals, by source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.model.bundle import Bundle
from training.evaluate.evaluation import Evaluation
from training.export.publish import record

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
