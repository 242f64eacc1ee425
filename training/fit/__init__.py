"""Fitting a network by a recipe: a run in a folder, which continues exactly after a kill."""

from training.fit.run import AVERAGED, Run
from training.fit.validation import Figures, validator

__all__ = ["AVERAGED", "Figures", "Run", "validator"]
