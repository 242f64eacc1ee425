"""How a batch is put together: how often each source is drawn, and which pictures are pairs.

Sources, kinds and groups are those of the data (folders, or columns of a manifest), so a recipe
keeps its meaning where the data has another name in front: ``--data mine=faces/``.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.errors import ConfigurationError
from training.data.picture import Picture
from training.data.sample import Sample


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares are of one class, which is half a batch.

    ``paired_share`` is drawn as pairs: a real picture and a fake of the same source and group, as
    a manifest states it. A weight belongs to a source, or to a kind of fake.
    """

    paired_share: float = 0.45  # 0: pairs are drawn as other pictures are
    weights: Mapping[str, float] = field(default_factory=dict)  # 1 where a name is absent

    def __post_init__(self) -> None:
        if not 0 <= self.paired_share <= 1:
            raise ConfigurationError(
                f"The paired share is {self.paired_share}; it must be from 0 to 1."
            )
        for name, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise ConfigurationError(
                    f"The weight of source {name!r} is {weight}; it must be 0 or more."
                )

    def with_weights(self, weights: Mapping[str, float]) -> Mixture:
        """The same with some weights replaced; 0 leaves a source out."""
        return replace(self, weights={**self.weights, **weights})

    def weight_of(self, picture: Picture) -> float:
        """The weight of the picture's source: by its full name, its own name, or the kind."""
        for name in _names(picture):
            if name in self.weights:
                return self.weights[name]
        return 1.0

    def describe(self, samples: Sequence[Sample]) -> str:
        """What the mixture makes of these pictures, in words; what it cannot use is named."""
        named = {name for sample in samples for name in _names(sample.picture)}
        told = [self._describe_pairs(samples)] if self.paired_share else []
        used = {name: weight for name, weight in self.weights.items() if name in named}
        if used:
            told.append("weights " + ", ".join(f"{n} {w:g}" for n, w in sorted(used.items())))
        if unused := sorted(set(self.weights) - named):
            told.append(f"no picture has the source or kind {', '.join(unused)}")
        return "; ".join(told) or "every source as often as any other"

    def _describe_pairs(self, samples: Sequence[Sample]) -> str:
        pairs = Counter(real.picture.source for real, _ in pairs_of(samples))
        if not pairs:
            return "no pairs, as no manifest states a group with a real picture and a fake"
        counted = ", ".join(f"{number} of {source}" for source, number in sorted(pairs.items()))
        return f"{self.paired_share:.0%} pairs ({counted})"


def pairs_of(samples: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    """(real, fake) of every source and stated group that has both, in the order of the groups.

    A group with several pictures of a class gives as many pairs as its smaller class has; the rest
    of them is drawn alone.
    """
    groups: dict[tuple[str, str], tuple[list[Sample], list[Sample]]] = defaultdict(lambda: ([], []))
    for sample in samples:
        picture = sample.picture
        if picture.group_stated and not sample.donors:
            groups[picture.source, picture.group][picture.fake].append(sample)
    return [pair for _, both in sorted(groups.items()) for pair in zip(*both, strict=False)]


def _names(picture: Picture) -> list[str]:
    """The names that a weight may be given for, the most exact first."""
    bare = picture.source.rpartition("/")[2]
    return [name for name in (picture.source, bare, picture.kind) if name]
