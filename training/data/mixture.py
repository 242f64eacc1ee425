"""How often each kind of fake is drawn, and which real picture stands beside it.

Sources, kinds and groups are those of the data: folders, or columns of a manifest.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import ConfigurationError
from training.data.picture import Picture
from training.data.sample import Sample

Pool = tuple[str, str]
"""Kind and source of the fakes that are drawn alike."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Kinds of fakes in balance: one is drawn by the square root of its number of pictures.

    So a kind of a hundred pictures is a third as frequent as one of a thousand, and neither is it
    drowned nor learned by heart. Within a kind the same holds for its sources. Where no manifest
    states a kind, a source is a kind of its own. A weight multiplies how often a source or kind
    is drawn.
    """

    weights: Mapping[str, float] = field(default_factory=dict)  # 1 where a name is absent

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            if not 0 <= weight < math.inf:
                raise ConfigurationError(
                    f"The weight of source {name!r} is {weight}; it must be 0 or more."
                )

    def weight_of(self, picture: Picture) -> float:
        """The weight of the picture's source, or else of its kind."""
        for name in _names(picture):
            if name in self.weights:
                return self.weights[name]
        return 1.0

    def shares(self, pictures: Sequence[Picture]) -> dict[Pool, float]:
        """How often each pool of these pictures is drawn; the shares add up to 1.

        Raises :class:`ConfigurationError` where every weight is 0.
        """
        sizes = Counter(pool_of(picture) for picture in pictures)
        weights = {pool_of(picture): self.weight_of(picture) for picture in pictures}
        of_kind: dict[str, list[Pool]] = defaultdict(list)
        for pool in sorted(sizes):
            of_kind[pool[0]].append(pool)
        drawn: dict[Pool, float] = {}
        for pools in of_kind.values():
            frequency = math.sqrt(sum(sizes[pool] for pool in pools))
            roots = {pool: math.sqrt(sizes[pool]) for pool in pools}
            for pool, root in roots.items():
                drawn[pool] = weights[pool] * frequency * root / sum(roots.values())
        total = sum(drawn.values())
        if not total:
            raise ConfigurationError(
                f"Every weight is 0: {', '.join(source for _, source in drawn)}; give one source "
                "a weight above 0."
            )
        return {pool: share / total for pool, share in drawn.items() if share}

    def pairs(self, samples: Sequence[Sample]) -> list[tuple[Sample, Sample | None]]:
        """As :func:`with_partners`, without the fakes that were blended of a source left out."""
        return [
            (fake, real)
            for fake, real in with_partners(samples)
            if real is None or self.weight_of(real.picture)
        ]

    def describe(self, samples: Sequence[Sample]) -> str:
        """What the mixture makes of these pictures, in words; what it cannot use is named."""
        pairs = self.pairs(samples)
        fakes = [fake.picture for fake, _ in pairs]
        kinds: dict[str, float] = defaultdict(float)
        for (kind, _), share in self.shares(fakes).items():
            kinds[kind] += share
        often = sorted(kinds.items(), key=lambda item: -item[1])
        told = ["fakes " + ", ".join(f"{kind} {share:.0%}" for kind, share in often)]
        paired = sum(real is not None for _, real in pairs)
        told.append(f"{paired} of {len(fakes)} have a real picture of their own")
        named = {name for sample in samples for name in _names(sample.picture)}
        if unused := sorted(set(self.weights) - named):
            told.append(f"no picture has the source or kind {', '.join(unused)}")
        return "; ".join(told)


def pool_of(picture: Picture) -> Pool:
    """The kind of a fake, or its source where no manifest states one; and the source.

    Real pictures have no kind: each source is one of its own.
    """
    kind = picture.kind if picture.fake else ""
    return kind or picture.source, picture.source


def with_partners(samples: Sequence[Sample]) -> list[tuple[Sample, Sample | None]]:
    """Every fake with the real picture that it was made of, or None where nobody says which.

    That of a blended fake is the picture itself; of others, one of the same source and stated
    group, the nth of the group's reals for its nth fake, as frames of one clip have one order.
    """
    originals = {sample.picture.key: sample for sample in samples if not sample.picture.fake}
    reals: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.picture.group_stated and not sample.picture.fake:
            reals[sample.picture.source, sample.picture.group].append(sample)
    taken: Counter[tuple[str, str]] = Counter()
    paired: list[tuple[Sample, Sample | None]] = []
    for fake in (each for each in samples if each.picture.fake):
        group = fake.picture.source, fake.picture.group
        real: Sample | None = None
        if fake.donors:
            real = originals.get(fake.picture.key)
        elif fake.picture.group_stated and (found := reals.get(group)):
            real = found[taken[group] % len(found)]
            taken[group] += 1
        paired.append((fake, real))
    return paired


def _names(picture: Picture) -> list[str]:
    """The names that a weight may be given for, the most exact first."""
    return [name for name in (picture.source, picture.kind) if name]
