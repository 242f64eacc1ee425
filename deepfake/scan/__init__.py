"""Judging files on this machine, behind `deepfake scan`."""
