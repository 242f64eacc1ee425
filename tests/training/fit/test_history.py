from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.fit.history import CURVE, FILE, History, Row, read

ROW = Row(20, 192, 5e-4, 0.6931, 0.5, 13.25)


def _write(folder: Path, *steps: int) -> None:
    history = History(folder, 0)
    for step in steps:
        history.add(replace(ROW, step=step))


def test_a_row_is_read_back(tmp_path: Path) -> None:
    _write(tmp_path, 20)
    assert read(tmp_path) == [
        {
            "step": "20", "size_px": "192", "learning_rate": "0.0005", "loss": "0.6931",
            "accuracy": "0.5", "images_per_s": "13.25", "valid_loss": "", "valid_accuracy": "",
            "valid_auc": "",
        }
    ]  # fmt: skip


def test_rows_after_the_checkpoint_are_taken_back(tmp_path: Path) -> None:
    _write(tmp_path, 20, 40, 60)
    History(tmp_path, 40)
    assert [row["step"] for row in read(tmp_path)] == ["20", "40"]


def test_a_row_torn_by_a_kill_is_left_out(tmp_path: Path) -> None:
    _write(tmp_path, 20)
    with (tmp_path / FILE).open("a") as stream:
        stream.write("40,192,0.00")
    assert [row["step"] for row in read(tmp_path)] == ["20"]


def test_the_line_for_people_says_what_is_left() -> None:
    assert ROW.line(2000, 2.5) == (
        "step 20/2000  192 px  loss 0.6931  accuracy 0.500  rate 5.00e-04  13.2 images/s  "
        "1:22:30 left"
    )
    validated = replace(ROW, valid_loss=0.61234, valid_accuracy=0.7, valid_auc=0.75).line(20, 1.0)
    assert validated.endswith("0:00:00 left  valid loss 0.6123 accuracy 0.700 AUC 0.7500")


def test_the_learning_curve_shows_what_training_and_validation_gave(tmp_path: Path) -> None:
    history = History(tmp_path, 0)
    history.add(ROW)
    history.draw()
    before = (tmp_path / CURVE).read_text()
    assert "accuracy, training" in before
    assert "accuracy, valid" not in before
    history.add(replace(ROW, step=40, valid_loss=0.6, valid_accuracy=0.7, valid_auc=0.75))
    history.draw()
    after = (tmp_path / CURVE).read_text()
    assert all(label in after for label in ("accuracy, valid", "AUC, valid", "Loss", "step"))
