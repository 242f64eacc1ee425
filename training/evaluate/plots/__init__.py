"""Plots of an evaluation, drawn from scores and figures only; one kind a file."""
