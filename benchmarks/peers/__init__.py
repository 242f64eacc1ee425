"""This service beside what else would serve the same detector."""
