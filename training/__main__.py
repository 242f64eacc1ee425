"""``python -m training …``."""

from __future__ import annotations

from training.cli import training

if __name__ == "__main__":
    training(prog_name="python -m training")
