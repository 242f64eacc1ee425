from __future__ import annotations

from typing import Any

from training.evaluation.gate import broken_claims


def report(auc: float | None, source: str = "dfdc") -> dict[str, Any]:
    shared = {"ece": 0.03, "real_called_fake": 0.01, "fake_called_fake": 0.4, "inconclusive": 0.5}
    return {"by_source": {source: {"auc": auc, **shared}}}


def test_a_bundle_that_keeps_its_claims_passes() -> None:
    assert broken_claims(report(0.892), report(0.894)) == []


def test_a_figure_that_moved_is_named_with_both_values() -> None:
    assert broken_claims(report(0.892), report(0.85)) == [
        "dfdc: auc is 0.85, model.json claims 0.892"
    ]


def test_a_source_that_vanished_is_a_broken_claim() -> None:
    assert len(broken_claims(report(0.9), report(0.9, source="other"))) == 10


def test_a_figure_that_cannot_be_measured_any_more_is_a_broken_claim() -> None:
    assert broken_claims(report(0.9), report(None)) == ["dfdc: auc is None, model.json claims 0.9"]
