"""Finds faces, follows them over frames, and cuts them out."""
