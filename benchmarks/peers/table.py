"""The figures as a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.peers.figures import Figures, Spread, ratios_to_best


def table(figures: Sequence[Figures], films: Sequence[str]) -> list[str]:
    """A row for each system that was measured, and a line for each that was not."""
    measured = [each for each in figures if not each.missing]
    ratios = {film: ratios_to_best(figures, film) for film in films}
    columns = [text for film in films for text in (f"{film} film, a minute", "to best peer", "s")]
    head = ["", *columns, "first answer, s", "MiB"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---|" * (len(head) - 1)]
    for each in measured:
        cells = [each.name]
        for film in films:
            cells.append(_spread(each.per_minute(film), 1))
            known = ratios[film].get(each.name)
            cells.append("" if known is None else _spread(known, 2))
            cells.append(f"{each.answer_s(film).middle:.1f}")
        cells += [f"{each.first_answer_s:.1f}", f"{each.resident_mib:,.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    missing = [
        f"- {each.name} was not measured: {each.missing}" for each in figures if each.missing
    ]
    return [*lines, "", *missing] if missing else lines


def _spread(spread: Spread, digits: int) -> str:
    least, most = f"{spread.least:.{digits}f}", f"{spread.most:.{digits}f}"
    return f"{spread.middle:.{digits}f} ({least} to {most})"
