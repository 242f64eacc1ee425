"""What a run of the fuzzer found, as a table."""

from __future__ import annotations

import resource
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.media.fuzz.campaign import Ending

_KIB = 1024


@dataclass(slots=True)
class Tally:
    """Counts endings by the kind of file."""

    endings: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    earlier_mib: int = 0  # of the largest decoder of earlier runs
    times_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, ending: Ending) -> None:
        """Count the ending of a file made of the whole one of that name."""
        kind = name.split("/", maxsplit=1)[0]
        self.endings[kind][ending.code] += 1
        self.times_s[kind].append(ending.took_s)
        if ending.finding:
            self.kinds.add(ending.finding)
            self.findings[f"{ending.finding}: {ending.message}"] += 1

    def table(self) -> str:
        """Markdown: what came of the files of each kind, and how long they took."""
        lines = [
            "| Files | Damaged | Judged | Refused | Decoder lost | p50 | p99 | Longest |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for kind, counts in sorted(self.endings.items()):
            times = sorted(self.times_s[kind])
            lost = sum(counts[code] for code in _LOST)
            refused = counts.total() - counts["judged"] - lost
            shown = [times[len(times) // 2], times[len(times) * 99 // 100], times[-1]]
            figures = [counts.total(), counts["judged"], refused, lost]
            cells = [kind, *(f"{each:,}" for each in figures), *(f"{each:.2f} s" for each in shown)]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def summary(self) -> str:
        """All endings, the memory of the largest decoder and of this process, the findings."""
        total: Counter[str] = sum(self.endings.values(), Counter())
        child = max(self.earlier_mib, largest_child_mib())
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB
        lines = [f"{count:,} {code}" for code, count in total.most_common()]
        lines.append(f"largest decoder {child:,} MiB, this process {own:,} MiB")
        lines += [f"{count:,} times {finding}" for finding, count in self.findings.most_common()]
        return "\n".join(lines)


def largest_child_mib() -> int:
    """The memory of the largest decoder that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // _KIB


_LOST = ("decoder_crashed", "decode_timeout", "decoder_out_of_memory", "unnamed")
