"""From raw logits to probabilities and thresholds."""
