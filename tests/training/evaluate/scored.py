"""Scores made in code: several sources, some with one class only."""

from __future__ import annotations

import numpy as np

from training.evaluate.scores import Scores

CELLS = [
    ("swaps", False, 80, ""),
    ("swaps", True, 80, "swapper"),
    ("stylegan_ffhq", False, 60, ""),
    ("stylegan_ffhq", True, 60, "StyleGAN"),
    ("stylegan2", True, 40, "StyleGAN2"),
    ("portraits", True, 30, "portraits"),
    ("photos", False, 50, ""),
]
KINDS = {"swapper": "swap", "StyleGAN": "gan", "StyleGAN2": "gan"}


def made_scores(separation: float = 2.0, seed: int = 0) -> Scores:
    """Normal logits, ``separation`` apart; every fifth face is not found."""
    rng = np.random.default_rng(seed)
    fake = np.concatenate([np.full(n, label) for _, label, n, _ in CELLS])
    logit = rng.normal(np.where(fake, separation / 2, -separation / 2), 1.0)
    return Scores(
        fake=fake,
        probability=1 / (1 + np.exp(-logit)),
        source=np.concatenate([np.full(n, name) for name, _, n, _ in CELLS]),
        generator=np.concatenate([np.full(n, made) for *_, n, made in CELLS]),
        kind=np.concatenate([np.full(n, KINDS.get(made, "")) for *_, n, made in CELLS]),
        group=np.array([str(number) for number in range(len(fake))]),
        face_found=np.arange(len(fake)) % 5 > 0,
    )
