"""From uploaded bytes to evenly spaced pictures."""
