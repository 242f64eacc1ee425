"""The plot shows what the table tells."""

from __future__ import annotations

import re

from benchmarks.peers.figures import Figures
from benchmarks.peers.plot import plot
from benchmarks.peers.table import table
from tests.benchmarks.peers.measured import measured


def test_the_bars_have_the_medians_of_the_table() -> None:
    figures = [
        measured("Flask", 21, 33, 47),
        measured("LitServe", 11, 12, 13),
        Figures("Ray Serve", peer=True, missing="no answer"),
        measured("ours", 60, 61, 65, peer=False),
    ]
    rows = [line.split(" | ") for line in table(figures, ["10 s"]) if line.startswith("| ")][1:]
    medians = {row[0][2:]: f"{float(row[1].split(' (')[0]):.0f}" for row in rows}
    assert medians == {"Flask": "33", "LitServe": "12", "ours": "61"}
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", plot(figures, ["10 s"]))
    assert [text for text in texts if text in medians] == list(medians)
    assert [text for text in texts if text in medians.values()] == list(medians.values())
    assert "Ray Serve" not in texts
