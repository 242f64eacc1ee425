"""The quality gate: a bundle has to give the figures that its ``model.json`` claims.

A fixed sample is measured and compared with what was measured of the same pictures when the bundle
was made. A figure may move within its 95 % interval: processors round differently, and a score on
a threshold falls to either side. It may always get better. What the intervals are too wide for,
:mod:`training.evaluate.answers` finds picture by picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.data.clips import Clip
from training.data.manifest import Picture, Split
from training.evaluate.sampling import choose

CLAIM = "gate"  # where the claims stand in the bundle's metrics
CLIPS_PER_CELL, MOST_CLIPS = 4, 40  # a second each, as every one is decoded anew
PER_CELL = 60  # pictures of each source and class: about 900, a minute on two cores
# An interval can be a point, such as that of an AUC of 1; rounding must not fail it.
SLACK = 0.005
_HIGHER_IS_BETTER = {
    "auc": True,
    "mean_auc": True,
    "mean_auc_all_reals": True,
    "accuracy_decided": True,
    "fake_called_fake": True,
    "real_called_fake": False,
    "ece": False,
}
_OF_A_SOURCE = ("auc", "real_called_fake", "fake_called_fake")
_OF_ALL = ("auc", "ece", "real_called_fake", "fake_called_fake", "accuracy_decided")
_MEANS = ("mean_auc", "mean_auc_all_reals")


def gate_sample(pictures: Sequence[Picture]) -> list[Picture]:
    """The fixed pictures that the gate looks at, of ``valid`` and ``test`` together."""
    return choose(pictures, PER_CELL)


def gate_clips(clips: Sequence[Clip]) -> list[Clip]:
    """The fixed clips of ``valid`` that the gate looks at: a few of each source and class."""
    valid = [clip for clip in clips if clip.split is Split.VALID]
    return choose(choose(valid, CLIPS_PER_CELL), MOST_CLIPS, cell=lambda _clip: "all")


def broken_claims(claimed: Mapping[str, Any], measured: Mapping[str, Any]) -> list[str]:
    """A sentence for every figure that got worse by more than its interval."""
    broken = []
    for where, name, before, now in _pairs(claimed, measured):
        value, current, pair = before.get(name), now.get(name), before["intervals"].get(name)
        if value is None or pair is None:
            continue  # never claimed, as the AUC of a source with one class
        low, high = pair
        if current is None:
            broken.append(f"{where}: {name} cannot be measured, model.json claims {value}")
        elif current < low - SLACK if _HIGHER_IS_BETTER[name] else current > high + SLACK:
            broken.append(
                f"{where}: {name} is {current}, model.json claims {value} ({low} to {high})"
            )
    return broken


def _pairs(
    claimed: Mapping[str, Any], measured: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """(where, figure, claimed group, measured group) of all that is watched."""
    for name in _MEANS:
        yield "over sources", name, claimed, measured
    for name in _OF_ALL:
        yield "all", name, claimed["all"], measured["all"]
    for source, before in claimed["by_source"].items():
        now = measured["by_source"].get(source, {})
        for name in _OF_A_SOURCE:
            yield source, name, before, now
