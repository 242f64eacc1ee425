"""The figures as text, one line a source or a kind of fake."""

from __future__ import annotations

from typing import Any

_COLUMNS = (
    ("auc", "AUC", 7),
    ("auc_all_reals", "all reals", 10),
    ("eer", "EER", 7),
    ("ece", "ECE", 7),
    ("accuracy_at_half", "acc", 7),
    ("accuracy_decided", "acc decided", 12),
    ("decided", "decided", 8),
    ("real_called_fake", "real called fake", 17),
    ("fake_called_fake", "fake found", 11),
    ("fake_called_real", "fake called real", 17),
)


def table(report: dict[str, Any]) -> str:
    """The figures of pictures or clips, 95 % intervals below for all of them together.

    The column ``all reals`` is the AUC of a source's or a kind's fakes against the reals of all.
    """
    head = f"{'source':<20} {'real':>5} {'fake':>5}"
    lines = [head + "".join(f" {title:>{width}}" for _, title, width in _COLUMNS)]
    lines += [_line(name, values) for name, values in report["by_source"].items()]
    lines += [_line(f"kind: {name}", values) for name, values in report["by_kind"].items()]
    lines.append(_line("all", report["all"]))
    for name in ("mean_auc", "mean_auc_all_reals"):
        title = name.replace("_", " ").replace("auc", "AUC")
        told = with_interval(report, name)
        lines.append(f"{title} over {report[f'{name}_sources']} sources: {told}")
    lines += [f"{title} of all: {with_interval(report['all'], key)}" for key, title, _ in _COLUMNS]
    return "\n".join(lines)


def with_interval(values: dict[str, Any], name: str) -> str:
    """``0.921 (0.911-0.931)``, or a dash where the figure does not exist."""
    value, pair = values[name], values["intervals"].get(name)
    if value is None:
        return "-"
    return f"{value:.3f}" if pair is None else f"{value:.3f} ({pair[0]:.3f}-{pair[1]:.3f})"


def _line(name: str, values: dict[str, Any]) -> str:
    cells = "".join(
        f" {'-' if values[key] is None else format(values[key], '.3f'):>{width}}"
        for key, _, width in _COLUMNS
    )
    return f"{name:<20} {values['real']:>5} {values['fake']:>5}{cells}"
