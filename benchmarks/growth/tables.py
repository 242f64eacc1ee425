"""Tables of what grows: a column for each size, and the exponent last."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.growth.fit import Growth, last_step
from core.cores import usable_cores


def table(
    title: str, sizes: Sequence[float], rows: Mapping[str, Sequence[float]], *, digits: int = 2
) -> str:
    """Costs over sizes as Markdown, with the slope of log over log and its interval.

    The last column is the slope over the largest sizes, where a fixed part hides least.
    """
    head = " | ".join(f"{size:,}" for size in sizes)
    lines = [f"| {title} | {head} | exponent | last step |", "|---|" + "---|" * (len(sizes) + 2)]
    for name, costs in rows.items():
        cells = " | ".join(f"{cost:,.{digits}f}" for cost in costs)
        last = last_step(sizes, costs)
        lines.append(f"| {name} | {cells} | {Growth.of(sizes, costs)} | {last:.2f} |")
    return "\n".join(lines)


def medians_of(rounds: int) -> str:
    """How often it was measured, in words."""
    return "one round" if rounds == 1 else f"medians of {rounds} rounds"


def section(command: str, conditions: str, *tables: str, short: bool) -> str:
    """What is printed and written of one command: how it was run and what it found."""
    options = "--short " if short else ""
    said = f"    python -m benchmarks.growth {options}{command}\n\n{machine()} {conditions}"
    return "\n\n".join([said, *tables])


def machine() -> str:
    """Of what the figures are; the load says how busy other work kept it."""
    load, _, _ = os.getloadavg()
    return (
        f"Python {platform.python_version()}, {_processor()}, {usable_cores()} cores; load average "
        f"{load:.1f} at the end."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def replaced(page: str, name: str, text: str) -> str:
    """The page with this text between the two comments of the name; what is around them stays.

    A page that lacks them gets them at its end.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    new = f"{begin}\n\n{text}\n\n{end}"
    found = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    if found.search(page):
        return found.sub(lambda _: new, page)
    return f"{page.rstrip()}\n\n{new}\n".lstrip()
