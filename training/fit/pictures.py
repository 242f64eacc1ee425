"""Which pictures a run trains on and which it is watched by; ``test`` is never read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError
from training.data.cache import Sample
from training.data.data_set import DataSet
from training.data.manifest import Picture, Split, hold_out, read_all
from training.data.picture import share_of
from training.data.reading import with_faces


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the data sets given."""

    data_sets: Sequence[DataSet]
    leave_out: Sequence[str] = ()  # fakes of these sources, generators or kinds are not trained on
    limit: int | None = None  # pictures at most of a source and class
    valid_limit: int = 240  # the same, of those that watch
    cache_dir: Path | None = None

    def read(self) -> tuple[list[Sample], list[Sample]]:
        """(to train on, to watch): ``train`` without its held-out groups; those and ``valid``.

        Raises :class:`ConfigurationError` when nothing is to train on, or to leave out.
        """
        kept, watched = self.pictures()
        return with_faces(kept, self.cache_dir), with_faces(watched, self.cache_dir)

    def pictures(self) -> tuple[list[Picture], list[Picture]]:
        """As :meth:`read`, before any file is opened."""
        everything = read_all(self.data_sets)
        kept, held = hold_out(each for each in everything if each.split is Split.TRAIN)
        kept = self._without(kept, everything)
        if not kept:
            raise ConfigurationError(
                "There is no picture to train on: the data has none in train/, or all are left out."
            )
        watched = [each for each in everything if each.split is Split.VALID] + held
        valid_limit = min(self.valid_limit, self.limit or self.valid_limit)
        return limited(kept, self.limit), limited(watched, valid_limit)

    def _without(self, kept: list[Picture], everything: Sequence[Picture]) -> list[Picture]:
        fakes = [each for each in everything if each.fake]
        for name in self.leave_out:
            if not any(name in _names(each) for each in fakes):
                names = sorted({name for each in fakes for name in _names(each)})
                raise ConfigurationError(
                    f"--leave-out {name}: no fakes are of that source, generator or kind; there "
                    f"are {', '.join(names)}."
                )
        left_out = set(self.leave_out)
        return [each for each in kept if not (each.fake and left_out & _names(each))]


def _names(picture: Picture) -> set[str]:
    """What a fake may be left out by."""
    return {picture.source, picture.generator, picture.kind} - {""}


def limited(pictures: Sequence[Picture], limit: int | None) -> list[Picture]:
    """At most ``limit`` pictures of a source and class, in their order.

    One of every group before a second of any, as those of one person or clip are alike; and
    the groups in an order that real and fake share, so that pairs stay pairs.
    """
    if limit is None:
        return list(pictures)
    of_group: Counter[tuple[str, bool, str]] = Counter()
    kinds: dict[tuple[str, bool], list[tuple[int, float, int]]] = defaultdict(list)
    for index, picture in enumerate(pictures):
        kind = picture.source, picture.fake
        place = share_of(picture.group, "limit")
        kinds[kind].append((of_group[*kind, picture.group], place, index))
        of_group[*kind, picture.group] += 1
    chosen = [index for ranked in kinds.values() for *_, index in sorted(ranked)[:limit]]
    return [pictures[index] for index in sorted(chosen)]
