"""What a check found, as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.data.check.file_probe import Probe
from training.data.check.findings import Finding, Findings
from training.data.check.summary import rows

_COLUMNS = ("split", "source", "class", "pictures", "size", "format", "quality", "chroma", "B/px")
_NAMED = 10  # lines of a finding
_OF_ONE = 4  # names on a line


def to_text(findings: Findings) -> str:
    """A table of the files, one of the probes, then errors and warnings apart."""
    parts = [_table([_COLUMNS, *(_cells(row) for row in rows(findings.facts))])]
    if findings.probes:
        lines = _table([("source", "AUC", "most telling"), *map(_told, findings.probes)])
        parts.append(f"Do the files alone tell the classes apart? 0.5 is chance.\n{lines}")
    for title, some in (("ERROR", findings.errors), ("WARNING", findings.warnings)):
        parts += [_paragraph(title, finding) for finding in some]
    total = len(findings.facts) + len(findings.broken)
    counts = f"errors: {len(findings.errors)}, warnings: {len(findings.warnings)}"
    return "\n\n".join([*parts, f"{total} pictures, {len(findings.broken)} broken; {counts}."])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["split"],
        row["source"],
        row["class"],
        str(row["pictures"]),
        _most(row["sizes"]),
        _most(row["formats"]),
        _most(row["jpeg_qualities"]),
        _most(row["subsampling"]),
        f"{row['bytes_per_pixel']:.3f}",
    )


def _most(counts: dict[str, int]) -> str:
    """The most frequent value, its share where it is not the only one."""
    if not counts:
        return "-"
    name, times = next(iter(counts.items()))
    if len(counts) == 1:
        return name
    return f"{name} {times / sum(counts.values()):.0%} of {len(counts)} kinds"


def _told(probe: Probe) -> tuple[str, ...]:
    alone = probe.by_feature[probe.telling]
    telling = f"{probe.telling} ({alone:.3f} alone)" if alone > 0.5 else "-"
    return probe.source, f"{probe.auc:.3f}", telling


def _paragraph(title: str, finding: Finding) -> str:
    lines = [f"{title}: {finding.message}"]
    if finding.kind != "files_tell_the_classes":
        lines += ["  " + "  ".join(_first(some)) for some in finding.files[:_NAMED]]
        if len(finding.files) > _NAMED:
            lines.append(f"  and {len(finding.files) - _NAMED} more; --json names them all")
    return "\n".join(lines)


def _first(names: Sequence[str]) -> list[str]:
    left = len(names) - _OF_ONE
    return [*names[:_OF_ONE], *([f"and {left} more"] if left > 0 else [])]


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
