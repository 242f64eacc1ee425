"""The figures of a run: one row a report, as CSV, as a curve and on the screen."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from pathlib import Path

from training.fit.curve import learning_curve

FILE = "history.csv"
CURVE = "curve.svg"


@dataclass(frozen=True, slots=True)
class Row:
    """Means over the steps since the row before; validation where there was one."""

    step: int  # taken so far
    size_px: int
    learning_rate: float
    loss: float  # with the penalty of L2
    accuracy: float  # share of the training pictures, augmented, dropout on
    images_per_s: float
    valid_loss: float | None = None
    valid_accuracy: float | None = None
    valid_auc: float | None = None

    def line(self, steps: int, seconds_per_step: float) -> str:
        """The row for people, with the time that is left at this pace (h:mm:ss)."""
        left = timedelta(seconds=round((steps - self.step) * seconds_per_step))
        parts = [
            f"step {self.step}/{steps}",
            f"{self.size_px} px",
            f"loss {self.loss:.4f}",
            f"accuracy {self.accuracy:.3f}",
            f"rate {self.learning_rate:.2e}",
            f"{self.images_per_s:.1f} images/s",
            f"{left} left",
        ]
        if self.valid_loss is not None:
            parts.append(
                f"valid loss {self.valid_loss:.4f} accuracy {self.valid_accuracy:.3f} "
                f"AUC {self.valid_auc:.4f}"
            )
        return "  ".join(parts)


class History:
    """Appends rows; those after ``step``, which a killed run wrote, are taken back first."""

    def __init__(self, folder: Path, step: int) -> None:
        self._folder, self._file = folder, folder / FILE
        names = [field.name for field in fields(Row)]
        kept = [row for row in read(folder) if int(row["step"]) <= step]
        temporary = self._file.with_suffix(".part")
        with temporary.open("w", newline="") as stream:
            rows = csv.DictWriter(stream, names)
            rows.writeheader()
            rows.writerows(kept)
        temporary.replace(self._file)

    def add(self, row: Row) -> None:
        """Write one row, whole, before the checkpoint that counts on it."""
        with self._file.open("a", newline="") as stream:
            shown = {name: _shown(value) for name, value in asdict(row).items()}
            csv.DictWriter(stream, list(shown)).writerow(shown)

    def draw(self) -> None:
        """Write ``curve.svg``, loss and accuracy of all rows so far."""
        (self._folder / CURVE).write_text(learning_curve(read(self._folder)), encoding="utf-8")


def read(folder: Path) -> list[dict[str, str]]:
    """The whole rows of a run's history as text, oldest first; a torn last one is left out."""
    file = folder / FILE
    if not file.is_file():
        return []
    with file.open(newline="") as stream:
        return [row for row in csv.DictReader(stream) if None not in row.values()]


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
