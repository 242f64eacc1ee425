"""Bundles, and the runtimes that score face crops with them."""
