"""What verdicts on labelled clips are worth, by source.

    deepfake scan --json ../shared/data2/clips/test | python -m benchmarks.clips

Reads the lines of ``deepfake scan --json``. A clip's class and source are the two folders above
it: ``…/SOURCE/{real,fake}/CLIP.mp4``. A clip that could not be judged counts as undecided.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from training.evaluate.metrics import auc

_HEAD = """\
| Source | real + fake | AUC | decided | of those right | real called fake | fake called real |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Clip:
    """One line of the scan; ``probability`` is None where no face was scored."""

    source: str
    fake: bool
    verdict: str  # fake, real, or anything else for undecided
    probability: float | None

    @classmethod
    def read(cls, line: str) -> Clip:
        """Raises ValueError for a file that lies in no folder named real or fake."""
        scanned = json.loads(line)
        *_, source, label, _ = PurePath(scanned["file"]).parts
        if label not in ("real", "fake"):
            raise ValueError(f"{scanned['file']} lies in no folder named real or fake")
        result = scanned.get("result") or {}
        verdict = result.get("verdict", "failed")
        return cls(source, label == "fake", verdict, result.get("fake_probability"))


def row(name: str, clips: Sequence[Clip]) -> str:
    """One line of the table."""
    fakes = [clip for clip in clips if clip.fake]
    reals = [clip for clip in clips if not clip.fake]
    decided = [clip for clip in clips if clip.verdict in ("fake", "real")]
    right = sum((clip.verdict == "fake") == clip.fake for clip in decided)
    accused = sum(clip.verdict == "fake" for clip in reals)
    missed = sum(clip.verdict == "real" for clip in fakes)
    cells = (
        name,
        f"{len(reals)} + {len(fakes)}",
        _auc(clips),
        _share(len(decided), len(clips)),
        _share(right, len(decided)),
        _share(accused, len(reals)),
        _share(missed, len(fakes)),
    )
    return f"| {' | '.join(cells)} |"


def _auc(clips: Iterable[Clip]) -> str:
    scored = [(clip.fake, clip.probability) for clip in clips if clip.probability is not None]
    labels = np.array([fake for fake, _ in scored], np.bool_)
    if labels.all() or not labels.any():
        return "-"
    return f"{auc(labels, np.array([p for _, p in scored], np.float64)):.3f}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "-"


def main() -> None:
    """Print the table."""
    clips = [Clip.read(line) for line in sys.stdin]
    by_source: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_source[clip.source].append(clip)
    print(_HEAD)
    for name, some in sorted(by_source.items()):
        print(row(name, some))
    print(row("**all**", clips))


if __name__ == "__main__":
    main()
