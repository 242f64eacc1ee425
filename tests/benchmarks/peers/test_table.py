from __future__ import annotations

from benchmarks.peers.figures import Figures
from benchmarks.peers.table import table
from tests.benchmarks.peers.measured import measured


def test_a_row_has_medians_with_their_range_and_the_ratio_to_the_best_peer() -> None:
    figures = [measured("Flask", 20, 30, 40), measured("ours", 60, 60, 60, peer=False)]
    head, _, flask, ours = table(figures, ["10 s"])
    assert head == "|  | 10 s film, a minute | to best peer | s | first answer, s | MiB |"
    assert flask == "| Flask | 30.0 (20.0 to 40.0) | 1.00 (1.00 to 1.00) | 3.0 | 4.2 | 1,234 |"
    assert ours == "| ours | 60.0 (60.0 to 60.0) | 2.00 (1.50 to 3.00) | 1.5 | 4.2 | 1,234 |"


def test_a_system_that_did_not_start_is_named_with_the_reason_and_has_no_row() -> None:
    absent = Figures("Ray Serve", peer=True, missing="no answer within 120 s")
    lines = table([absent, measured("ours", 60, peer=False)], ["10 s"])
    assert [line for line in lines if "Ray Serve" in line] == [
        "- Ray Serve was not measured: no answer within 120 s"
    ]
    assert "| ours | 60.0 (60.0 to 60.0) |  | 1.5 | 4.2 | 1,234 |" in lines
