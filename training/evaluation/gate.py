"""The quality gate: a bundle has to give the figures that its ``model.json`` claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Processors round differently; a changed model, crop or calibration moves far more than this.
TOLERANCE = 0.005
_WATCHED = ("auc", "ece", "real_called_fake", "fake_called_fake", "inconclusive")


def broken_claims(claimed: Mapping[str, Any], measured: Mapping[str, Any]) -> list[str]:
    """A sentence for every figure of a report that differs from the one claimed."""
    return [
        f"{source}: {name} is {now}, model.json claims {before}"
        for source, name, before, now in _pairs(claimed, measured)
        if not _agree(before, now)
    ]


def _agree(before: float | None, now: float | None) -> bool:
    if before is None or now is None:
        return before is now
    return abs(now - before) <= TOLERANCE


def _pairs(
    claimed: Mapping[str, Any], measured: Mapping[str, Any]
) -> Iterator[tuple[str, str, float | None, float | None]]:
    for source in sorted(set(claimed["by_source"]) | set(measured["by_source"])):
        before = claimed["by_source"].get(source, {})
        now = measured["by_source"].get(source, {})
        for name in _WATCHED:
            yield source, name, before.get(name), now.get(name)
