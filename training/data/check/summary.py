"""The files of a data set by split, source and class: one row each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from training.data.check.file_facts import FileFacts
from training.data.check.findings import Finding, Findings
from training.data.picture import Split

_Kind = tuple[Split, str, bool]


def rows(facts: Sequence[FileFacts]) -> list[dict[str, Any]]:
    """Counts of sizes, formats, qualities and subsamplings, the most frequent first."""
    kinds: dict[_Kind, list[FileFacts]] = defaultdict(list)
    for each in facts:
        kinds[each.picture.split, each.picture.source, each.picture.fake].append(each)
    order = list(Split)
    return [
        _row(kind, kinds[kind])
        for kind in sorted(kinds, key=lambda kind: (order.index(kind[0]), kind[1], kind[2]))
    ]


def _row(kind: _Kind, some: Sequence[FileFacts]) -> dict[str, Any]:
    split, source, fake = kind
    pixels = sum(each.width * each.height for each in some)
    return {
        "split": split.value,
        "source": source,
        "class": "fake" if fake else "real",
        "pictures": len(some),
        "bytes_per_pixel": round(sum(each.size for each in some) / pixels, 4),
        "sizes": _counts(f"{each.width}x{each.height}" for each in some),
        "formats": _counts(each.format for each in some),
        "jpeg_qualities": _counts(str(each.quality) for each in some if each.quality),
        "subsampling": _counts(each.subsampling for each in some if each.subsampling),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())


def to_json(findings: Findings) -> dict[str, Any]:
    """Everything that was found, for machines."""
    return {
        "pictures": len(findings.facts) + len(findings.broken),
        "broken": len(findings.broken),
        "files": rows(findings.facts),
        "probes": [
            {
                "source": probe.source,
                "real": probe.real,
                "fake": probe.fake,
                "auc": round(probe.auc, 4),
                "by_feature": {name: round(auc, 4) for name, auc in probe.by_feature.items()},
            }
            for probe in findings.probes
        ],
        "errors": [_finding(each) for each in findings.errors],
        "warnings": [_finding(each) for each in findings.warnings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"kind": finding.kind, "message": finding.message, "files": finding.files}
