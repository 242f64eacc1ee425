"""What a check found, as plain text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from training.data.check.file_facts import FileFacts
from training.data.check.file_probe import Probe
from training.data.check.findings import Finding, Findings
from training.data.picture import Split

_COLUMNS = ("split", "source", "class", "pictures", "size", "format", "quality", "chroma", "B/px")


def to_text(findings: Findings) -> str:
    """A table of the files, one of the probes, then errors and warnings apart with every file."""
    parts = [_table([_COLUMNS, *_rows(findings.facts)])]
    if findings.probes:
        lines = _table([("source", "AUC", "most telling"), *map(_told, findings.probes)])
        parts.append(f"Do the files alone tell the classes apart? 0.5 is chance.\n{lines}")
    for title, some in (("ERROR", findings.errors), ("WARNING", findings.warnings)):
        parts += [_paragraph(title, finding) for finding in some]
    total = len(findings.facts) + len(findings.broken)
    counts = f"errors: {len(findings.errors)}, warnings: {len(findings.warnings)}"
    return "\n\n".join([*parts, f"{total} pictures, {len(findings.broken)} broken; {counts}."])


def _rows(facts: Sequence[FileFacts]) -> Iterator[tuple[str, ...]]:
    """The files of each split, source and class."""
    splits = list(Split)
    kinds: dict[tuple[int, str, bool], list[FileFacts]] = defaultdict(list)
    for each in facts:
        picture = each.picture
        kinds[splits.index(picture.split), picture.source, picture.fake].append(each)
    for (split, source, fake), some in sorted(kinds.items()):
        pixels = sum(each.width * each.height for each in some)
        yield (
            splits[split].value,
            source,
            "fake" if fake else "real",
            str(len(some)),
            _most(f"{each.width}x{each.height}" for each in some),
            _most(each.format for each in some),
            _most(str(each.quality) for each in some if each.quality),
            _most(each.subsampling for each in some if each.subsampling),
            f"{sum(each.size for each in some) / pixels:.3f}",
        )


def _most(values: Iterable[str]) -> str:
    """The most frequent value, its share where it is not the only one."""
    counts = Counter(values)
    if not counts:
        return "-"
    name, times = counts.most_common(1)[0]
    return (
        name if len(counts) == 1 else f"{name} {times / counts.total():.0%} of {len(counts)} kinds"
    )


def _told(probe: Probe) -> tuple[str, ...]:
    alone = probe.by_feature[probe.telling]
    telling = f"{probe.telling} ({alone:.3f} alone)" if alone > 0.5 else "-"
    return probe.source, f"{probe.auc:.3f}", telling


def _paragraph(title: str, finding: Finding) -> str:
    return "\n".join(
        [f"{title}: {finding.message}", *("  " + "  ".join(some) for some in finding.files)]
    )


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
