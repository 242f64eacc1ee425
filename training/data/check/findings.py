"""What is found in a data set: errors, which spoil every figure, and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from training.data.check import duplicates
from training.data.check.file_facts import FileFacts, examine
from training.data.check.file_probe import MAX_AUC, Probe, probe_sources
from training.data.integrity import MAX_BROKEN, Broken
from training.data.picture import Picture
from training.data.progress import tracked


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the files that show it, a line each."""

    kind: str
    message: str
    files: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a check found."""

    facts: Sequence[FileFacts]
    broken: Sequence[Broken]
    probes: Sequence[Probe]
    errors: Sequence[Finding]
    warnings: Sequence[Finding]


def check_pictures(pictures: Sequence[Picture]) -> Findings:
    """Look at every file."""
    facts, broken = _examined(pictures)
    probes = probe_sources(facts)
    copies = duplicates.identical(facts)
    across = [group for group in copies if _several(each.picture.split for each in group)]
    within = [group for group in copies if group not in across]
    both = [group for group in copies if _several(each.picture.fake for each in group)]
    errors = [
        _copies("same_file_across_splits", "lie in more than one split; keep each in one", across),
        _leaked_looks(duplicates.alike(facts)),
        _leaked_groups(
            "same_group_across_splits",
            "lie in more than one split; keep each in one",
            duplicates.split_groups(facts),
        ),
        _copies("same_file_in_both_classes", "are called real and fake; correct the labels", both),
    ]
    warnings = [
        _leaked_groups(
            "same_name_across_splits",
            "seem, by the names of the files, to lie in more than one split",
            duplicates.split_groups(facts, stated=False),
        ),
        _copies("same_file_in_one_split", "lie more than once in one split", within),
        *(_telling(probe) for probe in probes if probe.auc > MAX_AUC),
    ]
    if broken:
        many = len(broken) > MAX_BROKEN * len(pictures)
        (errors if many else warnings).append(_damaged(broken, len(pictures)))
    return Findings(facts, broken, probes, _with_files(errors), _with_files(warnings))


def _examined(pictures: Sequence[Picture]) -> tuple[list[FileFacts], list[Broken]]:
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(examine, pictures)
        found = [result for _, result in zip(tracked(pictures, "reading"), results, strict=True)]
    facts = [each for each in found if not isinstance(each, Broken)]
    return facts, [each for each in found if isinstance(each, Broken)]


def _several(values: Iterable[object]) -> bool:
    return len(set(values)) > 1


def _with_files(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.files]


def _keys(group: Sequence[FileFacts]) -> list[str]:
    return [each.picture.key for each in group]


def _copies(kind: str, what: str, groups: Sequence[Sequence[FileFacts]]) -> Finding:
    return Finding(kind, f"{len(groups)} files {what}.", [_keys(group) for group in groups])


def _leaked_looks(pairs: Sequence[duplicates.Pair]) -> Finding:
    return Finding(
        "same_picture_across_splits",
        f"{len(pairs)} pairs of pictures in different splits are the same to the eye; "
        "keep both in one split.",
        [
            [*_keys([pair.first, pair.second]), f"{pair.distance} of {duplicates.BITS} bits differ"]
            for pair in pairs
        ],
    )


def _leaked_groups(kind: str, what: str, groups: Sequence[Sequence[FileFacts]]) -> Finding:
    names = sorted({group[0].picture.source for group in groups})
    return Finding(
        kind,
        f"{len(groups)} groups (a person, a video, one upload) of {', '.join(names)} {what}.",
        [[group[0].picture.group, *_keys(group)] for group in groups],
    )


def _telling(probe: Probe) -> Finding:
    where = "all sources together" if probe.source == "all" else f"source {probe.source}"
    alone = probe.by_feature[probe.telling]
    return Finding(
        "files_tell_the_classes",
        f"{where}: the files alone tell real from fake with an AUC of {probe.auc:.2f} "
        f"({probe.telling} by itself: {alone:.2f}); a network may learn that and nothing of faces.",
        [[probe.source]],
    )


def _damaged(broken: Sequence[Broken], total: int) -> Finding:
    return Finding(
        "broken",
        f"{len(broken)} of {total} pictures are broken ({len(broken) / total:.1%}; training stops "
        f"above {MAX_BROKEN:.1%}).",
        [[each.picture.key, each.reason] for each in broken],
    )
